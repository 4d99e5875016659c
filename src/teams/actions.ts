import { type RawAnswers, readReason } from "../domain/answers.ts";
import type { Blueprint } from "../domain/blueprint.ts";
import { parseDraftId, parseRequestId } from "../domain/ids.ts";
import { decideRequest } from "../usecases/approval/decide-request.ts";
import { blueprintOf, chooseBlueprint, openDraft, reviewDraft } from "../usecases/intake/fill-draft.ts";
import { submitRequest } from "../usecases/intake/submit-request.ts";
import { withdrawRequest } from "../usecases/intake/withdraw-request.ts";
import { listRegistrations } from "../usecases/lifecycle/list-registrations.ts";
import { findRevocable, revokeRegistration } from "../usecases/lifecycle/revoke-registration.ts";
import type { Draft } from "../usecases/ports.ts";
import { requestView } from "../usecases/telling/request-view.ts";
import { fieldPrefix } from "./cards/form-fields.ts";
import {
  approvalCard,
  chooserCard,
  confirmRevokeCard,
  draftDoneCard,
  formCard,
  registrationsCard,
  requestCard,
  reviewCard,
  revokedCard,
} from "./cards.ts";
import { type Reply, refused, type Turn } from "./reply.ts";

/** What a press brings along: names of things and what was typed. Nothing of it is trusted. */
export type PressData = Readonly<Record<string, unknown>>;
type Action = (turn: Turn, data: PressData) => Promise<Reply>;

const text = (value: unknown) => (typeof value === "string" ? value : undefined);
const draftIn = (data: PressData) => parseDraftId(text(data.draft));
const requestIn = (data: PressData) => parseRequestId(text(data.request));

function answersIn(data: PressData): RawAnswers {
  const answers = Object.entries(data).flatMap(([key, value]) =>
    key.startsWith(fieldPrefix) ? [[key.slice(fieldPrefix.length), value] as const] : [],
  );
  return Object.fromEntries(answers);
}

/** The form of a draft, with what was answered before. */
export function draftForm(draft: Draft, blueprint: Blueprint): Reply {
  const values = Object.fromEntries(
    Object.entries(draft.answers ?? {}).map(([key, answer]) => [key, asTyped(answer, blueprint, key)]),
  );
  const reason = draft.reason === undefined ? {} : { reason: draft.reason };
  return { card: formCard({ draftId: draft.id, blueprint, values, errors: {}, ...reason }) };
}

/** An answer as a client would send it: several choices with commas, several addresses one a line. */
function asTyped(answer: NonNullable<Draft["answers"]>[string], blueprint: Blueprint, key: string): string {
  if (!Array.isArray(answer)) return String(answer);
  const isUrls = blueprint.ask.some((question) => question.key === key && question.type === "urls");
  return answer.join(isUrls ? "\n" : ",");
}

