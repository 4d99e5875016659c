import { parseArgs } from "node:util";
import { type OwnPermission, ownPermissions, permissionsFor } from "../src/domain/own-permissions.ts";
import { AzureRefusal, type AzureRest, azureRest } from "./azure-rest.ts";
import { readEnvironmentFile } from "./env-file.ts";

const optional = [...new Set(ownPermissions.filter(({ when }) => when !== "always").map(({ name }) => name))];

const usage = `How to use it, signed in as a Privileged Role Administrator (az login --tenant <your tenant>):
  npm run grant-permissions -- --env dev --dry-run     says what would be granted, and why; changes nothing
  npm run grant-permissions -- --env dev               grants it
  … --with <permission>                                grants an optional permission too; may be said several times:
${optional.map((name) => `${" ".repeat(53)}${name}`).join("\n")}

It takes the identities from env/.env.dev: PROVISIONING_CLIENT_ID, CONSENT_CLIENT_ID (or none), BOT_ID, BOT_TENANT_ID and
SIGNIN_CLIENT_ID. What is there already stays as it is. Nothing is taken away.
It ends with 0 when all is granted, with 1 when something was refused, with 2 when it could not begin.
`;

const graphAppId = "00000003-0000-0000-c000-000000000000";
const guid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** Said to whoever runs it; nothing was changed. */
class CannotBegin extends Error {}

type Plan = {
  tenantId: string;
  botId: string;
  signInId: string;
  granted: ReturnType<typeof permissionsFor>;
  isDryRun: boolean;
};

type Principal = { id: string; displayName: string };
type Assignment = { appRoleId: string; resourceId: string };
type Role = { id: string; value: string; allowedMemberTypes: string[] };
type Federated = { issuer: string; subject: string };

const say = (line = "") => process.stdout.write(`${line}\n`);

function readPlan(words: string[]): Plan {
  const { values } = parseArgs({
    args: words,
    options: {
      env: { type: "string" },
      with: { type: "string", multiple: true, default: [] },
      "dry-run": { type: "boolean", default: false },
    },
  });
  const file = values.env === undefined ? undefined : readEnvironmentFile(values.env);
  if (!file)
    throw new CannotBegin(values.env === undefined ? usage : `There is no file env/.env.${values.env}.`);
  const unknown = values.with.filter((name) => !optional.includes(name));
  if (unknown.length > 0) throw new CannotBegin(`Usher has no use for ${unknown.join(", ")}.\n\n${usage}`);

  const id = (name: string) => {
    const value = file[name]?.trim() ?? "";
    if (!guid.test(value))
      throw new CannotBegin(`${name} in env/.env.${values.env} is not a client id (a GUID).`);
    return value;
  };
  const botId = id("BOT_ID");
  // As Usher itself reads them: what is left out is done by the one before it.
  const provisioning = file.PROVISIONING_CLIENT_ID?.trim() ? id("PROVISIONING_CLIENT_ID") : botId;
  const consent = file.CONSENT_CLIENT_ID?.trim() || provisioning;
  if (consent !== "none" && consent !== provisioning) id("CONSENT_CLIENT_ID");
  return {
    tenantId: id("BOT_TENANT_ID"),
    botId,
    signInId: file.SIGNIN_CLIENT_ID?.trim() ? id("SIGNIN_CLIENT_ID") : botId,
    granted: permissionsFor({ provisioning, consent }, values.with),
    isDryRun: values["dry-run"],
  };
}

async function all<T>(graph: AzureRest, path: string): Promise<T[]> {
  const rows: T[] = [];
  for (let next: string | undefined = path; next; ) {
    const page: Record<string, unknown> = await graph("GET", next);
    rows.push(...(page.value as T[]));
    next = page["@odata.nextLink"] as string | undefined;
  }
  return rows;
}

const principalOf = async (graph: AzureRest, clientId: string) =>
  (await graph("GET", `/servicePrincipals(appId='${clientId}')?$select=id,displayName`)) as Principal;

