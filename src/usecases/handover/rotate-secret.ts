import type { Surface } from "../../domain/audit.ts";
import type { RequestId } from "../../domain/ids.ts";
import type { Caller } from "../../domain/person.ts";
import type { Registration } from "../../domain/registration.ts";
import type { Actor } from "../../domain/request.ts";
import { judgeRotation } from "../../domain/rotation.ts";
import { currentTerms } from "../approval/who-decides.ts";
import { findRevocable, type RevokeRefusal } from "../lifecycle/revoke-registration.ts";
import type { Posted } from "../ports/chat.ts";
import type { Tables } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import { newPost } from "../telling/new-post.ts";
import type { RotationView } from "../telling/registration-views.ts";
import { rotationView } from "../telling/rotation-view.ts";
import { receiverOf } from "./carry-out-new-key.ts";
import { keysNow } from "./overlap.ts";

export type RotateRefusal =
  | RevokeRefusal
  | { refused: "nothing-to-rotate"; registration: Registration }
  | { refused: "secret-unopened"; id: RequestId }
  | { refused: "new-secret-unopened"; id: RequestId }
  | { refused: "no-rotation"; id: RequestId }
  | { refused: "not-its-owner"; id: RequestId }
  | { refused: "rotation-changed"; id: RequestId };

/** `named`: its request id, client id or name. `keyId`: which key the card showed; a command names none. */
export type RotateAsked = { caller: Caller; named: string; keyId?: string; surface: Surface };

/** What a rotation would do, before anybody has confirmed it. */
export type RotationOffer = {
  registration: Registration;
  /** The key that works; left out while none does. */
  keyId?: string;
  /** Who gets the link. */
  to: Actor;
  overlapDays: number;
};

/** Asks once before anything is made, or says how the rotation stands that is under way. */
export async function offerRotation(
  world: World,
  caller: Caller,
  named: string,
): Promise<{ offer: RotationOffer } | { rotation: RotationView } | RotateRefusal> {
  const found = await findRevocable(world, caller, named);
  if ("refused" in found) return found;
  const { registration } = found;
  const { tables } = world.store;
  const stands = await keysNow(tables, registration.id);
  const refusal = await refusalOf(tables, registration, judgeRotation(registration, stands, undefined));
  if (refusal) return refusal;
  const request = await tables.requests.get(registration.id);
  if (!request) return { refused: "unknown-registration" };
  const { overlapDays } = world.catalog.policy.ranks[currentTerms(world, request).rank];
  const to = receiverOf(registration, caller);
  return { offer: { registration, to, overlapDays, ...(stands.current && { keyId: stands.current }) } };
}

/**
 * The confirmed rotation: a job makes a key beside the one that works, and sends its link to an owner, whoever asked.
 * Two at once, also of two owners, lead to one. `question` is the message that asked for the confirmation: from then on
 * it says how the rotation stands.
 */
export async function rotateSecret(
  world: World,
  { caller, named, keyId, surface }: RotateAsked,
  question?: Posted,
): Promise<{ rotation: RotationView } | RotateRefusal> {
  const found = await findRevocable(world, caller, named);
  if ("refused" in found) return found;
  const { id } = found.registration;
  return world.store.inTransaction(async (tables) => {
    const held = await tables.registrations.hold(id);
    if (!held) return { refused: "unknown-registration" };
    const stands = await keysNow(tables, id);
    const refusal = await refusalOf(tables, held, judgeRotation(held, stands, keyId));
    if (refusal) return refusal;
    const at = world.clock.now();
    const by = { userId: caller.userId, name: caller.name };
    await tables.newKeys.insert({ id, why: "rotate", by, at, attempts: 0 });
    await tables.audit.append({
      at,
      who: caller.userId,
      what: "secret.rotate",
      surface,
      subject: id,
      outcome: "begun",
      ...(stands.current && { detail: { keyId: stands.current } }),
    });
    if (question) {
      const { conversationId, activityId } = question;
      const place = { kind: "conversation", conversationId, copy: activityId } as const;
      await tables.posts.add({ ...newPost(id, "rotation", at), state: "posted", place, posted: question });
    }
    await tables.jobs.wake("new-key", id);
    await tables.jobs.wake("deliver", id);
    return { rotation: await rotationView(tables, held) };
  });
}

async function refusalOf(
  tables: Tables,
  registration: Registration,
  verdict: ReturnType<typeof judgeRotation>,
): Promise<{ rotation: RotationView } | RotateRefusal | undefined> {
  const { id } = registration;
  switch (verdict) {
    case "begin":
      return undefined;
    case "under-way":
    case "overlap":
      return { rotation: await rotationView(tables, registration) };
    case "unopened":
      return { refused: "secret-unopened", id };
    case "not-active":
      return { refused: "already-revoked", registration };
    case "no-secret":
      return { refused: "nothing-to-rotate", registration };
    case "key-changed":
      return { refused: "rotation-changed", id };
    default:
      return verdict satisfies never;
  }
}
