import { isConsented, type StepName, type StepState } from "./provisioning.ts";
import type { Request } from "./request.ts";

/** What a step has come to, as its row says it. */
type StepEnd = {
  step: StepName;
  state: StepState;
  attempts: number;
  intent: Readonly<Record<string, string>>;
  outcome: Readonly<Record<string, string>>;
};

const mostNames = 10;

/** What stands in the tenant now, or may, in words for whoever has to look after it. */
export function whatExists(request: Pick<Request, "id" | "plan">, rows: readonly StepEnd[]): string {
  const sentences = [...applicationSentences(request, rows), ...apiSentences(request, rows)];
  return sentences.length > 0 ? sentences.join(" ") : "Nothing of it is in Entra.";
}

/** What Usher makes for a request and leaves when it is undone: others in the tenant may use it by then. */
export function whatStays(request: Pick<Request, "plan">, rows: readonly StepEnd[]): string | undefined {
  const sentences = [
    ...(rows.some(({ step, outcome }) => step === "application" && isForeign(outcome))
      ? [
          "An application that Usher did not make bears the name that was drawn for this one; Usher has not touched it.",
        ]
      : []),
    ...apiSentences(request, rows),
  ];
  return sentences.length > 0 ? sentences.join(" ") : undefined;
}

/** Whether Usher made an app registration for it, as far as is known; once it is undone too. */
export function wasMade(rows: readonly StepEnd[]): "yes" | "maybe" | "no" {
  const application = rows.find(({ step }) => step === "application");
  if (!application || isForeign(application.outcome)) return "no";
  if (application.outcome.clientId !== undefined) return "yes";
  return application.intent.unclear !== undefined ? "maybe" : "no";
}

/** The name that was drawn is another's, so there is no application of ours. */
export const isForeign = (outcome: StepEnd["outcome"]) => outcome.foreign !== undefined;

/** An attempt may have made it without our knowing; one that was refused for good at once has not. */
export const isUnclear = ({ state, attempts, intent }: Pick<StepEnd, "state" | "attempts" | "intent">) =>
  intent.unclear !== undefined || attempts > 1 || state !== "failed";

function applicationSentences(
  { id, plan }: Pick<Request, "id" | "plan">,
  rows: readonly StepEnd[],
): string[] {
  const application = rows.find(({ step }) => step === "application");
  if (!application || application.state === "undone" || isForeign(application.outcome)) return [];
  const isSecret = plan.credential.kind === "secret";
  const { clientId } = application.outcome;
  if (clientId === undefined) {
    // Entra refused it plainly, so there is none.
    if (application.state === "failed" && !isUnclear(application)) return [];
    return [
      `An app registration may exist in Entra${isSecret ? ", without a secret" : ""}: it would bear the tag usher-request:${id}.`,
    ];
  }
  return [
    `The app registration exists in Entra (client ID ${clientId})${isSecret ? ", without a usable secret" : ""}.`,
    ...principalSentence(rows),
    ...grantSentences(plan, rows),
    ...(rows.some(({ step, state }) => step === "admin-consent" && state !== "undone" && state !== "failed")
      ? ["An administrator may have granted it consent."]
      : []),
  ];
}

function principalSentence(rows: readonly StepEnd[]): string[] {
  const principal = rows.find(({ step }) => step === "service-principal");
  if (!principal) return [];
  switch (principal.state) {
    case "done":
      return ["Its enterprise application exists."];
    case "undone":
      return ["Its enterprise application is disabled: nobody signs in with it."];
    default:
      return ["Its enterprise application may exist."];
  }
}

/** Consents and directory roles by name: they are what makes a leftover dangerous. */
function grantSentences(plan: Request["plan"], rows: readonly StepEnd[]): string[] {
  const consentOf = (kind: "application" | "delegated") =>
    isConsented(plan)
      ? plan.permissions.filter((permission) => permission.kind === kind).map(({ name }) => name)
      : [];
  const roles = (plan.directoryRoles ?? []).map(({ name }) => name);
  return [
    ...granted("consent to", "application-permissions", consentOf("application"), rows),
    ...granted("consent, for signed-in people, to", "delegated-permissions", consentOf("delegated"), rows),
    ...granted(
      roles.length === 1 ? "the directory role" : "the directory roles",
      "directory-roles",
      roles,
      rows,
    ),
  ];
}

function granted(what: string, step: StepName, names: readonly string[], rows: readonly StepEnd[]): string[] {
  const row = rows.find((each) => each.step === step);
  if (!row || row.state === "undone") return [];
  const missing = row.outcome.rolesMissing?.split(", ") ?? [];
  const given = names.filter((name) => !missing.includes(name));
  if (given.length === 0) return [];
  const left = given.length - mostNames;
  const shown = given.slice(0, mostNames).join(", ");
  return [
    `It ${row.state === "done" ? "has" : "may have"} ${what} ${shown}${left > 0 ? ` and ${left} more` : ""}.`,
  ];
}

function apiSentences({ plan }: Pick<Request, "plan">, rows: readonly StepEnd[]): string[] {
  const row = rows.find(({ step }) => step === "missing-apis");
  const names = plan.missingApis?.flatMap(({ name, createdBy }) => (createdBy === "usher" ? name : [])) ?? [];
  if (!row || names.length === 0) return [];
  return [
    `Enterprise applications for ${names.join(", ")} may have been made; they stay, since others may use them.`,
  ];
}
