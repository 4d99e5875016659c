import process from "node:process";
import { startTenant } from "./tenant/server.ts";

/** A port from the environment; missing or empty: any free one. */
function port(name: string): number {
  const given = Number(process.env[name] || 0);
  if (!Number.isInteger(given) || given < 0 || given > 65_535) throw new Error(`${name} is not a port.`);
  return given;
}

const { PUBLIC_URL, DATA_DIR = "./data" } = process.env;
const tenant = await startTenant({
  graphPort: port("GRAPH_PORT"),
  signinPort: port("SIGNIN_PORT"),
  dataDir: DATA_DIR,
  ...(PUBLIC_URL ? { redirectUris: [`${PUBLIC_URL.replace(/\/$/, "")}/s/callback`] } : {}),
});

let isStopping = false;
async function stop(): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  await tenant.close();
  process.exit(0);
}

process.on("SIGTERM", stop);
process.on("SIGINT", stop);
// Whoever started us with an IPC channel is gone: nobody is left to stop us later.
process.on("disconnect", stop);
process.stdout.write(`tenant graph=${tenant.graphUrl} signin=${tenant.authorityUrl}\n`);
process.send?.({ graph: tenant.graphUrl, signin: tenant.authorityUrl });
