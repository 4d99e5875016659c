import type { PermissionKind } from "./permission.ts";

/** A permission as the tenant's own service principal of an API publishes it. */
export type PublishedPermission = {
  name: string;
  kind: PermissionKind;
  isEnabled: boolean;
  /** The tenant's own sentence on what it allows. */
  allows: string;
};

/** An API's service principal in the tenant. */
export type PublishedApi = { clientId: string; name: string; permissions: readonly PublishedPermission[] };

/** What the tenant's app management policy says of new applications. */
export type CredentialRules = {
  secretsForbidden: boolean;
  longestSecretDays?: number;
  longestCertificateDays?: number;
};

/** What was learnt of the tenant before anybody is asked to approve. */
export type TenantFacts = {
  /** By client id; null where the tenant has no service principal for it. What could not be asked is not in it. */
  apis: ReadonlyMap<string, PublishedApi | null>;
  /** Undefined when it could not be asked, or Usher has no right to. */
  credentialRules: CredentialRules | undefined;
  /** Whether Usher can make the service principal of another publisher's API; undefined when it cannot tell. */
  mayCreateServicePrincipals: boolean | undefined;
  /** Something of it could not be asked. */
  isUnchecked: boolean;
};
