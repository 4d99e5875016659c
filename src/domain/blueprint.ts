import type { Permission, PermissionKind } from "./permission.ts";
import type { Audience, HandoverValue, Plan, Platform } from "./plan.ts";

/** One answer as the engine sees it, after reading the form. */
export type Answer = string | number | boolean | string[];
export type Answers = Readonly<Record<string, Answer>>;

/** The only conditional: every key must match; a list means any of them; a many-question matches by membership. */
export type When = Readonly<Record<string, Match>>;
type Match = string | number | boolean | readonly (string | number | boolean)[] | { not: When[string] };

type QuestionBase = { key: string; label: string; help?: string; required?: boolean; when?: When };
export type Question = QuestionBase &
  (
    | { type: "text"; default?: string; max?: number; pattern?: string }
    | { type: "url"; default?: string }
    /** Redirect URIs, one a line. */
    | { type: "urls"; default?: string[]; max?: number }
    | { type: "number"; default?: number; min?: number; max?: number }
    | { type: "flag"; default?: boolean }
    | { type: "one"; default?: string; options: Record<string, string> }
    | { type: "many"; default?: string[]; always?: string[]; options: Record<string, string> }
  );

type Conditional = { when?: When };

/** A system that people ask for: what its vendor's page tells a person to click, as data. */
export type Blueprint = {
  id: string;
  title: string;
  ask: Question[];
  app: {
    name: string;
    audience: Audience | (Conditional & { use: Audience })[];
    redirects: (Conditional & { platform: Platform; uri: string })[];
    idTokens: boolean | When;
    accessTokens: boolean | When;
  };
  grant: (Conditional & { api: string; delegated?: string[]; application?: string[] })[];
  consent: Plan["consent"];
  credentials: { kind: "secret"; label: string; months: number | string }[];
  handover: (Conditional & { label: string; value: string; where?: string })[];
  next: (Conditional & { text: string })[];
  refuse: (Conditional & { say: string })[];
};

/** The APIs that a blueprint may name, by its alias: client id and the name that people know. */
export type ApiCatalog = Readonly<Record<string, { clientId: string; name: string }>>;

function matches(answer: Answer | undefined, expected: Match): boolean {
  if (typeof expected === "object" && !Array.isArray(expected)) {
    return !matches(answer, (expected as { not: Match }).not);
  }
  const anyOf: readonly (string | number | boolean)[] = Array.isArray(expected) ? expected : [expected];
  return Array.isArray(answer)
    ? answer.some((one) => anyOf.includes(one))
    : answer !== undefined && anyOf.includes(answer);
}

/** A key may be called as something that every object has. */
const answerTo = (key: string, answers: Answers) => (Object.hasOwn(answers, key) ? answers[key] : undefined);

/** Whether a condition holds for the answers; none always holds. */
export function holds(when: When | undefined, answers: Answers): boolean {
  return Object.entries(when ?? {}).every(([key, expected]) => matches(answerTo(key, answers), expected));
}

/** The questions that these answers leave visible, in the blueprint's order. */
export function visibleQuestions(blueprint: Blueprint, answers: Answers): Question[] {
  return blueprint.ask.filter((question) => holds(question.when, answers));
}

/** Replaces `{{key}}` by its answer. Answers are never read again for more `{{…}}`. */
function fill(template: string, answers: Answers): string {
  return template.replaceAll(/\{\{(\w+)\}\}/g, (_, key: string) => String(answerTo(key, answers) ?? ""));
}

const wholeAnswer = /^\{\{(\w+)\}\}$/;

function redirectsOf(blueprint: Blueprint, answers: Answers): Plan["redirects"] {
  const redirects = blueprint.app.redirects
    .filter(({ when }) => holds(when, answers))
    .flatMap(({ platform, uri }) => {
      const answer = answerTo(wholeAnswer.exec(uri)?.[1] ?? "", answers);
      // A list of addresses that was left empty asks for none.
      const uris = Array.isArray(answer) ? answer : [fill(uri, answers)].filter((each) => each !== "");
      return uris.map((each) => ({ platform, uri: each }));
    });
  return redirects.filter(
    ({ platform, uri }, at) =>
      redirects.findIndex((other) => other.platform === platform && other.uri === uri) === at,
  );
}

