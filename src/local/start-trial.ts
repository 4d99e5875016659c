import { mkdirSync } from "node:fs";
import path from "node:path";
import { type Child, startChild } from "./child.ts";
import { choosePort } from "./ports.ts";
import { type TrialSettings, trialSecretKey } from "./settings.ts";

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

export type TrialOptions = {
  settings: TrialSettings;
  /** Lines of the parts' own logs. */
  line: (text: string) => void;
  /** The bot dies there, once. */
  killAfter?: string;
};

/** Starts the simulated tenant, where no other is named, and the bot; both on loopback, both as processes of their own. */
export async function startTrial({ settings, line, killAfter }: TrialOptions): Promise<Trial> {
  const { dataDir } = settings;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const botPort = await choosePort(settings.port, defaultPorts.bot);
  const port = botPort === 0 ? await choosePort(undefined, 49_152) : botPort;
  const botUrl = `http://127.0.0.1:${port}`;
  const tenant = await tenantOf(settings, port, botUrl, line);

  const environment = {
    ...bare(process.env),
    TRIAL_PORT: String(port),
    TRIAL_PUBLIC_URL: botUrl,
    TRIAL_DATA_DIR: path.join(dataDir, "usher"),
    TRIAL_SECRET_KEY: trialSecretKey(dataDir),
    TRIAL_GRAPH_URL: tenant.graph,
    TRIAL_AUTHORITY_URL: tenant.signin,
    TRIAL_CATALOG_DIR: settings.catalogDir,
    ...(settings.databaseUrl && { TRIAL_DATABASE_URL: settings.databaseUrl }),
  };
  const startBot = (extra: Record<string, string>) =>
    startChild("./bot.ts", { ...environment, ...extra }, line);
  let bot: Child;
  try {
    bot = await startBot(killAfter ? { TRIAL_KILL_AFTER: killAfter } : {});
  } catch (error) {
    await tenant.child?.stop();
    throw error;
  }
  return {
    bot: botUrl,
    graph: tenant.graph,
    signin: tenant.signin,
    botEnded: () => bot.ended,
    async restartBot() {
      bot = await startBot({});
    },
    async stop() {
      await bot.stop();
      await tenant.child?.stop();
    },
  };
}

async function tenantOf(
  { graphUrl, authorityUrl, dataDir }: TrialSettings,
  botPort: number,
  publicUrl: string,
  line: (text: string) => void,
): Promise<{ graph: string; signin: string; child?: Child }> {
  if (graphUrl && authorityUrl) return { graph: graphUrl, signin: authorityUrl };
  const graphPort = await choosePort(undefined, defaultPorts.graph, new Set([botPort]));
  const signinPort = await choosePort(undefined, defaultPorts.signin, new Set([botPort, graphPort]));
  const child = await startChild(
    "./tenant.ts",
    {
      ...bare(process.env),
      GRAPH_PORT: String(graphPort),
      SIGNIN_PORT: String(signinPort),
      DATA_DIR: path.join(dataDir, "tenant"),
      PUBLIC_URL: publicUrl,
    },
    line,
  );
  return {
    graph: graphUrl ?? child.ready.graph ?? "",
    signin: authorityUrl ?? child.ready.signin ?? "",
    child,
  };
}

/** The environment without what is a secret elsewhere: the trial uses no credentials from it. */
function bare(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const hidden = /PASSWORD|SECRET|CERTIFICATE|TOKEN|DATABASE_URL/i;
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => !hidden.test(name) || name.startsWith("TENANT_")),
  );
}
