import { ownerByRank } from "../../domain/permission.ts";
import type {
  AppRole,
  Audience,
  Credential,
  ExposedScope,
  GroupClaims,
  MissingApi,
  Plan,
  Platform,
} from "../../domain/plan.ts";
import { isConsented } from "../../domain/provisioning.ts";
import { counted, dayWords, listed } from "../words.ts";
import type { Detail } from "./fitting.ts";
import { type Powers, rowsOf } from "./powers.ts";
import { fact, type Line, said } from "./text.ts";

export const audienceWords: Readonly<Record<Audience, string>> = {
  AzureADMyOrg: "people of this organisation only",
  AzureADMultipleOrgs: "people of any organisation with Microsoft Entra",
  AzureADandPersonalMicrosoftAccount:
    "people of any organisation, and anybody with a personal Microsoft account",
};
const platformWords: Readonly<Record<Platform, string>> = {
  web: "website",
  spa: "app in the browser",
  public: "app on a device",
};
const groupWords: Readonly<Record<GroupClaims, string>> = {
  SecurityGroup: "the security groups of the person who signs in",
  DirectoryRole: "the directory roles of the person who signs in",
  ApplicationGroup: "those groups of the person that are assigned to the app",
  All: "all groups, distribution lists and directory roles of the person who signs in",
};
const memberWords: Readonly<Record<AppRole["members"][number], string>> = {
  User: "people",
  Application: "apps",
};
const consenterWords: Readonly<Record<ExposedScope["who"], string>> = {
  users: "people may consent",
  admins: "only admins may consent",
};
/** Where a workload's tokens are exchanged, unless somebody has set it up otherwise. */
const usualAudience = "api://AzureADTokenExchange";

/** Whether Usher may grant consent here, or an administrator does. */
export type WhoConsents = { isConsentLeft?: true };

/** Everything of a plan but what it may do. When even the names do not fit, only some of them. */
export function factsOf(plan: Plan, view: Powers & WhoConsents, detail: Detail): Line[] {
  const { permissions, roles, isConsentLeft = false } = view;
  const most = detail === "part" ? 5 : Infinity;
  const tokens = [plan.idTokens ? "ID tokens" : [], plan.accessTokens ? "access tokens" : []].flat();
  return [
    ...someOf(plan.missingApis ?? [], most, "APIs", missingApiLines),
    fact("Who can sign in", audienceWords[plan.audience]),
    ...someOf(plan.redirects, most, "addresses", ({ platform, uri }) => [
      fact(`Sign-in returns to (${platformWords[platform]})`, uri),
    ]),
    ...(plan.redirects.length === 0 ? [fact("Sign-in returns to", "nowhere: no redirect address")] : []),
    ...(tokens.length > 0 ? [fact("Handed straight to the browser", listed(tokens))] : []),
    ...(plan.tokenVersion ? [fact("Access tokens for its own API", `version ${plan.tokenVersion}`)] : []),
    ...(plan.groupClaims ? [fact("Named in its tokens", groupWords[plan.groupClaims])] : []),
    ...appRoleLines(plan.appRoles ?? [], detail),
    ...(plan.expose ? exposedLines(plan.expose.scopes, detail) : []),
    ...(plan.permissions.length > 0 ? [fact("Consent", consentWords(plan, isConsentLeft))] : []),
    ...someOf(plan.azureRoles ?? [], most, "Azure roles", ({ role, scope }) => [
      fact("Azure role, which somebody has to give by hand", `${role} on ${scope}`),
    ]),
    (plan.owner ?? ownerByRank([...permissions, ...roles])) === "requester"
      ? fact("Owners in Entra", "Usher and the person who asks")
      : fact("Owner in Entra", "Usher alone, because an owner could make secrets past this approval"),
    ...credentialLines(plan.credential),
  ];
}

function consentWords(plan: Plan, isLeft: boolean): string {
  if (isConsented(plan) && isLeft)
    return "an administrator grants these permissions for the whole organisation, because Usher may not do that here; Usher waits for it";
  if (isConsented(plan)) return "Usher grants these permissions for the whole organisation";
  const listedOnly =
    "Usher only lists these permissions; each person is asked when signing in, or an admin consents for all";
  return plan.permissions.some(({ kind }) => kind === "application")
    ? `${listedOnly}. What it does by itself works only once an admin has consented`
    : listedOnly;
}

function someOf<T>(all: readonly T[], most: number, many: string, draw: (one: T) => Line[]): Line[] {
  const left = all.length - most;
  return [...all.slice(0, most).flatMap(draw), ...(left > 0 ? [said(`… and ${left} more ${many}`)] : [])];
}

function missingApiLines({ clientId, name, createdBy }: MissingApi): Line[] {
  if (createdBy === "usher")
    return [fact("API that this tenant does not have yet, created by Usher after approval", name)];
  return [
    fact("API that this tenant does not have yet", name),
    said("An administrator must run this once. Usher waits for it before it makes anything:"),
    said(`az ad sp create --id ${clientId}`, { fontType: "Monospace" }),
  ];
}

/** One line each with its description; when that does not fit, their values in rows. */
function entryLines<T extends { value: string; description: string }>(
  entries: readonly T[],
  detail: Detail,
  words: { one: string; many: string; group(entry: T): string },
): Line[] {
  if (detail === "sentences") {
    return entries.map((entry) =>
      fact(`${words.one} (${words.group(entry)})`, `${entry.value}: ${entry.description}`),
    );
  }
  const shown = detail === "part" ? entries.slice(0, 16) : entries;
  const rows = [...Map.groupBy(shown, words.group)].flatMap(([group, members]) =>
    rowsOf(members.map(({ value }) => value)).map((row) => fact(`${words.many} (${group})`, row)),
  );
  const left = entries.length - shown.length;
  return left > 0 ? [...rows, said(`… and ${left} more ${words.many.toLowerCase()}`)] : rows;
}

const appRoleLines = (appRoles: readonly AppRole[], detail: Detail) =>
  entryLines(appRoles, detail, {
    one: "App role",
    many: "App roles",
    group: ({ members }) => `for ${listed(members.map((member) => memberWords[member]))}`,
  });

const exposedLines = (scopes: readonly ExposedScope[], detail: Detail) => [
  fact("Identifier URI", "api:// and its client ID, once it is made"),
  ...entryLines(scopes, detail, {
    one: "Scope that other apps may ask for",
    many: "Scopes that other apps may ask for",
    group: ({ who }) => consenterWords[who],
  }),
];

function credentialLines(credential: Credential): Line[] {
  switch (credential.kind) {
    case "secret":
      return [
        fact("Credential", `a secret for ${counted(credential.months, "month")}, named ${credential.label}`),
      ];
    case "certificate":
      return [
        fact(
          "Credential",
          `the certificate that was given, until ${dayWords(new Date(credential.expiresAt))}, named ${credential.label}`,
        ),
        fact("Its thumbprint", credential.thumbprint, { fontType: "Monospace" }),
      ];
    case "federated":
      return [
        fact("Credential", `no secret: tokens of the issuer for the subject, named ${credential.name}`),
        fact("Issuer", credential.issuer, { fontType: "Monospace" }),
        fact("Subject", credential.subject, { fontType: "Monospace" }),
        ...(credential.audience === usualAudience ? [] : [fact("Audience", credential.audience)]),
      ];
    case "none":
      return [fact("Credential", "none: it cannot sign in by itself")];
    default:
      return credential satisfies never;
  }
}
