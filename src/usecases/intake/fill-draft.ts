import type { RawAnswers } from "../../domain/answers.ts";
import { holdsPrivateKey, readCertificate } from "../../domain/certificate.ts";
import { pagesOf } from "../../domain/form.ts";
import type { DraftId } from "../../domain/ids.ts";
import type { Caller } from "../../domain/person.ts";
import type { World } from "../ports/world.ts";
import type { FormView } from "../telling/request-views.ts";
import { type DraftRefusal, type OpenForm, openDraft, openForm, saveForm } from "./draft.ts";
import { formOf } from "./form-page.ts";
import { errorsIn, type Filled, review, wrongNames } from "./review-draft.ts";
import { withSmaller } from "./smaller.ts";

/** Opens a page; what was typed on another one is kept, right or wrong. */
export async function openPage(
  world: World,
  caller: Caller,
  id: DraftId,
  page: number,
  typed?: { from: number; raw: RawAnswers; reason: unknown },
): Promise<{ form: FormView } | DraftRefusal> {
  const open = await openForm(world, caller, id);
  if ("refused" in open) return open;
  const form = typed ? await keepTyped(world, open, typed.from, typed.raw, typed.reason) : open;
  return "refused" in form ? form : { form: formOf(form, page) };
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
  const open = await openForm(world, caller, id);
  if ("refused" in open) return open;
  const form = await keepTyped(world, open, page, raw, rawReason);
  if ("refused" in form) return form;
  const pages = pagesOf(form.blueprint, form.draft.answers ?? {});
  const keys = new Set((pages[page] ?? pages[0])?.questions.map(({ key }) => key));
  const own = Object.entries(errorsIn(form, page === 0)).filter(([key]) => key === "reason" || keys.has(key));
  if (own.length > 0) return { form: formOf(form, page, { errors: Object.fromEntries(own), sentences: [] }) };
  if (page + 1 >= pages.length) return review(world, form);
  const wrong = await wrongNames(world, form, pages[page]?.questions ?? []);
  return Object.keys(wrong).length > 0
    ? { form: formOf(form, page, { errors: wrong, sentences: [] }) }
    : { form: formOf(form, page + 1) };
}

/** Takes the smaller permissions that the review offered, and reviews anew. With none it only reviews anew. */
export async function takeSmaller(
  world: World,
  caller: Caller,
  id: DraftId,
  offers: readonly string[],
): Promise<Filled | DraftRefusal> {
  const open = await openForm(world, caller, id);
  if ("refused" in open) return open;
  const answers = withSmaller(world.catalog, open.blueprint, open.draft.answers ?? {}, offers);
  const form = await saveForm(world, open, { answers });
  return "refused" in form ? form : review(world, form);
}

/** Given up: what was reviewed cannot be submitted any more, also not from another copy of the card. */
export async function giveUpDraft(
  world: World,
  caller: Caller,
  id: DraftId,
): Promise<{ givenUp: true } | DraftRefusal> {
  const draft = await openDraft(world, caller, id);
  if ("refused" in draft) return draft;
  const { plan: _plan, ...rest } = draft;
  const isGivenUp = await world.store.inTransaction(async ({ drafts, passes }) => {
    await passes.useAllFor(id, world.clock.now());
    return drafts.update(rest);
  });
  return isGivenUp ? { givenUp: true } : { refused: "draft-changed" };
}

/**
 * Keeps what was typed on a page. Some clients leave out what is empty, so a question of the page that was not sent
 * counts as left empty. What is kept in the row has no private key in it; what is checked and complained about has.
 */
export async function keepTyped(
  world: World,
  form: OpenForm,
  page: number,
  raw: RawAnswers,
  rawReason: unknown,
): Promise<OpenForm | { refused: "draft-changed" }> {
  const before = form.draft.answers ?? {};
  const questions = pagesOf(form.blueprint, before)[page]?.questions ?? [];
  const typed = questions.map(({ key, type }) => {
    const sent = Object.hasOwn(raw, key) ? raw[key] : "";
    const isKept = isCutEcho(sent, before[key]) || (type === "certificate" && isUnshown(sent, before[key]));
    return [key, isKept ? before[key] : sent] as const;
  });
  const answers = { ...before, ...Object.fromEntries(typed) };
  const reason =
    typeof rawReason === "string" && !isCutEcho(rawReason, form.draft.reason) ? rawReason : form.draft.reason;
  const harmless = Object.entries(answers).map(([key, value]) => [key, withoutPrivateKey(value)]);
  const saved = await saveForm(world, form, {
    answers: Object.fromEntries(harmless),
    ...(reason !== undefined && { reason: withoutPrivateKey(reason) }),
  });
  if ("refused" in saved) return saved;
  return { ...saved, draft: { ...saved.draft, answers, ...(reason !== undefined && { reason }) } };
}

/** A card that would be too large shows long texts cut; sent back so, they are what they were. */
function isCutEcho(sent: unknown, before: unknown): boolean {
  if (typeof sent !== "string" || typeof before !== "string" || !sent.endsWith("…")) return false;
  return before.length > sent.length && before.startsWith(sent.slice(0, -1));
}

/** A certificate that came by its own page stays, also where the card was sent that did not show it yet. */
function isUnshown(sent: unknown, before: unknown): boolean {
  const isEmpty = typeof sent !== "string" || sent.trim() === "";
  return isEmpty && typeof before === "string" && !("error" in readCertificate(before));
}

const withoutPrivateKey = <T>(value: T): T | "" =>
  typeof value === "string" && holdsPrivateKey(value) ? "" : value;
