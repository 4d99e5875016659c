import assert from "node:assert/strict";
import path from "node:path";
import { loadCatalog } from "../../src/catalog/load-catalog.ts";
import { type RawAnswers, readAnswers } from "../../src/domain/answers.ts";
import type { Blueprint } from "../../src/domain/blueprint.ts";
import type { Permission, PermissionKind } from "../../src/domain/permission.ts";
import type { Credential, Plan } from "../../src/domain/plan.ts";
import { type PlanRefusal, resolvePlan } from "../../src/domain/resolve-plan.ts";

const loaded = loadCatalog(path.resolve(import.meta.dirname, "../../catalog"));

export const { catalog } = loaded;

export function blueprintOf(id: string): Blueprint {
  const blueprint = catalog.blueprints.find((each) => each.id === id);
  assert.ok(blueprint, `there is no blueprint ${id}: ${loaded.problems}`);
  return blueprint;
}

export const errorsOf = (id: string, raw: RawAnswers) => {
  const read = readAnswers(blueprintOf(id), raw);
  return "errors" in read ? Object.keys(read.errors) : [];
};

function resolved(id: string, raw: RawAnswers): Plan | PlanRefusal {
  const read = readAnswers(blueprintOf(id), raw);
  assert.ok("answers" in read, JSON.stringify(read));
  return resolvePlan(blueprintOf(id), read.answers, catalog);
}

export function planOf(id: string, raw: RawAnswers): Plan {
  const plan = resolved(id, raw);
  assert.ok(!("refused" in plan), JSON.stringify(plan));
  return plan;
}

/** The sentence that these answers are turned away with, and the question that it is about, where there is one. */
export function refusalOf(id: string, raw: RawAnswers): Omit<PlanRefusal, "refused"> {
  const refusal = resolved(id, raw);
  assert.ok("refused" in refusal, "was not turned away");
  const { refused: _, ...said } = refusal;
  return said;
}

/** Client ids as Microsoft publishes them, not as the catalogue has them. */
export const graph = "00000003-0000-0000-c000-000000000000";
export const exchange = "00000002-0000-0ff1-ce00-000000000000";
export const partnerCenter = "fa3d9a0c-3fb0-42cc-9193-47c7ecd2edbd";

const line = ({ api, kind, name }: Pick<Permission, "api" | "kind" | "name">) => `${api} ${kind} ${name}`;

/** Names, with spaces between them, on one API. */
export const on = (api: string, kind: PermissionKind, names: string) =>
  names.split(" ").map((name) => line({ api, kind, name }));

function credentialLine(credential: Credential): string {
  switch (credential.kind) {
    case "secret":
      return `${credential.label}, a secret of ${credential.months} months`;
    case "certificate":
      return `${credential.label}, the certificate ${credential.thumbprint}`;
    case "federated":
      return `${credential.issuer} ${credential.subject} ${credential.audience}`;
    case "none":
      return "none";
    default:
      return credential satisfies never;
  }
}

/** What a plan does, as lines that can be written down beside a vendor's page. The next steps are left out. */
export function essenceOf(plan: Plan) {
  const { displayName, audience, tokenVersion, groupClaims, consent } = plan;
  return {
    displayName,
    audience,
    redirects: plan.redirects.map(({ platform, uri }) => `${platform} ${uri}`),
    tokens: [plan.idTokens ? "id" : [], plan.accessTokens ? "access" : []].flat(),
    ...(tokenVersion && { tokenVersion }),
    ...(groupClaims && { groupClaims }),
    permissions: plan.permissions
      .filter((each) => !each.beyondMinimum)
      .map(line)
      .toSorted(),
    beyondMinimum: plan.permissions
      .filter((each) => each.beyondMinimum)
      .map(line)
      .toSorted(),
    consent,
    roles: (plan.directoryRoles ?? []).map(
      ({ name, templateId, beyondMinimum }) =>
        `${name} ${templateId}${beyondMinimum ? " beyond the minimum" : ""}`,
    ),
    credential: credentialLine(plan.credential),
    handover: plan.handover.map(
      ({ label, value, where }) => `${label}: ${value}${where ? ` (${where})` : ""}`,
    ),
  };
}

/** Every way to answer: one of each list, by its key. */
export function everyWay<T>(lists: { [key in keyof T]: readonly T[key][] }): T[] {
  return Object.entries<readonly unknown[]>(lists).reduce<object[]>(
    (ways, [key, values]) => ways.flatMap((way) => values.map((value) => ({ ...way, [key]: value }))),
    [{}],
  ) as T[];
}
