import { parseRequestId } from "../domain/ids.ts";
import type { Caller } from "../domain/person.ts";
import type { Request } from "../domain/request.ts";
import { showRequests } from "../usecases/intake/show-requests.ts";
import { findRevocable, revokeRegistration } from "../usecases/lifecycle/revoke-registration.ts";
import type { World } from "../usecases/ports/world.ts";
import { approvalActions } from "./approval-actions.ts";
import { auditActions } from "./audit-actions.ts";
import { confirmRevokeCard, revokedCard } from "./cards.ts";
import { consentActions } from "./consent-actions.ts";
import { driftActions } from "./drift-actions.ts";
import { failedActions } from "./failed-actions.ts";
import { heldActions } from "./held-actions.ts";
import { intakeActions } from "./intake-actions.ts";
import { keyActions } from "./key-actions.ts";
import { leaverActions } from "./leaver-actions.ts";
import { listActions } from "./list-actions.ts";
import { ownRequestActions } from "./own-request-actions.ts";
import { ownershipActions } from "./ownership-actions.ts";
import { type Action, text } from "./press.ts";
import { reminderActions } from "./reminder-actions.ts";
import { type Reply, refused, type Turn } from "./reply.ts";
import { restoreActions } from "./restore-actions.ts";
import { rotationActions } from "./rotation-actions.ts";
import { askToStopStray, strayActions } from "./stray-actions.ts";
import { notMadeWords } from "./words.ts";

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
  ...reminderActions,
  ...restoreActions,
  ...strayActions,
  ...heldActions,
  ...rotationActions,
  ...ownershipActions,
  ...leaverActions,
  ...listActions,

  async "registration/revoke"(turn, data) {
    return askToRevoke(turn, text(data.registration) ?? "");
  },

  async "registration/confirm-revoke"({ world, caller, pressed }, data) {
    const id = parseRequestId(text(data.registration));
    // A card that says by itself how the registration stands is not made to say it twice.
    const standing = pressed && (await world.store.tables.posts.standingAt(pressed));
    const question = standing ? undefined : pressed;
    const outcome = id
      ? await revokeRegistration(world, caller, id, "card", question)
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
};

/** Asks once before anything is stopped. */
export async function askToRevoke(turn: Turn, named: string): Promise<Reply> {
  const { world, caller } = turn;
  const found = await findRevocable(world, caller, named);
  if (!("refused" in found)) return { card: confirmRevokeCard(found.registration), isQuestion: true };
  const unmade = found.refused === "unknown-registration" && (await unmadeRequest(world, caller, named));
  if (unmade) return { sentence: notMadeWords(unmade) };
  return found.refused === "unknown-registration" ? askToStopStray(turn, named) : refused(found);
}

/** Whoever names a request that was approved and not made means that, if they may see it. */
async function unmadeRequest(world: World, caller: Caller, named: string): Promise<Request | undefined> {
  const id = parseRequestId(named);
  const shown = id && (await showRequests(world, caller, id));
  const [request] = shown && !("refused" in shown) ? shown.requests : [];
  return request && "decidedBy" in request && request.state !== "denied" ? request : undefined;
}
