import path from "node:path";
import type { Blueprint } from "../domain/blueprint.ts";
import type { Catalog } from "../usecases/ports/world.ts";
import { blueprintFiles, loadCatalog, readBlueprint } from "./load-catalog.ts";
import { planText } from "./plan-text.ts";
import { isPolicyFile } from "./policy-file.ts";
import { policyText } from "./policy-text.ts";
import { CatalogBroken, readShared, sharedNames } from "./shared-files.ts";
import { tryBlueprint } from "./try-blueprint.ts";

const usage = `How to use it:
  npm run blueprint -- check               checks the catalogue (CATALOG_DIR, or catalog) and its policy (POLICY_FILE, if set)
  npm run blueprint -- check <file> …      checks those blueprints and policies, wherever they are

It prints what is wrong, with file and line, what each good blueprint asks for with its default answers, and what a
policy says of each risk.
It ends with 0 when all is well, with 1 when something is wrong.
`;

const say = (...lines: string[]) => {
  for (const line of lines) process.stdout.write(`${line}\n`);
};

const named = (name: string) => process.env[name]?.trim() || undefined;
const ownFolder = named("CATALOG_DIR") ?? "catalog";
const policyFile = named("POLICY_FILE");
const load = (folder: string) => loadCatalog(folder, policyFile === undefined ? {} : { policyFile });

/** Answers how many problems there are, all of them printed. */
function checkFolder(folder: string): number {
  const { catalog, problems, warnings } = load(folder);
  const faults = catalog.blueprints.map((blueprint) => checkGood(blueprint, catalog));
  sayPolicy(path.basename(policyFile ?? "policy.yaml"), catalog);
  sayProblems([...problems, ...warnings]);
  return faults.reduce((sum, each) => sum + each, problems.length + warnings.length);
}

function checkFile(file: string): number {
  if (isPolicyFile(file)) return checkPolicy(file);
  readShared(path.dirname(file));
  if (sharedNames.some((name) => name === path.basename(file))) {
    say(`${path.basename(file)}: nothing is wrong with it.`, "");
    return 0;
  }
  const folder = load(path.dirname(file));
  const { blueprint, problems } = readBlueprint(file, folder.catalog);
  const name = path.basename(file);
  // What shows only beside the others: an id that is taken, whichever of the two files is told about it.
  const beside = folder.problems.filter(
    (problem) => problem.includes(`${name} is called`) || (blueprint && problem.startsWith(`${name}:`)),
  );
  sayProblems([...problems, ...beside]);
  return (blueprint ? checkGood(blueprint, folder.catalog) : problems.length) + beside.length;
}

/** Held against the blueprints beside it, or against those of the catalogue where it is kept elsewhere. */
function checkPolicy(file: string): number {
  const beside = path.dirname(file);
  const folder = blueprintFiles(beside).some((name) => name !== path.basename(file)) ? beside : ownFolder;
  const { catalog, warnings } = loadCatalog(folder, { policyFile: file });
  sayPolicy(path.basename(file), catalog);
  sayProblems(warnings);
  return warnings.length;
}

function checkGood(blueprint: Blueprint, catalog: Catalog): number {
  const outcomes = tryBlueprint(blueprint, catalog, catalog.policy, new Date());
  const planned = outcomes.find((outcome) => outcome.became === "plan");
  say(`${blueprint.title} (request ${blueprint.id})`);
  if (planned)
    say(`  With ${planned.chosen}:`, ...planText(planned.plan, catalog).map((line) => `    ${line}`));
  const refused = outcomes.filter((outcome) => outcome.became === "refused");
  const faults = outcomes.filter((outcome) => outcome.became === "fault");
  const plans = outcomes.length - refused.length - faults.length;
  say(
    `  Tried with ${counted(outcomes.length, "combination")} of answers: ${counted(plans, "plan")}, ${refused.length} turned away.`,
  );
  say(...refused.map(({ chosen, sentence }) => `    turned away with ${chosen}: ${sentence}`));
  say(...faults.map(({ chosen, reason }) => `    WRONG with ${chosen}: ${reason}`), "");
  return faults.length;
}

const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? "" : "s"}`;

function sayPolicy(name: string, { policy, apis }: Catalog): void {
  say(`Policy (${name})`, ...policyText(policy, apis).map((line) => `  ${line}`), "");
}

function sayProblems(problems: readonly string[]): void {
  if (problems.length > 0) say("Wrong:", ...problems.map((problem) => `  ${problem}`), "");
}

/** The exit code. */
function main(words: readonly string[]): 0 | 1 | 2 {
  const [verb, ...files] = words;
  if (verb !== "check" || files.some((file) => file.startsWith("-"))) {
    process.stderr.write(usage);
    return 2;
  }
  const checks =
    files.length > 0 ? files.map((file) => () => checkFile(file)) : [() => checkFolder(ownFolder)];
  const problems = checks.reduce((sum, check) => sum + counting(check), 0);
  say(problems === 0 ? "All is well." : `${counted(problems, "problem")} to mend.`);
  return problems === 0 ? 0 : 1;
}

function counting(check: () => number): number {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof CatalogBroken)) throw error;
    sayProblems(error.problems);
    return error.problems.length;
  }
}

process.exitCode = main(process.argv.slice(2));
