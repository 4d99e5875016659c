import fs from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { AppManifestUtils, type TeamsManifest } from "@microsoft/app-manifest";
import { zipSync } from "fflate";
import { readEnvironmentFile } from "../infra/env-file.ts";
import { commandLists } from "./command-lists.ts";

const usage = `How to use it:
  npm run package -- --env dev       makes appPackage/build/appPackage.dev.zip from env/.env.dev, for Teams
  … --to <folder>                    makes it there
  npm run package -- --commands      writes into the manifest what the help card says today
`;

const folder = import.meta.dirname;
const manifestFile = path.join(folder, "manifest.json");

/** Said to whoever runs it. */
class CannotPackage extends Error {}

/** The manifest with the values of an environment in the place of its `\${{…}}`. */
function filled(template: string, name: string, values: Record<string, string>): string {
  const missing = new Set<string>();
  const text = template.replaceAll(/\$\{\{ *(\w+) *\}\}/g, (_, variable: string) => {
    const value = values[variable];
    // The suffix of a name is the only one that may be empty, here as in the toolkit.
    if (!value && !(variable === "APP_NAME_SUFFIX" && value === "")) missing.add(variable);
    return JSON.stringify(value ?? "").slice(1, -1);
  });
  if (missing.size > 0)
    throw new CannotPackage(
      `Nothing was made: ${[...missing].join(", ")} ${missing.size === 1 ? "is" : "are"} empty in env/.env.${name}.\n` +
        "The Agents Toolkit or the deployment writes what they know; the rest is for you to fill in. TEAMS_APP_ID is any new GUID.",
    );
  return text;
}

async function makePackage(environment: string, folderOfIt: string): Promise<string> {
  const values = readEnvironmentFile(environment);
  if (!values) throw new CannotPackage(`There is no file env/.env.${environment}.`);
  const name = values.TEAMSFX_ENV || environment;
  const text = filled(fs.readFileSync(manifestFile, "utf8"), name, values);
  const manifest = JSON.parse(text) as TeamsManifest;
  const problems = await AppManifestUtils.validateAgainstSchema(manifest);
  if (problems.length > 0)
    throw new CannotPackage(`Nothing was made: Teams would not take the manifest.\n${problems.join("\n")}`);

  const { color, outline } = manifest.icons;
  const icons = [color, outline].map((icon) => [icon, fs.readFileSync(path.join(folder, icon))] as const);
  const made = path.join(folderOfIt, `appPackage.${name}.zip`);
  fs.mkdirSync(folderOfIt, { recursive: true });
  // Always the same bytes for the same content. The earliest time that a zip can hold, where this machine's clock is.
  const mtime = new Date(1980, 0, 1);
  const files = { "manifest.json": Buffer.from(text), ...Object.fromEntries(icons) };
  fs.writeFileSync(made, zipSync(files, { mtime }));
  return made;
}

function writeCommands(): void {
  const manifest = JSON.parse(fs.readFileSync(manifestFile, "utf8")) as { bots: { commandLists: unknown }[] };
  for (const bot of manifest.bots) bot.commandLists = commandLists();
  const text = JSON.stringify(manifest, undefined, 2)
    // Short lists stand on one line, as the formatter wants them.
    .replaceAll(
      /\[\s+("[^"\]]*"(?:,\s+"[^"\]]*")*)\s+\]/g,
      (_, list: string) => `[${list.replaceAll(/\s+/g, " ")}]`,
    );
  fs.writeFileSync(manifestFile, `${text}\n`);
}

async function main(words: string[]): Promise<0 | 1 | 2> {
  try {
    const { values } = parseArgs({
      args: words,
      options: {
        env: { type: "string" },
        to: { type: "string", default: path.join(folder, "build") },
        commands: { type: "boolean", default: false },
      },
    });
    if (values.commands) writeCommands();
    else if (values.env === undefined) {
      process.stderr.write(usage);
      return 2;
    } else
      process.stdout.write(`${path.relative(process.cwd(), await makePackage(values.env, values.to))}\n`);
    return 0;
  } catch (error) {
    const { code } = error as { code?: string };
    if (!(error instanceof CannotPackage) && !code?.startsWith("ERR_PARSE_ARGS")) throw error;
    process.stderr.write(`${(error as Error).message}\n`);
    return 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
