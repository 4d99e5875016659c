import assert from "node:assert/strict";
import type { ExpectedRoles } from "../../src/domain/consent-check.ts";
import { SecretText } from "../../src/domain/secret-text.ts";
import { proofOf } from "../../src/graph/secret-proof.ts";

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
const token = (claims: object) => new SecretText(`${part({ alg: "RS256" })}.${part(claims)}.signature`);
const expected: ExpectedRoles[] = [{ api: "g", apiName: "Graph", allowed: ["A", "B"], required: ["A"] }];
const prove = (answer: SecretText | undefined) => proofOf(expected, async () => answer);

describe("the proof that a secret works", () => {
  const table: [what: string, answer: SecretText | undefined, proof: object][] = [
    ["a token with what is required", token({ roles: ["A"] }), { proof: "works" }],
    ["a token with what is allowed beside it", token({ roles: ["A", "B"] }), { proof: "works" }],
    ["a token without roles", token({}), { proof: "not-yet", missing: ["A (Graph)"] }],
    [
      "a token with a role beyond",
      token({ roles: ["A", "C"] }),
      { proof: "too-wide", beyond: ["C (Graph)"] },
    ],
    [
      "a token that lacks one and has another beyond",
      token({ roles: ["C"] }),
      { proof: "too-wide", beyond: ["C (Graph)"] },
    ],
    ["no token", undefined, { proof: "not-yet", missing: [] }],
    ["a token that only its API can read", new SecretText("a.b.c.d.e"), { proof: "works" }],
    ["a token of no form at all", new SecretText("opaque"), { proof: "works" }],
    [
      "a token whose claims are no object",
      new SecretText(`x.${Buffer.from("null").toString("base64url")}.y`),
      { proof: "works" },
    ],
  ];
  for (const [what, answer, proof] of table)
    it(`of ${what} is ${JSON.stringify(proof)}`, async () => assert.deepEqual(await prove(answer), proof));

  it("is for every API at once: one that has no token yet is waited for", async () => {
    const both = [...expected, { api: "o", apiName: "Other", allowed: ["R"], required: ["R"] }];
    const seen = await proofOf(both, async (api) => (api === "g" ? token({ roles: ["A"] }) : undefined));
    assert.deepEqual(seen, { proof: "not-yet", missing: [] });
  });
});
