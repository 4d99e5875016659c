import type { Surface } from "../../domain/audit.ts";
import type { RequestId } from "../../domain/ids.ts";
import type { Caller } from "../../domain/person.ts";
import type { Registration } from "../../domain/registration.ts";
import type { Posted } from "../ports/chat.ts";
import type { World } from "../ports/world.ts";
import { Overtaken, unlessOvertaken } from "../provisioning/overtaken.ts";
import { newPost } from "../telling/new-post.ts";
import { endOffer } from "./offer-ownership.ts";
import { type NamedRefusal, registrationsSeen } from "./registrations-named.ts";

export type RevokeRefusal = NamedRefusal | { refused: "already-revoked"; registration: Registration };

/**
 * The registration that somebody means by its request id, client id or name, if they may revoke it: its owner, an
 * approver or an admin. To anybody else it does not exist.
 */
export async function findRevocable(
  world: World,
  caller: Caller,
  text: string,
): Promise<{ registration: Registration } | RevokeRefusal> {
  const mine = await registrationsSeen(world, caller, text);
  if ("refused" in mine) return mine;
  // A name may have been used again after a revocation: the one that still runs, or is about to, is meant.
  const active = mine.filter(({ state }) => isStoppable(state));
  const [registration, other] = active.length > 0 ? active : mine;
  if (!registration) return { refused: "unknown-registration" };
  if (!isStoppable(registration.state)) return { refused: "already-revoked", registration };
  if (other) return { refused: "ambiguous-registration", names: active.map(({ id }) => id) };
  return { registration };
}

/** What is being brought back is stopped as well. */
const isStoppable = (state: Registration["state"]) => state === "active" || state === "restoring";

/**
 * The confirmed revocation: saved first, carried out by a job until nothing is left. `question` is the message that
 * asked: it says how it ended.
 */
export async function revokeRegistration(
  world: World,
  caller: Caller,
  id: RequestId,
  surface: Surface,
  question?: Posted,
): Promise<{ revoking: Registration } | RevokeRefusal> {
  const found = await findRevocable(world, caller, id);
  if ("refused" in found) return found;
  const { registration } = found;
  const revokedBy = { userId: caller.userId, name: caller.name };
  const revoking: Registration = { ...registration, state: "revoking", revokedBy };
  const won = await unlessOvertaken(() =>
    world.store.inTransaction(async (tables) => {
      // Whoever works on it (a repair, a new key) has lost: what is stopped waits for nobody.
      await tables.steps.takeOver(id);
      if (!(await tables.registrations.change(registration, revoking))) throw new Overtaken();
      // From this moment the link opens nothing and none is made, whatever still has to be done in Entra.
      await tables.newKeys.remove(id);
      await tables.links.cancel({ requestId: id });
      const offer = await tables.ownership.open(id);
      const end = { state: "withdrawn", by: revokedBy, surface } as const;
      if (offer) await endOffer(tables, offer, end, world.clock.now());
      await tables.audit.append({
        at: world.clock.now(),
        who: caller.userId,
        what: "registration.revoke",
        surface,
        subject: id,
        outcome: "revoking",
      });
      if (question) {
        const { conversationId, activityId } = question;
        // It may be revoked once more after it was brought back, and asked for in the same place.
        const place = { kind: "conversation", conversationId, copy: activityId } as const;
        const post = newPost(id, "revocation", world.clock.now());
        await tables.posts.add({ ...post, state: "posted", place, posted: question });
      }
      await tables.jobs.wake("revoke", id);
      await tables.jobs.wake("deliver", id);
    }),
  );
  return won ? { revoking } : revokeRegistration(world, caller, id, surface, question);
}
