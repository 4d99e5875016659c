import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

type Environment = Readonly<Record<string, string | undefined>>;

export type TrialSettings = {
  dataDir: string;
  /** The port that was asked for. */
  port: number | undefined;
  /** Set when they are used instead of the simulated ones. */
  graphUrl: string | undefined;
  authorityUrl: string | undefined;
  databaseUrl: string | undefined;
  catalogDir: string;
  policyFile: string | undefined;
  /** False: Usher has no identity that consents, and an administrator does. */
  mayConsent: boolean;
};

const loopbackHosts = ["127.0.0.1", "localhost", "[::1]"];

/** Reads what the trial takes from the environment. Throws a sentence where it would leave this machine. */
export function readTrialSettings(environment: Environment): TrialSettings {
  const loopback = (name: string) => {
    const text = environment[name]?.trim();
    if (!text) return undefined;
    const host = URL.canParse(text) ? new URL(text).hostname : undefined;
    if (host && loopbackHosts.includes(host)) return text.replace(/\/+$/, "");
    throw new Error(
      `${name} names ${host ?? "no address"}, and the trial never leaves this machine. For a real tenant, set Usher up as the README says and run: npm start`,
    );
  };
  const port = environment.PORT?.trim();
  if (port && !(/^\d{1,5}$/.test(port) && Number(port) <= 65_535))
    throw new Error(`PORT is "${port}", which is no port number.`);
  const policyFile = environment.POLICY_FILE?.trim();
  return {
    dataDir: path.resolve(environment.DATA_DIR?.trim() || "./data"),
    port: port ? Number(port) : undefined,
    graphUrl: loopback("GRAPH_URL"),
    authorityUrl: loopback("AUTHORITY_URL"),
    databaseUrl: loopback("DATABASE_URL"),
    catalogDir: path.resolve(environment.CATALOG_DIR?.trim() || "catalog"),
    policyFile: policyFile ? path.resolve(policyFile) : undefined,
    mayConsent: environment.CONSENT_CLIENT_ID?.trim() !== "none",
  };
}

/** The trial's own key, made once and kept in its data folder, readable by nobody else. */
export function trialSecretKey(dataDir: string): string {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const file = path.join(dataDir, "secret.key");
  if (!existsSync(file)) writeFileSync(file, randomBytes(32).toString("base64"), { mode: 0o600, flag: "wx" });
  return readFileSync(file, "utf8").trim();
}