/** Every verb that a card of Usher's carries. */
export const actions: Readonly<Record<string, Action>> = {
  async "intake/choose"({ world, caller }, data) {
    const id = draftIn(data);
    if (!id) return refused({ refused: "draft-gone" });
    const chosen = await chooseBlueprint(world, caller, id, text(data.blueprint) ?? "");
    if (!("refused" in chosen)) return draftForm(chosen.draft, chosen.blueprint);
    if (chosen.refused !== "unknown-blueprint") return refused(chosen);
    const { blueprints } = world.catalog;
    return {
      card: chooserCard({ draftId: id, blueprints, error: "Please choose the system that it is for." }),
    };
  },

  async "intake/review"({ world, caller }, data) {
    const id = draftIn(data);
    if (!id) return refused({ refused: "draft-gone" });
    const raw = answersIn(data);
    const filled = await reviewDraft(world, caller, id, raw, data.reason);
    if ("refused" in filled) return refused(filled);
    if ("reviewed" in filled) return { card: reviewCard(filled.reviewed) };
    const { errors, blueprint, sentence } = filled;
    const reason = text(data.reason);
    return {
      card: formCard({
        draftId: id,
        blueprint,
        values: raw,
        errors,
        ...(reason !== undefined && { reason }),
        ...(sentence !== undefined && { sentence }),
      }),
    };
  },

  async "intake/back"({ world, caller }, data) {
    const id = draftIn(data);
    const draft = id ? await openDraft(world, caller, id) : ({ refused: "draft-gone" } as const);
    if ("refused" in draft) return refused(draft);
    const blueprint = blueprintOf(world, draft.blueprintId ?? "");
    return blueprint ? draftForm(draft, blueprint) : refused({ refused: "unknown-blueprint" });
  },

  async "intake/submit"({ world, caller, pressed }, data) {
    const id = draftIn(data);
    if (!id) return refused({ refused: "draft-gone" });
    const outcome = await submitRequest(world, caller, id, pressed);
    if ("refused" in outcome) return refused(outcome);
    return { card: requestCard(await requestView(world, outcome.submitted)) };
  },

  async "intake/cancel"({ world, caller }, data) {
    const id = draftIn(data);
    const draft = id ? await openDraft(world, caller, id) : ({ refused: "draft-gone" } as const);
    return "refused" in draft ? refused(draft) : { card: draftDoneCard() };
  },

  async "request/withdraw"({ world, caller }, data) {
    const id = requestIn(data);
    const outcome = id
      ? await withdrawRequest(world, caller, id, "card")
      : ({ refused: "unknown-request" } as const);
    return "refused" in outcome
      ? refused(outcome)
      : { card: requestCard(await requestView(world, outcome.withdrawn)) };
  },

  "approval/approve": (turn, data) => decide(turn, data, { verdict: "approve" }),

  async "approval/deny"(turn, data) {
    const reason = denialReason(data.denial);
    if ("error" in reason) return { sentence: reason.error };
    return decide(turn, data, { verdict: "deny", reason: reason.reason });
  },

  async "registration/revoke"(turn, data) {
    return askToRevoke(turn, text(data.registration) ?? "");
  },

  async "registration/confirm-revoke"({ world, caller, pressed }, data) {
    const id = parseRequestId(text(data.registration));
    const outcome = id
      ? await revokeRegistration(world, caller, id, "card", pressed)
      : ({ refused: "unknown-registration" } as const);
    if (!("refused" in outcome)) return { card: revokedCard(outcome.revoking) };
    // Pressed a second time: what came of the first press is the answer.
    return outcome.refused === "already-revoked"
      ? { card: revokedCard(outcome.registration) }
      : refused(outcome);
  },

  async "registration/keep"({ world, caller }, data) {
    const found = await findRevocable(world, caller, text(data.registration) ?? "");
    return "refused" in found ? refused(found) : { card: revokedCard(found.registration) };
  },

  async "list/page"(turn, data) {
    return listPage(turn, data.scope === "all" ? "all" : "own", text(data.after));
  },
};

/** A denial tells the requester why. */
export function denialReason(typed: unknown): { reason: string } | { error: string } {
  const read = readReason(typed);
  if ("reason" in read) return read;
  const isEmpty = typeof typed !== "string" || typed.trim() === "";
  return {
    error: isEmpty
      ? "Nothing was decided: say why, because the requester reads it. Then press Deny again."
      : `Nothing was decided. ${read.error}`,
  };
}

async function decide(
  { world, caller }: Turn,
  data: PressData,
  verdict: Parameters<typeof decideRequest>[1]["verdict"],
): Promise<Reply> {
  const requestId = requestIn(data);
  const revision = Number(data.revision);
  if (!requestId || !Number.isInteger(revision)) return refused({ refused: "unknown-request" });
  const outcome = await decideRequest(world, { caller, requestId, revision, verdict, surface: "card" });
  return "refused" in outcome
    ? refused(outcome)
    : { card: approvalCard(await requestView(world, outcome.decided)) };
}

/** Asks once before anything is stopped. */
export async function askToRevoke({ world, caller }: Turn, named: string): Promise<Reply> {
  const found = await findRevocable(world, caller, named);
  return "refused" in found ? refused(found) : { card: confirmRevokeCard(found.registration) };
}

/** A page of registrations: one's own, or all of them for approvers and admins. */
export async function listPage(
  { world, caller }: Turn,
  scope: "own" | "all",
  after?: string,
): Promise<Reply> {
  const page = await listRegistrations(world, caller, scope, after);
  if ("refused" in page) return refused(page);
  return { card: registrationsCard({ ...page, scope, now: world.clock.now(), viewer: caller.userId }) };
}
