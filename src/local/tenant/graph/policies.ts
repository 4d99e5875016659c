import type {
  AppManagementConfiguration,
  KeyCredentialConfiguration,
  PasswordCredentialConfiguration,
  TenantAppManagementPolicy,
} from "@microsoft/microsoft-graph-types";
import type { Settings } from "../settings.ts";
import { requireRole } from "./access.ts";
import type { Route } from "./call.ts";
import { entityAnswer } from "./query.ts";

const readers = ["Policy.Read.All", "Policy.ReadWrite.ApplicationConfiguration"];

/** Days as Graph writes them, an ISO 8601 duration. */
function duration(days: number): string {
  const whole = Math.floor(days);
  const seconds = Math.round((days - whole) * 86_400);
  return seconds === 0 ? `P${whole}D` : `P${whole}DT${seconds}S`;
}

/** No date in `restrictForAppsCreatedAfterDateTime`: the settings hold for every application, however old. */
function restrictions({ secretsBlocked, secretMaxDays, certificateMaxDays }: Settings) {
  const always = { restrictForAppsCreatedAfterDateTime: null, state: "enabled" } as const;
  const passwordCredentials: PasswordCredentialConfiguration[] = [];
  if (secretsBlocked)
    passwordCredentials.push({ restrictionType: "passwordAddition", maxLifetime: null, ...always });
  if (secretMaxDays !== null)
    passwordCredentials.push({
      restrictionType: "passwordLifetime",
      maxLifetime: duration(secretMaxDays),
      ...always,
    });
  const keyCredentials: KeyCredentialConfiguration[] = [];
  if (certificateMaxDays !== null)
    keyCredentials.push({
      restrictionType: "asymmetricKeyLifetime",
      maxLifetime: duration(certificateMaxDays),
      ...always,
    });
  return { passwordCredentials, keyCredentials } satisfies AppManagementConfiguration;
}

function defaultPolicy(settings: Settings) {
  const all = restrictions(settings);
  return {
    id: "00000000-0000-0000-0000-000000000000",
    deletedDateTime: null,
    displayName: "Default app management tenant policy",
    description: "Restrictions on the credentials of all applications and service principals of the tenant.",
    isEnabled: all.passwordCredentials.length > 0 || all.keyCredentials.length > 0,
    applicationRestrictions: all,
    servicePrincipalRestrictions: all,
  } satisfies TenantAppManagementPolicy;
}

export const policyRoutes: Route[] = [
  {
    method: "GET",
    path: "/policies/defaultAppManagementPolicy",
    handle(call) {
      requireRole(call, ...readers);
      return entityAnswer(call, "policies/defaultAppManagementPolicy", defaultPolicy(call.settings));
    },
  },
];
