import type { Config } from "../../src/config.ts";
import { parseClientId, parseGroupId, parseTenantId } from "../../src/domain/ids.ts";
import { SecretText } from "../../src/domain/secret-text.ts";
import { company } from "../../src/local/tenant/company.ts";

const must = <T>(value: T | undefined): T => {
  if (value === undefined) throw new Error("an id of the company is no GUID");
  return value;
};

const identity = ({ clientId, secret }: { clientId: string; secret: string }) =>
  ({ clientId: must(parseClientId(clientId)), kind: "secret", secret: new SecretText(secret) }) as const;

type Own = Pick<Config, "port" | "database" | "secretKeys" | "graphUrl" | "authorityUrl">;

/** Usher's configuration in the simulated company, without a bot identity of its own, as in the trial. */
export function companyConfig(own: Own & Partial<Config>): Config {
  return {
    bot: { kind: "trial" },
    tenantId: must(parseTenantId(company.tenantId)),
    provisioning: identity(company.clients.provisioning),
    consent: identity(company.clients.consent),
    signIn: identity(company.clients.signin),
    host: "127.0.0.1",
    publicUrl: `http://127.0.0.1:${own.port}`,
    trustedProxies: [],
    approversGroup: parseGroupId(company.groups.approvers),
    adminsGroup: parseGroupId(company.groups.admins),
    catalogDir: "catalog",
    logLevel: "info",
    ...own,
  };
}
