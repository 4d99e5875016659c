import {
  type Drift,
  type Exposed,
  exposedKey,
  type FoundPermission,
  keyOf,
  type Redirect,
  type TokenSettings,
} from "./drift.ts";
import type { ClientId } from "./ids.ts";
import type { Audience, Credential, DirectoryRole, Plan } from "./plan.ts";
import { redirectKey } from "./plan-difference.ts";
import type { Actor } from "./request.ts";

/** What should stand there: the approved plan, and what Usher has made beside it. */
export type Expected = {
  declared: readonly FoundPermission[];
  /** What may be consented to. */
  consents: readonly FoundPermission[];
  /** Whether all of that was consented to, so that what is missing was taken away. */
  isConsented: boolean;
  /** Directory roles of the app itself. */
  roles: readonly DirectoryRole[];
  /** Names of those that Usher had no right to give: they may be missing. */
  rolesLeft: readonly string[];
  redirects: readonly Redirect[];
  audience: Audience;
  settings: TokenSettings;
  exposed: readonly Exposed[];
  /** The certificate or the federated credential of the plan; secrets go by their ids. */
  credential: Credential;
  /** The person who owns it in Entra beside Usher. */
  owner: Actor | undefined;
  /** Ids of those who may be named beside that one: while it changes hands, and where Usher could not change it. */
  mayOwn?: readonly string[];
  isEnabled: boolean;
  /** Ids of the secret that was handed over. */
  keyIds: readonly string[];
  /** In the names of the secrets that Usher makes or removes at this moment: nobody added those by hand. */
  markers: readonly string[];
};

/** What the plan alone leads to. */
export function expectedOf(
  plan: Plan,
  made: Pick<Expected, "owner" | "mayOwn" | "isConsented" | "rolesLeft" | "keyIds" | "markers"> & {
    clientId: ClientId;
  },
): Expected {
  const { permissions, redirects, audience, credential } = plan;
  const { clientId, ...rest } = made;
  return {
    declared: permissions,
    consents: permissions,
    roles: plan.directoryRoles ?? [],
    redirects,
    audience,
    settings: settingsOf(plan),
    exposed: exposedOf(plan, clientId),
    credential,
    isEnabled: true,
    ...rest,
  };
}

const onOff = (isOn: boolean) => (isOn ? "on" : "off");

const settingsOf = ({
  idTokens,
  accessTokens,
  groupClaims,
  tokenVersion,
  audience,
}: Plan): TokenSettings => ({
  idTokens: onOff(idTokens),
  accessTokens: onOff(accessTokens),
  publicFlows: "off",
  mappedClaims: "off",
  groupClaims: groupClaims ?? "None",
  // As Usher makes it: personal accounts work with version 2 only, and Entra takes nothing said for 1.
  tokenVersion: String(audience === "AzureADandPersonalMicrosoftAccount" ? 2 : (tokenVersion ?? 1)),
});

const exposedOf = ({ appRoles = [], expose }: Plan, clientId: ClientId): Exposed[] => [
  ...appRoles.map(
    ({ value, members }): Exposed => ({ kind: "role", value, to: members.toSorted().join(", ") }),
  ),
  ...(expose?.scopes ?? []).map(
    ({ value, who }): Exposed => ({ kind: "scope", value, to: who === "users" ? "User" : "Admin" }),
  ),
  ...(expose ? [{ kind: "identifier", value: `api://${clientId}` } as const] : []),
];

/** What is expected once these were accepted: each is less than was approved, and what comes back later is more. */
export function withAccepted(expected: Expected, accepted: readonly Drift[]): Expected {
  return accepted.reduce(accept, expected);
}

function accept(expected: Expected, drift: Drift): Expected {
  switch (drift.what) {
    case "role": {
      const { templateId } = drift.role;
      return { ...expected, roles: expected.roles.filter((each) => each.templateId !== templateId) };
    }
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
    case "setting":
      return { ...expected, settings: { ...expected.settings, [drift.setting]: drift.to } };
    case "exposed": {
      const key = exposedKey(drift.exposed);
      return { ...expected, exposed: expected.exposed.filter((each) => exposedKey(each) !== key) };
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
