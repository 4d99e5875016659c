import { isAddedByEntra } from "./consent-check.ts";
import {
  type Drift,
  exposedKey,
  type Found,
  type FoundPermission,
  keyOf,
  type TokenSettings,
} from "./drift.ts";
import type { Expected } from "./drift-expected.ts";
import { byDanger } from "./drift-reach.ts";
import { redirectKey } from "./plan-difference.ts";

/** What somebody deleted or let in or took away, most dangerous first. */
export function driftOf(expected: Expected, found: Found): Drift[] {
  if (found.state === "gone") return [{ what: "deleted", which: found.what }];
  const drifts: Drift[] = [
    ...roleDrift(expected, found.roles),
    ...consentDrift(expected, found.consents),
    ...both(expected.declared, found.declared, keyOf).flatMap(({ change, each }) =>
      change === "added" && isAddedByEntra(each)
        ? []
        : [{ what: "declared", change, permission: bare(each) } as const],
    ),
    ...both(expected.redirects, found.redirects, redirectKey).map(
      ({ change, each }): Drift => ({ what: "redirect", change, platform: each.platform, uri: each.uri }),
    ),
    ...settingDrift(expected.settings, found.settings),
    ...both(expected.exposed, found.exposed, exposedKey).map(
      ({ change, each }): Drift => ({ what: "exposed", change, exposed: each }),
    ),
    ...ownerDrift(expected, found),
    ...(found.isUshersOwn ? [] : [{ what: "usher" } as const]),
    ...secretDrift(expected, found.secrets),
    ...certificateDrift(expected, found.certificates),
    ...federatedDrift(expected, found.federated),
    ...(found.isEnabled === expected.isEnabled
      ? []
      : [{ what: "sign-in", change: found.isEnabled ? "enabled" : "disabled" } as const]),
    ...(found.audience === expected.audience
      ? []
      : [{ what: "audience", from: expected.audience, to: found.audience } as const]),
  ];
  return byDanger(drifts);
}

type There = Extract<Found, { state: "there" }>;

function both<A, B>(expected: readonly A[], found: readonly B[], key: (each: A | B) => string) {
  const had = new Set(expected.map(key));
  const has = new Map(found.map((each) => [key(each), each]));
  return [
    ...[...has].flatMap(([name, each]) => (had.has(name) ? [] : [{ change: "added" as const, each }])),
    ...expected.flatMap((each) => (has.has(key(each)) ? [] : [{ change: "removed" as const, each }])),
  ];
}

const bare = ({ api, apiName, name, kind }: FoundPermission): FoundPermission => ({
  api,
  apiName,
  name,
  kind,
});

/** What was consented to beyond the plan counts for whomever it is; what is missing must be there for everybody. */
function consentDrift({ consents: expected, isConsented }: Expected, consents: There["consents"]): Drift[] {
  if (!consents) return [];
  const added = both(expected, consents, keyOf).filter(
    ({ change, each }) => change === "added" && !isAddedByEntra(each),
  );
  const forAll = consents.filter((each) => each.forAll);
  const removed = isConsented
    ? both(expected, forAll, keyOf).filter(({ change }) => change === "removed")
    : [];
  return [...added, ...removed].map(({ change, each }) => ({
    what: "consent",
    change,
    permission: bare(each),
  }));
}

/** What it holds over a part of the directory only is less than a planned role, and no planned role. */
function roleDrift({ roles, rolesLeft }: Expected, found: There["roles"]): Drift[] {
  if (!found) return [];
  const idOf = ({ templateId }: { templateId: string }) => templateId.toLowerCase();
  const planned = new Set(roles.map(idOf));
  const held = new Set(found.filter(({ scope }) => scope === "/").map(idOf));
  return [
    ...found
      .filter((role) => !planned.has(idOf(role)))
      .map((role) => ({ what: "role", change: "added", role }) as const),
    ...roles
      .filter((role) => !rolesLeft.includes(role.name) && !held.has(idOf(role)))
      .map(({ name, templateId }) => {
        const role = { name, templateId, scope: "/" };
        return { what: "role", change: "removed", role } as const;
      }),
  ];
}

