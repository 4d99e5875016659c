import { existsSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { loadCatalog } from "./catalog/load-catalog.ts";
import { type Config, ConfigError, type IdentityConfig, readConfig } from "./config.ts";
import type { ConversationId } from "./domain/ids.ts";
import { graphClient } from "./graph/client.ts";
import { credentialFor } from "./graph/credentials.ts";
import { graphDirectory } from "./graph/directory.ts";
import { graphProbes, tokenOf } from "./graph/probes.ts";
import { createLog } from "./log.ts";
import { type Carrier, openCarrier } from "./store/carrier.ts";
import { chatPace, noLimits } from "./store/chat-pace.ts";
import { conversationsTable } from "./store/conversations.ts";
import { databaseFacts } from "./store/database-facts.ts";
import { dataFolderIn } from "./store/embedded.ts";
import { holdTable } from "./store/hold.ts";
import type { Schema } from "./store/schema.ts";
import { publicBotFramework } from "./teams/activity-token.ts";
import { BotAdapter } from "./teams/adapter.ts";
import { channelMembers } from "./teams/channel-members.ts";
import { conversationWriter } from "./teams/conversation-writer.ts";
import { checksOf } from "./usecases/doctor/checks.ts";
import { examine } from "./usecases/doctor/examine.ts";
import { type Check, type Finding, unknown, wrong } from "./usecases/doctor/finding.ts";
import type { Probes } from "./usecases/ports/probes.ts";
import type { Clock } from "./usecases/ports/world.ts";
import { publicAddress } from "./web/public-address.ts";

type Parts = {
  client: Parameters<typeof graphProbes>[0]["client"];
  clock: Clock;
  /** What the bot's token is for. */
  botResource: string;
  /** Left out: there is no database to look at. */
  carrier?: Carrier<Schema>;
  channelMembers(conversation: ConversationId): Promise<number>;
  catalogue: Probes["catalogue"];
};

/** What `doctor` looks at, joined; it asks with the identities that the configuration names. */
export function probesOf(config: Config, { carrier, client, clock, botResource, ...rest }: Parts): Probes {
  const { bot, provisioning, consent, graphUrl, authorityUrl, tenantId } = config;
  const credential = (identity: IdentityConfig) => () => credentialFor(identity, tenantId, authorityUrl);
  const part = (parts: Probes["identities"][number]["parts"], identity: IdentityConfig) => ({
    parts,
    clientId: identity.clientId,
    credential: credential(identity),
  });
  const isOne = consent?.clientId === provisioning.clientId;
  return {
    ...graphProbes({
      graphUrl,
      authorityUrl,
      tenantId,
      identities: isOne
        ? [part(["provisioning", "consent"], provisioning)]
        : [part(["provisioning"], provisioning), ...(consent ? [part(["consent"], consent)] : [])],
      client,
      clientId: provisioning.clientId,
      signInClientId: config.signIn.clientId,
      clock,
    }),
    async database() {
      if (!carrier) throw new Error("there is no database to look at");
      return databaseFacts(carrier);
    },
    async botToken() {
      if (bot.kind === "trial") return false;
      await tokenOf(credential(bot), `${botResource}/.default`);
      return true;
    },
    publicAddress: () => publicAddress(config.publicUrl),
    ...rest,
  };
}

/** The database, where it can be had; otherwise why not. Nothing is made, and nothing brought up to date. */
async function openedDatabase({ database }: Config): Promise<{ carrier: Carrier<Schema> } | Finding> {
  const name = "Database";
  if ("dataDir" in database && !existsSync(dataFolderIn(database.dataDir)))
    return unknown(
      name,
      `There is none in ${database.dataDir} yet.`,
      "Usher makes it when it starts. If it is elsewhere, name it in DATA_DIR or DATABASE_URL.",
    );
  try {
    return { carrier: await openCarrier<Schema>(database) };
  } catch (error) {
    const { message, cause } = error as Error;
    if (/in use by another process/.test(message))
      return unknown(name, "Usher runs on it.", "An admin says doctor to Usher in Teams: it looks into it.");
    const code = (cause as { code?: unknown } | undefined)?.code;
    return wrong(
      name,
      `${message}${code === undefined ? "" : ` (${String(code)})`}`,
      "Look at DATABASE_URL or DATA_DIR, and whether the server answers.",
    );
  }
}

/** Every check that can be made beside an Usher that runs, or before it runs. */
async function examined(config: Config): Promise<Finding[]> {
  const clock = { now: () => new Date() };
  // Its errors name addresses and ids: they are shown to whoever asks for them, beside what is said.
  const log = createLog(config.logLevel === "debug" ? "warn" : "silent", process.stderr);
  const { catalog, problems, warnings } = loadCatalog(config.catalogDir, {
    ...(config.policyFile !== undefined && { policyFile: config.policyFile }),
  });
  const database = await openedDatabase(config);
  const carrier = "carrier" in database ? database.carrier : undefined;
  const client = graphClient(
    config.graphUrl,
    credentialFor(config.provisioning, config.tenantId, config.authorityUrl),
    { tenantId: config.tenantId },
  );
  const conversations = carrier && conversationsTable(carrier.db);
  const { resource } = publicBotFramework;
  const probes = probesOf(config, {
    client,
    clock,
    botResource: resource,
    ...(carrier && { carrier }),
    channelMembers: async (id) => {
      const { bot, tenantId, authorityUrl } = config;
      if (!carrier || !conversations || bot.kind === "trial") throw new Error("there is no bot to ask with");
      const token = () => tokenOf(() => credentialFor(bot, tenantId, authorityUrl), `${resource}/.default`);
      const adapter = new BotAdapter({ kind: "own", clientId: bot.clientId, tenantId, token });
      const pace = chatPace(carrier.db, { holder: "doctor", clock, updateEveryMs: 0, limits: noLimits });
      const writer = { adapter, botId: bot.clientId, tenantId, conversations, pace, clock, log };
      return channelMembers(conversationWriter(writer), id);
    },
    catalogue: () => ({ blueprints: catalog.blueprints.length, problems: [...problems, ...warnings] }),
  });
  const { tenantId, approversGroup, adminsGroup, publicUrl, authorityUrl, secretKeys } = config;
  const mayConsent = config.consent !== undefined;
  const settings = { tenantId, approversGroup, adminsGroup, mayConsent, publicUrl, authorityUrl, secretKeys };
  const directory = graphDirectory(client, clock);
  const checks = checksOf({
    clock,
    catalog,
    settings,
    directory,
    probes,
    ...(conversations && { conversations }),
    ...(carrier && { hold: holdTable(carrier.db) }),
  });
  const instead = (check: Check): Check =>
    "carrier" in database || check.name !== "Database" ? check : { ...check, look: () => [database] };
  try {
    return await examine(checks.map(instead), log, {
      more: "LOG_LEVEL=debug npm run doctor shows the whole error.",
    });
  } finally {
    await carrier?.close();
  }
}

const marks = { ok: "ok     ", wrong: "WRONG  ", unknown: "unknown" } as const;

function printed(finding: Finding): string {
  const line = `${marks[finding.state]}  ${finding.name}: ${finding.says}`;
  return finding.state === "ok" ? line : `${line}\n         ${finding.next}`;
}

async function main(): Promise<0 | 1> {
  let findings: Finding[];
  try {
    findings = await examined(readConfig(process.env));
  } catch (error) {
    // Neither holds more than names and places: the configuration's and the catalogue's own words.
    const problems = error instanceof ConfigError ? error.problems : [(error as Error).message];
    const next = "Mend it and say npm run doctor again: nothing else was looked at.";
    findings = problems.map((problem) => wrong("Configuration", problem, next));
  }
  const bad = findings.filter(({ state }) => state === "wrong").length;
  const open = findings.filter(({ state }) => state === "unknown").length;
  const left = open === 0 ? "" : ` ${open} could not be judged from here.`;
  const verdict = bad === 0 ? "Nothing is wrong." : `${bad} of ${findings.length} lines are wrong.`;
  process.stdout.write(`${findings.map(printed).join("\n")}\n\n${verdict}${left}\n`);
  return bad === 0 ? 0 : 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) process.exitCode = await main();
