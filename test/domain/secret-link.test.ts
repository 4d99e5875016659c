import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import type { RequestId } from "../../src/domain/ids.ts";
import {
  hashOfToken,
  isLinkToken,
  linkUrl,
  newLinkToken,
  openSecret,
  type Sealed,
  type SecretKeys,
  sealBinding,
  sealSecret,
} from "../../src/domain/secret-link.ts";
import { SecretText } from "../../src/domain/secret-text.ts";
import { ada, ben } from "../support/builders.ts";

const value = "canary~8Q.value with ümläut";
const secret = new SecretText(value);
const token = newLinkToken();
const [old, current, other] = [randomBytes(32), randomBytes(32), randomBytes(32)] as const;
const keys: SecretKeys = [current];
const request = "REQ-7K3M9Q" as RequestId;
const bound = sealBinding(request, ada.userId);
const sealed = sealSecret(secret, token, keys, bound);

const open = (
  given: { sealed?: Sealed; token?: SecretText; keys?: SecretKeys; bound?: string } = {},
): string | undefined =>
  openSecret(
    given.sealed ?? sealed,
    given.token ?? token,
    given.keys ?? keys,
    given.bound ?? bound,
  )?.reveal();

/** The same base64 text with one bit of its bytes turned. */
function turned(text: string, at: number): string {
  const bytes = Buffer.from(text, "base64");
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return bytes.toString("base64");
}

describe("a sealed secret", () => {
  it("opens with its token and its key", () => assert.equal(open(), value));

  it("opens as something that does not print", () =>
    assert.equal(String(openSecret(sealed, token, keys, bound)), "[secret]"));

  it("holds neither the value nor the token in clear", () => {
    const stored = Object.values(sealed).flatMap((part) => [
      part,
      Buffer.from(part, "base64").toString("latin1"),
    ]);
    for (const part of stored)
      for (const clear of [value, "canary", token.reveal()]) assert.ok(!part.includes(clear));
  });

  it("is never sealed the same way twice", () => {
    const again = sealSecret(secret, token, keys, bound);
    assert.notEqual(again.nonce, sealed.nonce);
    assert.notEqual(again.cipher, sealed.cipher);
  });

  it("does not open with another token", () => assert.equal(open({ token: newLinkToken() }), undefined));
  it("does not open with another key", () => assert.equal(open({ keys: [other] }), undefined));

  it("opens after its key was rotated to the second place", () =>
    assert.equal(open({ keys: [other, old, current] }), value));

  it("is sealed with the first of several keys", () => {
    const fresh = sealSecret(secret, token, [current, old], bound);
    assert.equal(open({ sealed: fresh, keys: [current] }), value);
    assert.equal(open({ sealed: fresh, keys: [old] }), undefined);
  });

  it("does not open for another request", () =>
    assert.equal(open({ bound: sealBinding("REQ-000000" as RequestId, ada.userId) }), undefined));

  it("does not open for another requester", () =>
    assert.equal(open({ bound: sealBinding(request, ben.userId) }), undefined));

  const altered: Record<string, Sealed> = {
    "a bit of its ciphertext": { ...sealed, cipher: turned(sealed.cipher, 0) },
    "a bit of its nonce": { ...sealed, nonce: turned(sealed.nonce, 3) },
    "a bit of its tag": { ...sealed, tag: turned(sealed.tag, 15) },
    "the end of its ciphertext": { ...sealed, cipher: sealed.cipher.slice(0, 8) },
    "all of its ciphertext": { ...sealed, cipher: "" },
    "its nonce, which is gone,": { ...sealed, nonce: "" },
    "its tag, which is gone,": { ...sealed, tag: "" },
    "its tag, which is cut to four bytes that are right,": {
      ...sealed,
      tag: Buffer.from(sealed.tag, "base64").subarray(0, 4).toString("base64"),
    },
  };
  for (const [what, row] of Object.entries(altered))
    it(`does not open when ${what} was altered`, () => assert.equal(open({ sealed: row }), undefined));
});

describe("the token of a link", () => {
  it("is 43 characters, new each time", () => {
    const tokens = Array.from({ length: 50 }, () => newLinkToken().reveal());
    assert.ok(tokens.every(isLinkToken));
    assert.equal(new Set(tokens).size, 50);
  });

  for (const text of [
    "",
    "a".repeat(42),
    "a".repeat(44),
    `${"a".repeat(42)}=`,
    `${"a".repeat(43)}\n`,
    "é".repeat(43),
  ])
    it(`is not ${JSON.stringify(text)}`, () => assert.equal(isLinkToken(text), false));

  it("is known to the database by its hash, which does not tell it", () => {
    assert.equal(hashOfToken(token), hashOfToken(new SecretText(token.reveal())));
    assert.notEqual(hashOfToken(token), hashOfToken(newLinkToken()));
    assert.ok(!hashOfToken(token).includes(token.reveal()));
  });

  it("stands in the link, which does not print", () => {
    const url = linkUrl("https://usher.example", token);
    assert.equal(url.reveal(), `https://usher.example/s/${token.reveal()}`);
    assert.equal(`${url}`, "[secret]");
  });
});