const settingDrift = (expected: TokenSettings, found: TokenSettings): Drift[] =>
  (Object.keys(expected) as (keyof TokenSettings)[])
    .filter((setting) => expected[setting] !== found[setting])
    .map((setting) => ({ what: "setting", setting, from: expected[setting], to: found[setting] }));

function ownerDrift({ owner, mayOwn = [] }: Expected, { owners, ownerAccount }: There): Drift[] {
  const expected = owner ? [{ id: owner.userId as string, name: owner.name }] : [];
  const ofApplication = owners.filter(
    ({ id, onPrincipal }) => !onPrincipal && !mayOwn.includes(id.toLowerCase()),
  );
  const differing = both(expected, ofApplication, ({ id }) => id.toLowerCase())
    // Whoever has no account any more can be no owner: whoever keeps owners tells that.
    .filter(({ change }) => change === "added" || ownerAccount !== "deleted");
  return [
    ...differing.map(({ change, each }): Drift => ({ what: "owner", change, id: each.id, name: each.name })),
    ...owners
      .filter(({ onPrincipal }) => onPrincipal)
      .map(({ id, name }): Drift => ({ what: "owner", change: "added", id, name, onPrincipal: true })),
  ];
}

function secretDrift({ keyIds, markers, credential }: Expected, found: There["secrets"]): Drift[] {
  const isUshers = ({ keyId, name, onPrincipal }: There["secrets"][number]) =>
    !onPrincipal && (keyIds.includes(keyId) || markers.some((marker) => name.includes(marker)));
  const byHand = found.filter((each) => !isUshers(each));
  const label = credential.kind === "secret" ? credential.label : "";
  const gone = keyIds.filter((keyId) => !found.some((each) => each.keyId === keyId));
  return [
    ...byHand.map(
      ({ keyId, name, onPrincipal }) =>
        ({ what: "secret", change: "added", id: keyId, name, ...(onPrincipal && { onPrincipal }) }) as const,
    ),
    ...gone.map((keyId) => ({ what: "secret", change: "removed", id: keyId, name: label }) as const),
  ];
}

function certificateDrift({ credential }: Expected, found: There["certificates"]): Drift[] {
  const planned = credential.kind === "certificate" ? credential : undefined;
  const isPlanned = ({ thumbprint }: { thumbprint: string }) =>
    thumbprint.toLowerCase() === planned?.thumbprint.toLowerCase();
  return [
    ...found
      .filter((each) => each.onPrincipal || !isPlanned(each))
      .map(
        ({ keyId, name, onPrincipal }) =>
          ({
            what: "certificate",
            change: "added",
            id: keyId,
            name,
            ...(onPrincipal && { onPrincipal }),
          }) as const,
      ),
    ...(planned && !found.some((each) => !each.onPrincipal && isPlanned(each))
      ? [{ what: "certificate", change: "removed", id: planned.thumbprint, name: planned.label } as const]
      : []),
  ];
}

function federatedDrift({ credential }: Expected, found: There["federated"]): Drift[] {
  const planned = credential.kind === "federated" ? credential : undefined;
  const isPlanned = ({ issuer, subject, audience }: There["federated"][number]) =>
    issuer === planned?.issuer && subject === planned.subject && audience === planned.audience;
  return [
    ...found
      .filter((each) => !isPlanned(each))
      .map(
        ({ id, name, issuer, subject }) =>
          ({ what: "federated", change: "added", id, name: `${name}, ${subject} of ${issuer}` }) as const,
      ),
    ...(planned && !found.some(isPlanned)
      ? [{ what: "federated", change: "removed", id: planned.name, name: planned.name } as const]
      : []),
  ];
}
