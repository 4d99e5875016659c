import { mkdirSync } from "node:fs";
import path from "node:path";
import { type Child, startChild } from "./child.ts";
import { isPortFree } from "./playground/reach.ts";
import { choosePort } from "./ports.ts";
import { type TrialSettings, trialSecretKey } from "./settings.ts";
import { company } from "./tenant/company.ts";

export type Trial = {
  bot: string;
  graph: string;
  signin: string;
  /** How the bot's process ended, when it did. */
  botEnded(): Child["ended"];
  /** Starts the bot again, at the same address. */
  restartBot(): Promise<void>;
  stop(): Promise<void>;
};

const defaultPorts = { bot: 3978, graph: 3990, signin: 3991 };
/** How often a port may be taken from under us. */
const portRaces = 5;

export type TrialOptions = {
  settings: TrialSettings;
  /** Lines of the parts' own logs. */
  line: (text: string) => void;
  /** The bot dies there, once. */
  killAfter?: string;
};

/**
 * Starts the simulated tenant, where no other is named, and the bot; both on loopback, both as processes of their own.
 * Throws a sentence when a port that was asked for is busy, or the data folder in use.
 */
export async function startTrial(options: TrialOptions): Promise<Trial> {
  mkdirSync(options.settings.dataDir, { recursive: true, mode: 0o700 });
  for (let again = portRaces; ; again -= 1) {
    const ports = await choosePorts(options.settings);
    try {
      return await startOn(ports, options);
    } catch (error) {
      // Another program, a second trial for one, may take a port between our look and the part's own start.
      const areFree = await Promise.all(Object.values(ports).map(isPortFree));
      if (again === 0 || areFree.every(Boolean)) throw error;
    }
  }
}

type Ports = { bot: number; graph?: number; signin?: number };

async function choosePorts({ port, graphUrl, authorityUrl }: TrialSettings): Promise<Ports> {
  const asked = await choosePort(port, defaultPorts.bot);
  const bot = asked === 0 ? await choosePort(undefined, 49_152) : asked;
  if (graphUrl && authorityUrl) return { bot };
  const graph = await choosePort(undefined, defaultPorts.graph, new Set([bot]));
  return { bot, graph, signin: await choosePort(undefined, defaultPorts.signin, new Set([bot, graph])) };
}

async function startOn(ports: Ports, { settings, line, killAfter }: TrialOptions): Promise<Trial> {
  const { dataDir, graphUrl, authorityUrl } = settings;
  const botUrl = `http://127.0.0.1:${ports.bot}`;
  const tenant = ports.graph === undefined ? undefined : await startTenant(ports, botUrl, dataDir, line);
  const graph = graphUrl ?? tenant?.ready.graph ?? "";
  const signin = authorityUrl ?? tenant?.ready.signin ?? "";
  if (tenant && !settings.mayConsent) await letRead(graph);
  const environment = {
    ...bare(process.env),
    TRIAL_PORT: String(ports.bot),
    TRIAL_PUBLIC_URL: botUrl,
    TRIAL_DATA_DIR: path.join(dataDir, "usher"),
    TRIAL_SECRET_KEY: trialSecretKey(dataDir),
    TRIAL_GRAPH_URL: graph,
    TRIAL_AUTHORITY_URL: signin,
    TRIAL_CATALOG_DIR: settings.catalogDir,
    ...(settings.policyFile && { TRIAL_POLICY_FILE: settings.policyFile }),
    ...(!settings.mayConsent && { TRIAL_CONSENT: "none" }),
    ...(settings.databaseUrl && { TRIAL_DATABASE_URL: settings.databaseUrl }),
  };
  const startBot = (extra: Record<string, string>) =>
    startChild("./bot.ts", { ...environment, ...extra }, line);
  let bot: Child;
  try {
    bot = await startBot(killAfter ? { TRIAL_KILL_AFTER: killAfter } : {});
  } catch (error) {
    await tenant?.stop();
    throw error;
  }
  return {
    bot: botUrl,
    graph,
    signin,
    botEnded: () => bot.ended,
    async restartBot() {
      bot = await startBot({});
    },
    async stop() {
      await bot.stop();
      await tenant?.stop();
    },
  };
}

function startTenant(
  { graph, signin }: Ports,
  publicUrl: string,
  dataDir: string,
  line: TrialOptions["line"],
) {
  const environment = {
    ...bare(process.env),
    GRAPH_PORT: String(graph),
    SIGNIN_PORT: String(signin),
    DATA_DIR: path.join(dataDir, "tenant"),
    PUBLIC_URL: publicUrl,
  };
  return startChild("./tenant.ts", environment, line);
}

/** Who may not consent must be able to read what an administrator has granted. */
async function letRead(graph: string): Promise<void> {
  const { clientId, roles } = company.clients.provisioning;
  await fetch(`${graph}/_sim/identities/${clientId}`, {
    method: "PUT",
    body: JSON.stringify({ roles: [...roles, "DelegatedPermissionGrant.Read.All"] }),
  });
}

/** The environment without what is a secret elsewhere: the trial uses no credentials from it. */
function bare(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const hidden = /PASSWORD|SECRET|CERTIFICATE|TOKEN|DATABASE_URL/i;
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => !hidden.test(name) || name.startsWith("TENANT_")),
  );
}
