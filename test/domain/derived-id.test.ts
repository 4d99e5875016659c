import assert from "node:assert/strict";
import { derivedId } from "../../src/domain/derived-id.ts";
import { parseDraftId } from "../../src/domain/ids.ts";

describe("an id that is derived", () => {
  it("is the same for the same parts, and a GUID", () => {
    const id = derivedId("send again", "REQ-ABCDEF", 3);
    assert.equal(derivedId("send again", "REQ-ABCDEF", 3), id);
    assert.equal(parseDraftId(id), id);
  });

  it("is another for other parts, also where they join to the same text", () => {
    const ids = [
      derivedId("a", "b"),
      derivedId("ab"),
      derivedId("a", "b", ""),
      derivedId("b", "a"),
      derivedId("a", 1),
      derivedId("a", "1"),
    ];
    assert.equal(new Set(ids).size, ids.length);
  });
});
