import type { ApiCatalog, Blueprint } from "../../domain/blueprint.ts";
import type { GroupId, TenantId } from "../../domain/ids.ts";
import type { PermissionFact, RoleFact } from "../../domain/permission.ts";
import type { Policy } from "../../domain/policy.ts";
import type { SecretKeys } from "../../domain/secret-link.ts";
import type { Chat } from "./chat.ts";
import type { Directory, Inspector, Registrar, SignIns, Tenant } from "./entra.ts";
import type { Probes } from "./probes.ts";
import type { Store } from "./store.ts";

/** What the use cases need of the world. `main.ts` hands it to them; tests replace the network, not these. */
export type World = {
  clock: Clock;
  log: Log;
  /** For whoever runs Usher: stands in `/metrics`. */
  count(what: "messages_undelivered"): void;
  store: Store;
  directory: Directory;
  tenant: Tenant;
  registrar: Registrar;
  inspector: Inspector;
  signIns: SignIns;
  chat: Chat;
  probes: Probes;
  catalog: Catalog;
  settings: Settings;
};

export interface Clock {
  now(): Date;
}

/** Structured lines; never a secret, a token or an error's raw request. */
export interface Log {
  info(fields: Record<string, unknown>, text: string): void;
  warn(fields: Record<string, unknown>, text: string): void;
  error(fields: Record<string, unknown>, text: string): void;
}

export type Settings = {
  tenantId: TenantId;
  approversGroup: GroupId | undefined;
  adminsGroup: GroupId | undefined;
  /** Whether Usher may grant consent itself. */
  mayConsent: boolean;
  /** What people's browsers reach, without a slash at the end. */
  publicUrl: string;
  /** Sign-in, without the tenant and without a slash at the end. */
  authorityUrl: string;
  secretKeys: SecretKeys;
};

/** Read anew when its files change: ask for its parts when they are needed, never keep them. */
export type Catalog = {
  readonly blueprints: readonly Blueprint[];
  readonly apis: ApiCatalog;
  readonly permissionFacts: readonly PermissionFact[];
  readonly roleFacts: readonly RoleFact[];
  readonly policy: Policy;
};
