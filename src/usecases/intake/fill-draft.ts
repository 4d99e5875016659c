import type { RawAnswers } from "../../domain/answers.ts";
import type { Blueprint } from "../../domain/blueprint.ts";
import { holdsPrivateKey } from "../../domain/certificate.ts";
import { withinRules } from "../../domain/credential-rules.ts";
import { pagesOf } from "../../domain/form.ts";
import type { DraftId } from "../../domain/ids.ts";
import type { Caller } from "../../domain/person.ts";
import type { Draft, World } from "../ports.ts";
import type { FormView } from "../telling/messages.ts";
import { blueprintOf, type DraftRefusal, openDraft } from "./draft.ts";
import { formOf } from "./form-page.ts";
import { errorsIn, type Filled, review } from "./review-draft.ts";
import { withSmaller } from "./smaller.ts";
import { credentialRules } from "./tenant-facts.ts";

/** Opens a page; what was typed on another one is kept, right or wrong. */
export async function openPage(
  world: World,
  caller: Caller,
  id: DraftId,
  page: number,
  typed?: { from: number; raw: RawAnswers; reason: unknown },
): Promise<{ form: FormView } | DraftRefusal> {
  const open = await openFilled(world, caller, id);
  if ("refused" in open) return open;
  const { draft, blueprint } = open;
  if (!typed) return { form: await formOf(world, draft, blueprint, page) };
  const kept = await keepTyped(world, draft, blueprint, typed.from, typed.raw, typed.reason);
  return { form: await formOf(world, kept, blueprint, page) };
}

/**
 * Checks a filled page and remembers it. Answers the next page, the same page with what must be mended, or, after
 * the last, the plan that it all leads to.
 */
export async function fillPage(
  world: World,
  caller: Caller,
  id: DraftId,
  page: number,
  raw: RawAnswers,
  rawReason: unknown,
): Promise<Filled | DraftRefusal> {
  const open = await openFilled(world, caller, id);
  if ("refused" in open) return open;
  const draft = await keepTyped(world, open.draft, open.blueprint, page, raw, rawReason);
  const { blueprint } = withinRules(open.blueprint, await credentialRules(world));
  const pages = pagesOf(blueprint, draft.answers ?? {});
  const keys = new Set((pages[page] ?? pages[0])?.questions.map(({ key }) => key));
  const errors = errorsIn(blueprint, draft, page === 0);
  const own = Object.fromEntries(Object.entries(errors).filter(([key]) => key === "reason" || keys.has(key)));
  if (Object.keys(own).length > 0)
    return { form: await formOf(world, draft, open.blueprint, page, { errors: own, sentences: [] }) };
  return page + 1 < pages.length
    ? { form: await formOf(world, draft, open.blueprint, page + 1) }
    : review(world, draft, open.blueprint);
}

/** Takes the smaller permissions that the review offered, and reviews anew. */
export async function takeSmaller(
  world: World,
  caller: Caller,
  id: DraftId,
  offers: readonly string[],
): Promise<Filled | DraftRefusal> {
  const open = await openFilled(world, caller, id);
  if ("refused" in open) return open;
  const answers = withSmaller(world.catalog, open.blueprint, open.draft.answers ?? {}, offers);
  const draft: Draft = { ...open.draft, answers };
  await world.store.tables.drafts.update(draft);
  return review(world, draft, open.blueprint);
}

async function openFilled(
  world: World,
  caller: Caller,
  id: DraftId,
): Promise<{ draft: Draft; blueprint: Blueprint } | DraftRefusal> {
  const draft = await openDraft(world, caller, id);
  if ("refused" in draft) return draft;
  const blueprint = blueprintOf(world, draft.blueprintId);
  return blueprint ? { draft, blueprint } : { refused: "unknown-blueprint" };
}

/** Some clients leave out what is empty, so a question of the page that was not sent counts as left empty. */
async function keepTyped(
  world: World,
  draft: Draft,
  original: Blueprint,
  page: number,
  raw: RawAnswers,
  rawReason: unknown,
): Promise<Draft> {
  const { blueprint } = withinRules(original, await credentialRules(world));
  const before = draft.answers ?? {};
  const questions = pagesOf(blueprint, before)[page]?.questions ?? [];
  const typed = questions.map(({ key }) => [key, Object.hasOwn(raw, key) ? raw[key] : ""] as const);
  // What was reviewed no longer stands for what is typed now: it must be reviewed again before it is submitted.
  const { plan: _plan, ...rest } = draft;
  const kept: Draft = {
    ...rest,
    answers: { ...before, ...Object.fromEntries(typed) },
    ...(typeof rawReason === "string" && { reason: rawReason }),
  };
  await world.store.tables.drafts.update(withoutPrivateKeys(kept));
  return kept;
}

/** A private key that somebody pasted is complained about and never written down. */
function withoutPrivateKeys(draft: Draft): Draft {
  const { answers = {}, reason, ...rest } = draft;
  const harmless = Object.entries(answers).map(([key, value]) => [
    key,
    typeof value === "string" && holdsPrivateKey(value) ? "" : value,
  ]);
  return {
    ...rest,
    answers: Object.fromEntries(harmless),
    ...(reason !== undefined && { reason: holdsPrivateKey(reason) ? "" : reason }),
  };
}
