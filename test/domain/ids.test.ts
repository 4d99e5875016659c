import assert from "node:assert/strict";
import {
  newRequestId,
  parseClientId,
  parseDraftId,
  parseGroupId,
  parseRequestId,
  parseTenantId,
  parseUserId,
} from "../../src/domain/ids.ts";

describe("the name of a request", () => {
  const read: [typed: string, id: string][] = [
    ["REQ-7K3M9Q", "REQ-7K3M9Q"],
    ["req-7k3m9q", "REQ-7K3M9Q"],
    ["  REQ-7K3M9Q\n", "REQ-7K3M9Q"],
    ["7k3m9q", "REQ-7K3M9Q"],
    ["REQ7K3M9Q", "REQ-7K3M9Q"],
    ["REQ-OIL0i1", "REQ-011011"],
    ["REQ-REQ123", "REQ-REQ123"],
    ["REQ123", "REQ-REQ123"],
    ["REQREQ123", "REQ-REQ123"],
  ];
  for (const [typed, id] of read)
    it(`is read from ${JSON.stringify(typed)}`, () => assert.equal(parseRequestId(typed), id));

  for (const typed of [
    undefined,
    "",
    "REQ-",
    "REQ-12345",
    "REQ-1234567",
    "REQ-12345U",
    "REQ--12345",
    "REQ-7K3M9Q REQ-7K3M9R",
    "APP-7K3M9Q",
    "REQ-7K3M9é",
    "REQ-７K3M9Q",
  ])
    it(`is not read from ${JSON.stringify(typed)}`, () => assert.equal(parseRequestId(typed), undefined));

  it("comes back the same when it is read again, and differs from time to time", () => {
    const names = Array.from({ length: 200 }, newRequestId);
    for (const name of names) {
      assert.match(name, /^REQ-[0-9A-HJKMNP-TV-Z]{6}$/);
      assert.equal(parseRequestId(name), name);
    }
    assert.ok(new Set(names).size > 190);
  });
});

describe("an id of Entra", () => {
  const guid = "aaaaaaaa-0000-4000-8000-00000000000f";
  const parsers = { parseUserId, parseTenantId, parseGroupId, parseClientId, parseDraftId };
  for (const [name, parse] of Object.entries(parsers)) {
    it(`is read without case and space by ${name}`, () =>
      assert.equal(parse(` ${guid.toUpperCase()}\n`), guid));

    for (const text of [
      undefined,
      "",
      "me",
      `{${guid}}`,
      guid.replaceAll("-", ""),
      `${guid}0`,
      guid.slice(1),
      guid.replace("f", "g"),
      `${guid}/owners`,
      `${guid}\n${guid}`,
      "../users",
    ])
      it(`is not read from ${JSON.stringify(text)} by ${name}`, () => assert.equal(parse(text), undefined));
  }
});
