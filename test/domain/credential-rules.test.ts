import assert from "node:assert/strict";
import { readAnswers } from "../../src/domain/answers.ts";
import type { Blueprint } from "../../src/domain/blueprint.ts";
import { withinRules } from "../../src/domain/credential-rules.ts";
import { resolvePlan } from "../../src/domain/resolve-plan.ts";
import { aBlueprint, graphApi } from "../support/builders.ts";
import { aCertificate } from "../support/certificates.ts";

const blueprint: Blueprint = aBlueprint(
  [
    { key: "team", label: "Team", type: "text", default: "ops" },
    { key: "secretMonths", label: "Months", type: "number", default: 24, min: 1, max: 24 },
  ],
  {
    credentials: [{ kind: "secret", label: "Board", months: "{{secretMonths}}" }],
    handover: [
      { label: "Id", value: "clientId" },
      { label: "Key", value: "secret" },
    ],
    next: [{ text: "Paste it." }, { text: "Ends in {{secretMonths}} months." }],
  },
);
const catalog = { apis: { graph: { clientId: graphApi, name: "Microsoft Graph" } }, roleFacts: [] };
const forbidden = { secretsForbidden: true };

function planOf(given: Blueprint, raw: Record<string, string>) {
  const read = readAnswers(given, raw);
  assert.ok("answers" in read, JSON.stringify(read));
  const plan = resolvePlan(given, read.answers, catalog);
  assert.ok(!("refused" in plan), JSON.stringify(plan));
  return plan;
}

describe("a blueprint under the tenant's rules on credentials", () => {
  it("is as it was when there are none, or they are not known", () => {
    for (const rules of [undefined, { secretsForbidden: false }])
      assert.deepEqual(withinRules(blueprint, rules), { blueprint, about: [] });
  });

  it("asks for a certificate or a federated credential where secrets are forbidden, and says why", async () => {
    const { blueprint: given, about } = withinRules(blueprint, forbidden);
    assert.match(about.join(), /policy forbids client secrets/);
    assert.deepEqual(
      given.ask.map(({ key }) => key),
      ["team", "credentialKind", "certificatePem", "federatedIssuer", "federatedSubject"],
    );
    const { pem } = await aCertificate();
    const certified = planOf(given, { credentialKind: "certificate", certificatePem: pem });
    assert.equal(certified.credential.kind, "certificate");
    assert.deepEqual(
      certified.handover.map(({ value }) => value),
      ["clientId", "thumbprint"],
    );
    assert.deepEqual(certified.next, ["Paste it."]);
    const trusted = planOf(given, {
      credentialKind: "federated",
      federatedIssuer: "https://idp.example",
      federatedSubject: "job:1",
    });
    assert.deepEqual(
      [trusted.credential.kind, trusted.handover.map(({ value }) => value)],
      ["federated", ["clientId"]],
    );
  });

  it("asks so only after a secret was chosen, where the blueprint lets one choose", () => {
    const choosing: Blueprint = {
      ...blueprint,
      ask: [{ key: "by", label: "By", type: "one", default: "secret", options: { secret: "S", none: "N" } }],
      credentials: [{ kind: "secret", label: "Board", months: 6, when: { by: "secret" } }],
      next: [],
    };
    const { blueprint: given } = withinRules(choosing, forbidden);
    assert.equal(planOf(given, { by: "none" }).credential.kind, "none");
    assert.ok("errors" in readAnswers(given, { by: "secret" }), "the certificate is asked for");
  });

  it("hands over and tells nothing that is meant for its secret only", async () => {
    const by = (authentication: string, more = {}) => ({ when: { authentication, ...more } });
    const choosing: Blueprint = {
      ...blueprint,
      ask: [
        {
          key: "authentication",
          label: "By",
          type: "one",
          default: "secret",
          options: { secret: "S", workload: "W" },
        },
        { key: "extra", label: "Extra", type: "flag", default: true },
      ],
      credentials: [{ kind: "secret", label: "Board", months: 6, ...by("secret") }],
      handover: [
        { label: "id", value: "clientId" },
        { label: "key", value: "secret", ...by("secret") },
        { label: "client_authentication", value: "=client_secret_post", ...by("secret") },
        { label: "header", value: "=basic", ...by("secret", { extra: true }) },
        { label: "client_authentication", value: "=workload_identity", ...by("workload") },
        { label: "extra", value: "=on", when: { extra: true } },
      ],
      next: [{ text: "Hide it.", ...by("secret") }, { text: "Restart." }],
    };
    const { blueprint: given } = withinRules(choosing, forbidden);
    const { pem } = await aCertificate();
    const answers = { credentialKind: "certificate", certificatePem: pem, extra: "true" };
    const certified = planOf(given, { authentication: "secret", ...answers });
    assert.deepEqual(
      certified.handover.map(({ value }) => value),
      ["clientId", "thumbprint", "=on"],
    );
    assert.deepEqual(certified.next, ["Restart."]);
    const values = planOf(given, { authentication: "workload", extra: "true" }).handover;
    assert.deepEqual(
      values.map(({ value }) => value),
      ["clientId", "=workload_identity", "=on"],
    );
  });

  it("offers no more months than the policy's days hold", () => {
    const { blueprint: given, about } = withinRules(blueprint, {
      secretsForbidden: false,
      longestSecretDays: 180,
    });
    const months = given.ask.find(({ key }) => key === "secretMonths");
    assert.ok(months?.type === "number");
    assert.deepEqual([months.max, months.default, about], [5, 5, []]);
    assert.match(months.help ?? "", /policy allows 5/);
  });

  it("has no secret where the policy lets it live shorter than a month", () => {
    const { about } = withinRules(blueprint, { secretsForbidden: false, longestSecretDays: 14 });
    assert.match(about.join(), /only 14 days/);
  });
});