/** Answers how many were refused. */
async function grantTo(
  graph: AzureRest,
  clientId: string,
  permissions: readonly OwnPermission[],
  { resourceId, roles, isDryRun }: { resourceId: string; roles: readonly Role[]; isDryRun: boolean },
): Promise<number> {
  const { id: principalId, displayName } = await principalOf(graph, clientId);
  const assignments = await all<Assignment>(graph, `/servicePrincipals/${principalId}/appRoleAssignments`);
  const held = new Set(
    assignments.filter((each) => each.resourceId === resourceId).map((each) => each.appRoleId),
  );
  say(`${displayName} (${clientId})`);
  let refused = 0;
  for (const { name, reason } of permissions) {
    const role = roles.find((each) => each.value === name && each.allowedMemberTypes.includes("Application"));
    const outcome = !role
      ? "unknown"
      : held.has(role.id)
        ? "held"
        : isDryRun
          ? "missing"
          : await grant(graph, { principalId, resourceId, appRoleId: role.id });
    if (outcome === "refused" || outcome === "unknown") refused++;
    say(`  ${outcome.padEnd(8)} ${name}`);
    say(`           ${reason}`);
  }
  const wanted = new Set(permissions.map(({ name }) => name));
  const more = roles.filter(({ id, value }) => held.has(id) && !wanted.has(value)).map(({ value }) => value);
  if (more.length > 0) say(`  It also holds ${more.join(", ")}, which was not asked for here.`);
  say();
  return refused;
}

async function grant(graph: AzureRest, assignment: Assignment & { principalId: string }) {
  try {
    await graph("POST", `/servicePrincipals/${assignment.principalId}/appRoleAssignments`, assignment);
    return "granted";
  } catch (error) {
    if (!(error instanceof AzureRefusal)) throw error;
    // Graph has no code of its own for it; the list that was read before can be older than the grant.
    if (error.status === 400 && /already exists/.test(error.message)) return "held";
    say(`  ${error.message}`);
    return "refused";
  }
}

/** People cannot sign in to a managed identity, so its token stands in for the secret of the registration that they can. */
async function trustBot(graph: AzureRest, { tenantId, botId, signInId, isDryRun }: Plan): Promise<number> {
  if (signInId === botId) return 0;
  const { id: subject } = await principalOf(graph, botId);
  const authority = process.env.AUTHORITY_URL?.trim() || "https://login.microsoftonline.com";
  const issuer = `${authority}/${tenantId}/v2.0`;
  const application = (await graph(
    "GET",
    `/applications(appId='${signInId}')?$select=id,displayName`,
  )) as Principal;
  const path = `/applications/${application.id}/federatedIdentityCredentials`;
  const there = await all<Federated>(graph, path);
  const isThere = there.some((each) => each.issuer === issuer && each.subject === subject);
  let outcome = isThere ? "held" : "missing";
  if (!isThere && !isDryRun) {
    outcome = "granted";
    await graph("POST", path, {
      name: "usher",
      issuer,
      subject,
      audiences: ["api://AzureADTokenExchange"],
      description: "Usher's bot identity signs people in without a secret",
    }).catch((error: unknown) => {
      if (!(error instanceof AzureRefusal)) throw error;
      say(`  ${error.message}`);
      outcome = "refused";
    });
  }
  say(`${application.displayName} (${signInId})`);
  say(`  ${outcome.padEnd(8)} federated credential for the bot's identity`);
  say("           sign people in who open a link, without a secret");
  say();
  return outcome === "refused" ? 1 : 0;
}

async function main(words: string[]): Promise<0 | 1 | 2> {
  try {
    const plan = readPlan(words);
    const graphUrl = process.env.GRAPH_URL?.trim() || "https://graph.microsoft.com";
    const graph = azureRest(`${graphUrl.replace(/\/+$/, "")}/v1.0`);
    const resource = (await graph(
      "GET",
      `/servicePrincipals(appId='${graphAppId}')?$select=id,appRoles`,
    )) as {
      id: string;
      appRoles: Role[];
    };
    const to = { resourceId: resource.id, roles: resource.appRoles, isDryRun: plan.isDryRun };
    let refused = 0;
    for (const [clientId, permissions] of plan.granted)
      refused += await grantTo(graph, clientId, permissions, to);
    refused += await trustBot(graph, plan);
    if (plan.isDryRun) say("Nothing was changed. Without --dry-run, what is missing is granted.");
    else if (refused === 0) say("All is granted. Entra may take some minutes until new tokens have it.");
    else
      say("Some of it was refused. What was granted stays. Sign in with the right role and run this again.");
    return refused === 0 ? 0 : 1;
  } catch (error) {
    const isWords =
      error instanceof CannotBegin || (error as { code?: string }).code?.startsWith("ERR_PARSE_ARGS");
    const { message } = error as Error;
    process.stderr.write(
      isWords ? `${message}\n` : `It could not go on: ${message}\nWhat was granted stays. Run this again.\n`,
    );
    return 2;
  }
}

process.exitCode = await main(process.argv.slice(2));
