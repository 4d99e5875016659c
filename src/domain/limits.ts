import type { Plan } from "./plan.ts";
import { monthsLater } from "./registration.ts";
import type { CredentialRules } from "./tenant-facts.ts";

/** Limits of Entra on an application; those with personal accounts have lower ones. */
const limitsFor = (hasPersonal: boolean) => ({
  name: hasPersonal ? 90 : 120,
  redirects: hasPersonal ? 100 : 256,
  apis: 50,
  permissions: hasPersonal ? 200 : 400,
  permissionsPerApi: hasPersonal ? 30 : 400,
});

/**
 * Sentences for what Entra, or the tenant's own policy, would refuse once it is approved: it is refused before
 * anybody is asked instead. `rules` is undefined when the tenant's policy could not be asked.
 */
export function limitsOf(plan: Plan, rules: CredentialRules | undefined, now: Date): string[] {
  const hasPersonal = plan.audience === "AzureADandPersonalMicrosoftAccount";
  const limits = limitsFor(hasPersonal);
  const { displayName, redirects, permissions } = plan;
  const perApi = [...Map.groupBy(permissions, ({ api }) => api).values()];
  return [
    displayName === "" ? "The app would have no name: give it one." : [],
    displayName.length > limits.name
      ? `The name "${displayName.slice(0, 40)}…" has ${displayName.length} characters. Entra takes ${limits.name} for this audience.`
      : [],
    redirects.length > limits.redirects
      ? `These are ${redirects.length} redirect addresses. Entra takes ${limits.redirects} for this audience.`
      : [],
    redirects
      .filter(({ uri }) => uri.length > 256)
      .map(
        ({ uri }) =>
          `The redirect address "${uri.slice(0, 60)}…" is longer than the 256 characters that Entra takes.`,
      ),
    redirects
      .filter(({ uri }) => hasPersonal && uri.includes("?"))
      .map(
        ({ uri }) =>
          `The redirect address "${uri}" has a query (?), which Entra refuses where personal accounts may sign in.`,
      ),
    perApi.length > limits.apis
      ? `Entra takes permissions of ${limits.apis} APIs; these are ${perApi.length}.`
      : [],
    permissions.length > limits.permissions
      ? `These are ${permissions.length} permissions. Entra takes ${limits.permissions} for this audience.`
      : [],
    perApi
      .filter((those) => those.length > limits.permissionsPerApi)
      .map(
        (those) =>
          `These are ${those.length} permissions of ${those[0]?.apiName}. Entra takes ${limits.permissionsPerApi} of one API where personal accounts may sign in.`,
      ),
    credentialLimits(plan, rules, now),
  ].flat();
}

const dayMs = 86_400_000;

/** What speaks against a certificate as of now. One that a machine with a fast clock has just made is taken. */
export function certificateLimits(
  { beginsAt, expiresAt }: { beginsAt?: Date; expiresAt: Date },
  rules: CredentialRules | undefined,
  now: Date,
): string[] {
  const left = (expiresAt.getTime() - now.getTime()) / dayMs;
  if (left <= 0) return ["The certificate has expired. Make a new one, and give Usher that."];
  if (beginsAt && beginsAt.getTime() - now.getTime() > dayMs) {
    return [
      "The certificate is not valid yet: its first day is still to come. Make one that is valid from today.",
    ];
  }
  const days = rules?.longestCertificateDays ?? Infinity;
  return left > days
    ? [
        `The tenant's app management policy lets a certificate live ${days} days at most; this one lasts ${Math.ceil(left)} more.`,
      ]
    : [];
}

function credentialLimits({ credential }: Plan, rules: CredentialRules | undefined, now: Date): string[] {
  switch (credential.kind) {
    case "secret": {
      const { secretsForbidden = false, longestSecretDays: days = Infinity } = rules ?? {};
      if (secretsForbidden) {
        return [
          "The tenant's app management policy forbids client secrets. Choose a certificate or a federated credential.",
        ];
      }
      const isTooLong = (monthsLater(now, credential.months).getTime() - now.getTime()) / dayMs > days;
      return isTooLong
        ? [
            `The tenant's app management policy lets a secret live ${days} days at most. Choose fewer months than ${credential.months}.`,
          ]
        : [];
    }
    case "certificate":
      return certificateLimits({ expiresAt: new Date(credential.expiresAt) }, rules, now);
    case "federated":
      return [["subject", credential.subject] as const, ["issuer", credential.issuer] as const].flatMap(
        ([what, text]) =>
          text.length > 600 || text === ""
            ? [`The ${what} of the federated credential must have 1 to 600 characters.`]
            : [],
      );
    case "none":
      return [];
    default:
      return credential satisfies never;
  }
}
