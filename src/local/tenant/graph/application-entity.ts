import type { Application } from "@microsoft/microsoft-graph-types";
import { company } from "../company.ts";
import type { Entity, Row } from "../state.ts";
import type { Call, Json } from "./call.ts";
import { expandedOwners } from "./query.ts";

const blank = {
  deletedDateTime: null,
  applicationTemplateId: null,
  disabledByMicrosoftStatus: null,
  description: null,
  groupMembershipClaims: null,
  identifierUris: [],
  isDeviceOnlyAuthSupported: null,
  isFallbackPublicClient: null,
  notes: null,
  optionalClaims: null,
  publisherDomain: company.domain,
  requestSignatureVerification: null,
  samlMetadataUrl: null,
  serviceManagementReference: null,
  signInAudience: "AzureADMyOrg",
  tags: [],
  tokenEncryptionKeyId: null,
  uniqueName: null,
  addIns: [],
  api: {
    acceptMappedClaims: null,
    knownClientApplications: [],
    requestedAccessTokenVersion: null,
    oauth2PermissionScopes: [],
    preAuthorizedApplications: [],
  },
  appRoles: [],
  info: {
    logoUrl: null,
    marketingUrl: null,
    privacyStatementUrl: null,
    supportUrl: null,
    termsOfServiceUrl: null,
  },
  keyCredentials: [],
  parentalControlSettings: { countriesBlockedForMinors: [], legalAgeGroupRule: "Allow" },
  passwordCredentials: [],
  publicClient: { redirectUris: [] },
  requiredResourceAccess: [],
  web: {
    homePageUrl: null,
    logoutUrl: null,
    redirectUris: [],
    redirectUriSettings: [],
    implicitGrantSettings: { enableAccessTokenIssuance: false, enableIdTokenIssuance: false },
  },
  spa: { redirectUris: [] },
} satisfies Application;

/** An application as Graph keeps it: what was given over Graph's own blanks. */
export function newApplication(
  given: Json,
  ids: { id: string; appId: string; createdByAppId?: string | null },
  createdAt: Date,
): Entity {
  return {
    ...merged(blank, given),
    ...ids,
    createdDateTime: createdAt.toISOString(),
  };
}

/** Complex properties keep what a write does not name. */
export function merged(before: Json, changes: Json): Json {
  const after: Json = { ...before };
  for (const [name, change] of Object.entries(changes)) {
    const old = before[name];
    const areObjects = isObject(old) && isObject(change);
    after[name] = areObjects ? merged(old, change) : change;
  }
  return after;
}

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What readers see: key material only when it is asked for, secrets only after they have replicated. */
export function presentApplication(call: Call, row: Row): Entity {
  const asked = call.query.get("$select")?.includes("keyCredentials") ?? false;
  const list = (name: string) => (row.value[name] as Json[]) ?? [];
  return {
    ...row.value,
    ...expandedOwners(call, row),
    keyCredentials: list("keyCredentials").map((key) => (asked ? key : { ...key, key: null })),
    passwordCredentials: list("passwordCredentials")
      .filter((secret) => Number(secret.visibleFrom) <= call.now.getTime())
      .map(({ visibleFrom: _hidden, ...secret }) => secret),
  };
}
