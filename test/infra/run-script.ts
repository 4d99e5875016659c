import { execFile } from "node:child_process";
import path from "node:path";

export type Outcome = { code: number; stdout: string; stderr: string };

/** Runs a script of infra/ or appPackage/ as an administrator would. */
export function runScript(
  script: string,
  words: readonly string[],
  environment: Record<string, string> = {},
): Promise<Outcome> {
  const file = path.resolve(import.meta.dirname, "../..", script);
  const env = { ...process.env, ...environment };
  return new Promise((resolve) =>
    execFile(process.execPath, [file, ...words], { env }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === "number" ? error.code : error ? -1 : 0, stdout, stderr }),
    ),
  );
}
