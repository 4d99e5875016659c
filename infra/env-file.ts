import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { parseEnv } from "node:util";

const folder = path.resolve(import.meta.dirname, "../env");

/**
 * A file of the Agents Toolkit, by the name of its environment or by its path, and the one beside it that never leaves
 * the machine. Undefined when there is none.
 */
export function readEnvironmentFile(name: string): Record<string, string> | undefined {
  const file = /^[\w-]+$/.test(name) ? path.join(folder, `.env.${name}`) : name;
  if (!existsSync(file)) return undefined;
  const read = (each: string) => parseEnv(readFileSync(each, "utf8")) as Record<string, string>;
  return { ...read(file), ...(existsSync(`${file}.user`) && read(`${file}.user`)) };
}
