import { rankPermissions, rankRoles } from "../domain/permission.ts";
import type { Audience, Credential, HandoverValue, Plan } from "../domain/plan.ts";
import type { Shared } from "./shared-files.ts";

const audiences: Record<Audience, string> = {
  AzureADMyOrg: "people of the own tenant only",
  AzureADMultipleOrgs: "people of any organisation",
  AzureADandPersonalMicrosoftAccount: "people of any organisation, and personal accounts",
};
const consents: Record<Plan["consent"], string> = {
  admin: "Usher grants all of it",
  optional: "declared only; people or an administrator may consent",
  none: "declared only",
};

/** A plan in plain lines, for whoever wrote the blueprint. */
export function planText(plan: Plan, shared: Shared): string[] {
  const permissions = rankPermissions(plan.permissions, shared.permissionFacts).map(
    ({ rank, kind, apiName, name, sentence, beyondMinimum }) =>
      `${rank.padEnd(6)} ${kind.padEnd(11)} ${name} (${apiName})${beyond(beyondMinimum)} - ${sentence}`,
  );
  const roles = rankRoles(plan.directoryRoles ?? [], shared.roleFacts).map(
    ({ rank, name, sentence, beyondMinimum }) =>
      `${rank.padEnd(6)} ${name}${beyond(beyondMinimum)} - ${sentence}`,
  );
  const tokens = [
    ...(plan.idTokens ? ["ID tokens"] : []),
    ...(plan.accessTokens ? ["access tokens"] : []),
    ...(plan.tokenVersion ? [`version ${plan.tokenVersion}`] : []),
    ...(plan.groupClaims ? [`group claims: ${plan.groupClaims}`] : []),
  ];
  return [
    ...rows("Name", [plan.displayName]),
    ...rows("Audience", [`${audiences[plan.audience]} (${plan.audience})`]),
    ...rows(
      "Redirects",
      plan.redirects.map(({ platform, uri }) => `${platform} ${uri}`),
      "none",
    ),
    ...rows("Tokens", tokens.length > 0 ? [tokens.join(", ")] : []),
    ...rows("Permissions", permissions, "none"),
    ...rows("Consent", [consents[plan.consent]]),
    ...rows("Roles", roles),
    ...rows(
      "Azure roles",
      (plan.azureRoles ?? []).map(({ role, scope }) => `${role} on ${scope} (by hand)`),
    ),
    ...rows(
      "App roles",
      (plan.appRoles ?? []).map(({ value, description }) => `${value} - ${description}`),
    ),
    ...rows(
      "Scopes",
      (plan.expose?.scopes ?? []).map(({ value, description }) => `${value} - ${description}`),
    ),
    ...rows("Credential", [credentialText(plan.credential)]),
    ...rows(
      "Hand over",
      plan.handover.map(
        ({ label, value, where }) => `${label} = ${valueText(value)}${where ? ` (${where})` : ""}`,
      ),
      "nothing",
    ),
    ...rows(
      "Next",
      plan.next.map((text, at) => `${at + 1}. ${text}`),
    ),
  ];
}

const beyond = (isBeyond: boolean | undefined) => (isBeyond ? ", beyond the minimum" : "");

/** The name stands before the first only; without entries there is no row, unless `otherwise` says something. */
export function rows(name: string, entries: readonly string[], otherwise?: string): string[] {
  const shown = entries.length > 0 || otherwise === undefined ? entries : [otherwise];
  return shown.map((entry, at) => `${(at === 0 ? name : "").padEnd(12)} ${entry}`);
}

function credentialText(credential: Credential): string {
  switch (credential.kind) {
    case "secret":
      return `secret "${credential.label}", ${credential.months} months`;
    case "certificate":
      return `certificate "${credential.label}"`;
    case "federated":
      return `federated "${credential.name}": ${credential.issuer}, ${credential.subject}`;
    case "none":
      return "none";
    default:
      return credential satisfies never;
  }
}

const madeNames: Partial<Record<string, string>> = {
  clientId: "the client ID",
  tenantId: "the tenant ID",
  secret: "the secret, by a one-time link",
  thumbprint: "the certificate's thumbprint",
  identifierUri: "the identifier URI",
};
const valueText = (value: HandoverValue) => madeNames[value] ?? `"${value.slice(1)}"`;
