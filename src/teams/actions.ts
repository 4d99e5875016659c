import { readReason } from "../domain/answers.ts";
import { parseRequestId } from "../domain/ids.ts";
import { decideRequest } from "../usecases/approval/decide-request.ts";
import { withdrawRequest } from "../usecases/intake/withdraw-request.ts";
import { listRegistrations } from "../usecases/lifecycle/list-registrations.ts";
import { findRevocable, revokeRegistration } from "../usecases/lifecycle/revoke-registration.ts";
import { requestView } from "../usecases/telling/request-view.ts";
import { approvalCard, confirmRevokeCard, registrationsCard, requestCard, revokedCard } from "./cards.ts";
import { intakeActions } from "./intake-actions.ts";
import { type Action, type PressData, text } from "./press.ts";
import { type Reply, refused, type Turn } from "./reply.ts";

const requestIn = (data: PressData) => parseRequestId(text(data.request));

/** Every verb that a card of Usher's carries. */
export const actions: Readonly<Record<string, Action>> = {
  ...intakeActions,

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
