import { accessSync, constants, readFileSync, statSync } from "node:fs";
import { isIP } from "node:net";
import {
  type ClientId,
  type GroupId,
  parseClientId,
  parseGroupId,
  parseTenantId,
  type TenantId,
} from "./domain/ids.ts";
import { parseSecretKeys, type SecretKeys, secretKeyWanted } from "./domain/secret-link.ts";
import { SecretText } from "./domain/secret-text.ts";
import {
  databaseUrlWanted,
  defaultDataDir,
  parseDatabaseUrl,
  takesToken,
  tokenUrlWanted,
} from "./store/choose-database.ts";

/** How one identity of Usher's proves itself. `none` exists in the trial only, for the bot. */
export type IdentityConfig = { clientId: ClientId } & (
  | { kind: "managed" }
  /** A managed identity's token, or one that stands in a file, is what it proves itself with. */
  | { kind: "federated"; by: { managedIdentity: ClientId } | { tokenFile: string } }
  | { kind: "certificate"; certificatePath: string }
  | { kind: "secret"; secret: SecretText }
);

export type Config = {
  bot: IdentityConfig | { kind: "trial" };
  tenantId: TenantId;
  provisioning: IdentityConfig;
  /** Undefined when Usher may not consent. */
  consent: IdentityConfig | undefined;
  signIn: IdentityConfig;
  host: string;
  port: number;
  publicUrl: string;
  /** Addresses and networks of proxies whose X-Forwarded-For counts. */
  trustedProxies: readonly string[];
  database: { databaseUrl: string; databaseClientId?: ClientId } | { dataDir: string };
  secretKeys: SecretKeys;
  approversGroup: GroupId | undefined;
  adminsGroup: GroupId | undefined;
  graphUrl: string;
  authorityUrl: string;
  catalogDir: string;
  /** Left out: policy.yaml of the catalogue. */
  policyFile?: string;
  logLevel: string;
  /** Where traces go, by OpenTelemetry's protocol; nowhere when left out. */
  tracesTo?: string;
};

type Environment = Readonly<Record<string, string | undefined>>;

