import assert from "node:assert/strict";
import { type Bounds, isForbiddenToAll, whyNever } from "../../src/domain/never.ts";
import type { PermissionFact } from "../../src/domain/permission.ts";
import type { ForbidRule, Policy } from "../../src/domain/policy.ts";
import { aPermission, graphApi } from "../support/builders.ts";
import { aPolicy } from "../support/policy.ts";

const mail = aPermission({ name: "Mail.ReadWrite", kind: "application" });
const role = { name: "User Administrator", templateId: "fe930be7-5e62-47db-91af-98c3a49a38b1" };

describe("what is never given", () => {
  const bounds = (given: Partial<Bounds> = {}): Bounds => ({
    own: new Set(["own"]),
    isForbidden: () => false,
    isKnownRole: () => true,
    ...given,
  });

  it("is anything to Usher's own objects, and nothing else by itself", () => {
    assert.match(whyNever({ to: "own" }, bounds()) ?? "", /own identity/);
    assert.equal(whyNever({ to: "other", permissions: [mail], roles: [role] }, bounds()), undefined);
    assert.equal(whyNever({ permissions: [mail] }, bounds()), undefined);
  });

  it("is one forbidden permission among allowed ones, by name", () => {
    const isForbidden = ({ name }: { name: string }) => name === mail.name;
    const why = whyNever({ to: "other", permissions: [aPermission(), mail] }, bounds({ isForbidden }));
    assert.match(why ?? "", /application permission "Mail.ReadWrite" of Microsoft Graph/);
  });

  it("is a role that the catalogue does not know, by name", () => {
    const why = whyNever({ to: "other", roles: [role] }, bounds({ isKnownRole: () => false }));
    assert.match(why ?? "", /"User Administrator"/);
  });
});

describe("a permission that policy forbids to everybody", () => {
  const facts: PermissionFact[] = [
    { api: graphApi, name: mail.name, kind: "application", rank: "high", sentence: "Can read all mail." },
  ];
  const cases: [string, Omit<ForbidRule, "sentence">, boolean][] = [
    ["is named", { permission: mail.name }, true],
    ["is another's name", { permission: "Mail.Read" }, false],
    ["is named with its API and kind", { permission: mail.name, api: graphApi, kind: "application" }, true],
    ["is named of another API", { permission: mail.name, api: "another" }, false],
    ["is named of the other kind", { permission: mail.name, kind: "delegated" }, false],
    ["is of a rank that is forbidden", { rank: "high" }, true],
    ["is of a lower rank", { rank: "tier0" }, false],
    ["is named for one system only", { permission: mail.name, system: "custom" }, false],
    ["is named for one audience only", { permission: mail.name, audience: "AzureADMyOrg" }, false],
    ["is named beside a role", { permission: mail.name, role: "User Administrator" }, false],
    ["is not what a rule about a system is about", { system: "custom" }, false],
  ];
  for (const [title, rule, expected] of cases)
    it(title, () => {
      const policy = { ...aPolicy(), forbid: [{ ...rule, sentence: "Not here." }] };
      assert.equal(isForbiddenToAll(policy, mail, facts), expected);
    });

  it("ranks high where nobody has described it", () => {
    const policy: Policy = { ...aPolicy(), forbid: [{ rank: "high", sentence: "Not here." }] };
    assert.equal(isForbiddenToAll(policy, aPermission({ name: "Brand.New" }), facts), true);
  });
});
