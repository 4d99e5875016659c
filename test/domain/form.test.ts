import assert from "node:assert/strict";
import type { Question } from "../../src/domain/blueprint.ts";
import { pagesOf } from "../../src/domain/form.ts";
import { aBlueprint } from "../support/builders.ts";

const text = (key: string, given: Partial<Question> = {}) =>
  ({ key, label: key, type: "text", ...given }) as Question;
const flag = (key: string, given: Partial<Question> = {}) =>
  ({ key, label: key, type: "flag", ...given }) as Question;
const keysOf = (ask: Question[], raw = {}) =>
  pagesOf(aBlueprint(ask), raw).map(({ questions }) => questions.map(({ key }) => key).join(" "));

describe("the pages of a form", () => {
  it("are one when there are few questions without conditions", () =>
    assert.deepEqual(keysOf([text("a"), text("b"), text("c")]), ["a b c"]));

  it("hold six questions at most", () =>
    assert.deepEqual(keysOf("abcdefgh".split("").map((key) => text(key))), ["a b c d e f", "g h"]));

  it("ask what depends on an answer on a later page, and only when its condition holds", () => {
    const ask = [flag("a"), text("b", { when: { a: true } }), text("c")];
    assert.deepEqual(keysOf(ask, { a: "true" }), ["a c", "b"]);
    assert.deepEqual(keysOf(ask, { a: "false" }), ["a c"]);
    assert.deepEqual(keysOf(ask), ["a c"]);
  });

  it("follow a chain of conditions page by page", () => {
    const ask = [flag("a"), flag("b", { when: { a: true } }), text("c", { when: { b: true } })];
    assert.deepEqual(keysOf(ask, { a: "true", b: "true" }), ["a", "b", "c"]);
    assert.deepEqual(keysOf(ask, { a: "false", b: "true" }), ["a"]);
  });

  it("say whether another page may follow", () => {
    const ask = [flag("a"), text("b", { when: { a: true } })];
    const may = (raw: object) => pagesOf(aBlueprint(ask), { ...raw }).map(({ mayContinue }) => mayContinue);
    assert.deepEqual(may({ a: "true" }), [true, false]);
    assert.deepEqual(may({ a: "false" }), [true]);
    assert.deepEqual(
      pagesOf(aBlueprint([text("a")]), {}).map(({ mayContinue }) => mayContinue),
      [false],
    );
  });

  it("take an answer that must be mended for none", () => {
    const ask = [
      { key: "n", label: "n", type: "number", max: 5 } as Question,
      text("b", { when: { n: 7 } }),
      text("c", { when: { n: { not: 7 } } }),
    ];
    assert.deepEqual(keysOf(ask, { n: "7" }), ["n", "c"]);
  });

  it("are one empty page for a blueprint that asks nothing", () => assert.deepEqual(keysOf([]), [""]));
});