/** Every variable that is missing or wrong, at once, and how to try Usher without any. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    const lines = problems.map((problem) => `  - ${problem}`).join("\n");
    super(
      `Usher does not start, because its configuration is incomplete:\n${lines}\n` +
        "To try it on this machine without any of this, run: npm run local",
    );
    this.name = "ConfigError";
    this.problems = problems;
  }
}

const publicGraphUrl = "https://graph.microsoft.com";
const publicAuthorityUrl = "https://login.microsoftonline.com";
const logLevels = ["fatal", "error", "warn", "info", "debug", "trace", "silent"];

/** Reads the environment for production. Throws `ConfigError` naming everything that is missing or wrong. Fails closed. */
export function readConfig(environment: Environment): Config {
  const problems: string[] = [];
  const value = (name: string) => environment[name]?.trim() || undefined;
  const need = <T>(name: string, parse: (text: string) => T | undefined, wanted: string): T => {
    const text = value(name);
    const parsed = text === undefined || isPlaceholder(text) ? undefined : parse(text);
    if (parsed === undefined)
      problems.push(text === undefined ? `${name} is missing: ${wanted}` : `${name} is not ${wanted}`);
    return parsed as T;
  };
  const optional = <T>(
    name: string,
    parse: (text: string) => T | undefined,
    wanted: string,
    otherwise: T,
  ): T => {
    const text = value(name);
    if (text === undefined) return otherwise;
    const parsed = isPlaceholder(text) ? undefined : parse(text);
    if (parsed === undefined) problems.push(`${name} is not ${wanted}`);
    return parsed ?? otherwise;
  };
  const certificateAt = (name: string) => {
    const path = value(name);
    if (path && !isReadableFile(path)) problems.push(`${name} names a file that cannot be read`);
    return path;
  };
  const federatedBy = (name: string) => {
    const text = value(name);
    const managedIdentity = parseClientId(text);
    if (managedIdentity) return { managedIdentity };
    if (text && !isReadableFile(text))
      problems.push(`${name} is not a client id (a GUID) of a managed identity, nor a file that can be read`);
    return text ? { tokenFile: text } : undefined;
  };
  /** What no one can steal goes first, a secret last; none of them means a managed identity. */
  const identity = (clientId: ClientId, prefix: string, secretName = `${prefix}_SECRET`): IdentityConfig => {
    const by = federatedBy(`${prefix}_FEDERATED`);
    const certificatePath = certificateAt(`${prefix}_CERTIFICATE`);
    const secret = value(secretName);
    if (secret && isPlaceholder(secret)) problems.push(`${secretName} is not a secret but a placeholder`);
    if (by) return { clientId, kind: "federated", by };
    if (certificatePath) return { clientId, kind: "certificate", certificatePath };
    return secret
      ? { clientId, kind: "secret", secret: new SecretText(secret) }
      : { clientId, kind: "managed" };
  };

  const botId = need("BOT_ID", parseClientId, "the client id (a GUID) of the bot's identity");
  const tenantId = need("BOT_TENANT_ID", parseTenantId, "the id (a GUID) of your tenant");
  const type = need(
    "BOT_TYPE",
    (text) => ["UserAssignedMSI", "SingleTenant"].find((each) => each === text),
    "UserAssignedMSI or SingleTenant",
  );
  const bot: IdentityConfig =
    type === "UserAssignedMSI"
      ? { clientId: botId, kind: "managed" }
      : identity(botId, "BOT", "BOT_PASSWORD");
  if (type === "SingleTenant" && bot.kind === "managed") {
    problems.push(
      "BOT_FEDERATED, BOT_CERTIFICATE or BOT_PASSWORD is missing: a SingleTenant bot needs one of them",
    );
  }
  const secretKeys = need("SECRET_KEY", parseSecretKeys, secretKeyWanted);
  const publicUrl = need(
    "PUBLIC_URL",
    parsePublicUrl,
    "the https address at which people's browsers reach Usher",
  );
  const provisioningId = optional("PROVISIONING_CLIENT_ID", parseClientId, "a client id (a GUID)", undefined);
  const provisioning = provisioningId ? identity(provisioningId, "PROVISIONING") : bot;
  const mayConsent = value("CONSENT_CLIENT_ID") !== "none";
  const consentId = mayConsent
    ? optional("CONSENT_CLIENT_ID", parseClientId, 'a client id (a GUID), or "none"', undefined)
    : undefined;
  const signInId = optional("SIGNIN_CLIENT_ID", parseClientId, "a client id (a GUID)", undefined);
  const tracesTo = optional(
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    parseHttpUrl,
    "an http or https address",
    undefined,
  );
  const policyFile = value("POLICY_FILE");
  const databaseUrl = optional("DATABASE_URL", parseDatabaseUrl, databaseUrlWanted, undefined);
  const databaseClientId = optional("DATABASE_CLIENT_ID", parseClientId, "a client id (a GUID)", undefined);
  if (databaseClientId && !takesToken(databaseUrl))
    problems.push(`DATABASE_CLIENT_ID wants ${tokenUrlWanted}`);

  const config: Config = {
    bot,
    tenantId,
    provisioning,
    consent: mayConsent ? (consentId ? identity(consentId, "CONSENT") : provisioning) : undefined,
    signIn: signInId ? identity(signInId, "SIGNIN") : bot,
    host: value("HOST") ?? "0.0.0.0",
    port: optional("PORT", parsePort, "a port number", 3978),
    publicUrl,
    trustedProxies: optional(
      "TRUSTED_PROXIES",
      parseProxies,
      "addresses or networks (10.1.0.0/16) of your proxies, with commas",
      [],
    ),
    database: databaseUrl
      ? { databaseUrl, ...(databaseClientId && { databaseClientId }) }
      : { dataDir: value("DATA_DIR") ?? defaultDataDir },
    secretKeys,
    approversGroup: optional("APPROVERS_GROUP", parseGroupId, "the id (a GUID) of an Entra group", undefined),
    adminsGroup: optional("ADMINS_GROUP", parseGroupId, "the id (a GUID) of an Entra group", undefined),
    graphUrl: optional("GRAPH_URL", parseServiceUrl, "an https address", publicGraphUrl),
    authorityUrl: optional("AUTHORITY_URL", parseServiceUrl, "an https address", publicAuthorityUrl),
    catalogDir: value("CATALOG_DIR") ?? "catalog",
    ...(policyFile && { policyFile }),
    ...(tracesTo && { tracesTo }),
    logLevel: optional(
      "LOG_LEVEL",
      (text) => logLevels.find((each) => each === text),
      `one of ${logLevels.join(", ")}`,
      "info",
    ),
  };
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

/** What stands in examples until somebody fills it in. */
const isPlaceholder = (text: string) => /^<.*>$|\$\{|^[0-]+-[0-]+$/.test(text);

/** Left as it is: the SDK reads it from the environment by itself. */
const parseHttpUrl = (text: string) => (/^https?:$/.test(URL.parse(text)?.protocol ?? "") ? text : undefined);

export function parsePort(text: string): number | undefined {
  const port = Number(text);
  return /^\d{1,5}$/.test(text) && port <= 65_535 ? port : undefined;
}

function parsePublicUrl(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url && !url.search && !url.hash && !url.username && !url.password;
  return isPlain && url.protocol === "https:" ? text.replace(/\/+$/, "") : undefined;
}

/** A network of all addresses is refused: then anybody could write any address. */
function parseProxies(text: string): string[] | undefined {
  const proxies = text.split(",").map((each) => each.trim());
  const isProxy = (each: string) => {
    const [, address = "", bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(each) ?? [];
    const most = { 4: 32, 6: 128 }[isIP(address)];
    return most !== undefined && (bits === undefined || (Number(bits) > 0 && Number(bits) <= most));
  };
  return proxies.every(isProxy) ? proxies : undefined;
}

/** https only: tokens go there. The trial, which allows http on loopback, does not read its addresses here. */
function parseServiceUrl(text: string): string | undefined {
  return URL.canParse(text) && new URL(text).protocol === "https:" ? text.replace(/\/+$/, "") : undefined;
}

function isReadableFile(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** PEM text of a certificate with its key. */
export const readCertificate = (path: string) => new SecretText(readFileSync(path, "utf8"));