function permissionsOf(blueprint: Blueprint, answers: Answers, apis: ApiCatalog): Permission[] {
  const permissions = blueprint.grant
    .filter(({ when }) => holds(when, answers))
    .flatMap(({ api, delegated = [], application = [] }) => {
      const known = Object.hasOwn(apis, api) ? apis[api] : undefined;
      if (!known)
        throw new Error(
          `blueprint ${blueprint.id} names the API "${api}", which the catalogue does not know`,
        );
      const named = (names: string[], kind: PermissionKind) =>
        names.map((name) => ({ api: known.clientId, apiName: known.name, name, kind }));
      return [...named(delegated, "delegated"), ...named(application, "application")];
    });
  const seen = new Set<string>();
  return permissions.filter(({ api, kind, name }) => {
    const key = `${api} ${kind} ${name}`;
    return !seen.has(key) && seen.add(key);
  });
}

/** Graph takes 120 characters for a name, 90 where personal accounts may sign in. */
function longestName(audience: Audience): number {
  return audience === "AzureADandPersonalMicrosoftAccount" ? 90 : 120;
}

const longestSecretMonths = 24;

/** Secrets last 1 to 24 months, whatever a blueprint says; what is no number counts as the shortest. */
function secretMonths(asked: string): number {
  return Math.min(Math.max(Math.trunc(Number(asked)) || 1, 1), longestSecretMonths);
}

export type PlanRefusal = { refused: "combination"; sentence: string };

/**
 * The plan that checked answers lead to, or the blueprint's own sentence when it turns the combination away.
 * Needs answers that `readAnswers` accepted. Pure: the same answers always give the same plan.
 */
export function resolvePlan(blueprint: Blueprint, answers: Answers, apis: ApiCatalog): Plan | PlanRefusal {
  const { app } = blueprint;
  const audience =
    typeof app.audience === "string"
      ? app.audience
      : app.audience.find(({ when }) => holds(when, answers))?.use;
  if (!audience) throw new Error(`blueprint ${blueprint.id} decides no audience for these answers`);
  const known: Answers = { ...answers, appAudience: audience };

  const refusal = blueprint.refuse.find(({ when }) => holds(when, known));
  if (refusal) return { refused: "combination", sentence: refusal.say };

  const displayName = fill(app.name, known).trim();
  if (displayName === "")
    return { refused: "combination", sentence: "The app would have no name: give it one." };
  if (displayName.length > longestName(audience)) {
    const sentence = `The name "${displayName.slice(0, 40)}…" is longer than the ${longestName(audience)} characters that Entra takes.`;
    return { refused: "combination", sentence };
  }
  const credential = blueprint.credentials[0];
  if (!credential) throw new Error(`blueprint ${blueprint.id} names no credential`);
  const flag = (value: boolean | When) => (typeof value === "boolean" ? value : holds(value, known));

  return {
    blueprint: { id: blueprint.id, title: blueprint.title },
    displayName,
    audience,
    redirects: redirectsOf(blueprint, known),
    idTokens: flag(app.idTokens),
    accessTokens: flag(app.accessTokens),
    permissions: permissionsOf(blueprint, known, apis),
    consent: blueprint.consent,
    credential: {
      kind: "secret",
      label: fill(credential.label, known).trim(),
      months: secretMonths(fill(String(credential.months), known)),
    },
    handover: blueprint.handover
      .filter(({ when }) => holds(when, known))
      .map(({ label, value, where }) => ({
        label,
        value: fill(value, known) as HandoverValue,
        ...(where && { where }),
      })),
    next: blueprint.next.filter(({ when }) => holds(when, known)).map(({ text }) => fill(text, known)),
  };
}
