import { isAddedByEntra } from "./consent-check.ts";
import { byDanger, type Drift, type Found, type FoundPermission, keyOf, type Redirect } from "./drift.ts";
import type { Audience, Credential, Plan } from "./plan.ts";
import { redirectKey } from "./plan-difference.ts";
import type { Actor } from "./request.ts";

/** What should stand there: the approved plan, and what Usher has made beside it. */
export type Expected = {
  declared: readonly FoundPermission[];
  /** What may be consented to. */
  consents: readonly FoundPermission[];
  /** Whether all of that was consented to, so that what is missing was taken away. */
  isConsented: boolean;
  redirects: readonly Redirect[];
  audience: Audience;
  /** The certificate or the federated credential of the plan; secrets go by their ids. */
  credential: Credential;
  /** The person who owns it in Entra beside Usher. */
  owner: Actor | undefined;
  isEnabled: boolean;
  /** Ids of the secret that was handed over. */
  keyIds: readonly string[];
  /** In the names of the secrets that Usher makes or removes at this moment: nobody added those by hand. */
  markers: readonly string[];
};

/** What the plan alone leads to. */
export function expectedOf(
  { permissions, redirects, audience, credential }: Plan,
  made: Pick<Expected, "owner" | "isConsented" | "keyIds" | "markers">,
): Expected {
  return {
    declared: permissions,
    consents: permissions,
    redirects,
    audience,
    credential,
    isEnabled: true,
    ...made,
  };
}

/** What somebody deleted or let in or took away, most dangerous first. */
export function driftOf(expected: Expected, found: Found): Drift[] {
  if (found.state === "gone") return [{ what: "deleted", which: found.what }];
  const drifts: Drift[] = [
    ...consentDrift(expected, found.consents),
    ...both(expected.declared, found.declared, keyOf).flatMap(({ change, each }) =>
      change === "added" && isAddedByEntra(each)
        ? []
        : [{ what: "declared", change, permission: bare(each) } as const],
    ),
    ...both(expected.redirects, found.redirects, redirectKey).map(
      ({ change, each }): Drift => ({ what: "redirect", change, platform: each.platform, uri: each.uri }),
    ),
    ...ownerDrift(expected.owner, found.owners),
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

function ownerDrift(owner: Actor | undefined, found: There["owners"]): Drift[] {
  const expected = owner ? [{ id: owner.userId as string, name: owner.name }] : [];
  return both(expected, found, ({ id }) => id.toLowerCase()).map(({ change, each }) => ({
    what: "owner",
    change,
    id: each.id,
    name: each.name,
  }));
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

/** What is expected once these were accepted: each is less than was approved, and what comes back later is more. */
export function withAccepted(expected: Expected, accepted: readonly Drift[]): Expected {
  return accepted.reduce(accept, expected);
}

function accept(expected: Expected, drift: Drift): Expected {
  switch (drift.what) {
    case "consent":
    case "declared": {
      const key = keyOf(drift.permission);
      const list = drift.what === "consent" ? "consents" : "declared";
      return { ...expected, [list]: expected[list].filter((each) => keyOf(each) !== key) };
    }
    case "redirect": {
      const key = redirectKey(drift);
      return { ...expected, redirects: expected.redirects.filter((each) => redirectKey(each) !== key) };
    }
    case "owner":
      return { ...expected, owner: undefined };
    case "secret":
      return { ...expected, keyIds: expected.keyIds.filter((keyId) => keyId !== drift.id) };
    case "certificate":
    case "federated":
      return { ...expected, credential: { kind: "none" } };
    case "sign-in":
      return { ...expected, isEnabled: false };
    case "audience":
      return { ...expected, audience: drift.to as Audience };
    case "deleted":
    case "usher":
      return expected;
    default:
      return drift satisfies never;
  }
}
