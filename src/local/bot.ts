import type { Config } from "../config.ts";
import { type ConversationId, parseClientId, parseGroupId, parseTenantId } from "../domain/ids.ts";
import { parseSecretKeys } from "../domain/secret-link.ts";
import { SecretText } from "../domain/secret-text.ts";
import { startUsher, stopOnSignals } from "../main.ts";
import { tellParent } from "./child.ts";
import { killAfter } from "./kill-points.ts";
import { company } from "./tenant/company.ts";

/** The bot of the trial: Usher as it is, with the simulated company's identities, and without a bot identity of its own. */
const given = (name: string) => {
  const value = process.env[name];
  if (!value) throw new Error(`the trial did not say ${name}`);
  return value;
};
const must = <T>(value: T | undefined): T => {
  if (value === undefined) throw new Error("an id of the simulated company is no GUID");
  return value;
};
const identity = ({ clientId, secret }: { clientId: string; secret: string }) =>
  ({ clientId: must(parseClientId(clientId)), kind: "secret", secret: new SecretText(secret) }) as const;

const databaseUrl = process.env.TRIAL_DATABASE_URL;
const config: Config = {
  bot: { kind: "trial" },
  tenantId: must(parseTenantId(company.tenantId)),
  provisioning: identity(company.clients.provisioning),
  consent: process.env.TRIAL_CONSENT === "none" ? undefined : identity(company.clients.consent),
  signIn: identity(company.clients.signin),
  // Nobody is asked who they are here, so nothing but this machine may reach it.
  host: "127.0.0.1",
  port: Number(given("TRIAL_PORT")),
  publicUrl: given("TRIAL_PUBLIC_URL"),
  trustedProxies: [],
  database: databaseUrl ? { databaseUrl } : { dataDir: given("TRIAL_DATA_DIR") },
  secretKeys: must(parseSecretKeys(given("TRIAL_SECRET_KEY"))),
  approversGroup: parseGroupId(company.groups.approvers),
  adminsGroup: parseGroupId(company.groups.admins),
  graphUrl: given("TRIAL_GRAPH_URL"),
  authorityUrl: given("TRIAL_AUTHORITY_URL"),
  catalogDir: given("TRIAL_CATALOG_DIR"),
  ...(process.env.TRIAL_POLICY_FILE && { policyFile: process.env.TRIAL_POLICY_FILE }),
  logLevel: process.env.LOG_LEVEL ?? "info",
};

try {
  const point = process.env.TRIAL_KILL_AFTER;
  const usher = await startUsher(
    config,
    point ? { adjust: (world) => killAfter(world, (reached) => reached === point) } : {},
  );
  // The approvals channel is set already. Its address is learnt from the first activity when no window announced one.
  const { conversations } = usher.world.store.tables;
  if (!(await conversations.approvalsChannel())) {
    await conversations.setApprovalsChannel(company.approvalsChannel as ConversationId);
  }
  stopOnSignals(() => usher.stop());
  tellParent({ bot: `http://127.0.0.1:${usher.port}` }, () => usher.stop());
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exit(1);
}
