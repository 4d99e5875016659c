import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { callerMark, type LinkCaller } from "../../src/domain/caller-mark.ts";
import type { SecretKeys } from "../../src/domain/secret-link.ts";
import { ada, ben, tenant } from "../support/builders.ts";

const keys: SecretKeys = [randomBytes(32), randomBytes(32)];
const callers: LinkCaller[] = [
  { userId: ada.userId, tenantId: tenant },
  { userId: ben.userId, tenantId: tenant },
  { address: "192.0.2.7" },
  { address: "192.0.2.70" },
  { address: `person ${tenant} ${ada.userId}` },
];

describe("the mark of a caller", () => {
  it("is the same for the same one, and another for each other one", () => {
    const marks = callers.map((caller) => callerMark({ ...caller }, keys));
    assert.deepEqual(
      marks,
      callers.map((caller) => callerMark(caller, keys)),
    );
    assert.equal(new Set(marks).size, callers.length);
  });

  it("cannot be worked out without the key: it is another one under another", () => {
    const other: SecretKeys = [keys[1] as Buffer];
    for (const caller of callers) assert.notEqual(callerMark(caller, keys), callerMark(caller, other));
  });

  it("holds neither the address nor the person", () => {
    for (const caller of callers) {
      const mark = callerMark(caller, keys);
      const bytes = Buffer.from(mark, "base64url").toString("latin1");
      for (const value of Object.values(caller)) assert.ok(!`${mark} ${bytes}`.includes(value));
    }
  });
});
