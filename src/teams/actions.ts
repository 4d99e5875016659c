import { parseRequestId } from "../domain/ids.ts";
import { listRegistrations } from "../usecases/lifecycle/list-registrations.ts";
import { findRevocable, revokeRegistration } from "../usecases/lifecycle/revoke-registration.ts";
import { approvalActions } from "./approval-actions.ts";
import { auditActions } from "./audit-actions.ts";
import { confirmRevokeCard, registrationsCard, revokedCard } from "./cards.ts";
import { consentActions } from "./consent-actions.ts";
import { driftActions } from "./drift-actions.ts";
import { failedActions } from "./failed-actions.ts";
import { intakeActions } from "./intake-actions.ts";
import { keyActions } from "./key-actions.ts";
import { ownRequestActions } from "./own-request-actions.ts";
import { type Action, text } from "./press.ts";
import { type Reply, refused, type Turn } from "./reply.ts";

/** Every verb that a card of Usher's carries. */
export const actions: Readonly<Record<string, Action>> = {
  ...intakeActions,
  ...approvalActions,
  ...failedActions,
  ...auditActions,
  ...consentActions,
  ...ownRequestActions,
  ...keyActions,
  ...driftActions,

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
