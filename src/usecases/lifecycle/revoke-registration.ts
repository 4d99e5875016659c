import type { Surface } from "../../domain/audit.ts";
import type { RequestId } from "../../domain/ids.ts";
import type { Caller } from "../../domain/person.ts";
import type { Registration } from "../../domain/registration.ts";
import { isAdmin, isApprover } from "../approval/authority.ts";
import type { Posted } from "../ports/chat.ts";
import { DirectoryFailure } from "../ports/entra.ts";
import type { World } from "../ports/world.ts";
import { Overtaken, unlessOvertaken } from "../provisioning/overtaken.ts";
import { newPost } from "../telling/new-post.ts";

export type RevokeRefusal =
  | { refused: "unknown-registration" }
  | { refused: "ambiguous-registration"; names: string[] }
  | { refused: "already-revoked"; registration: Registration }
  | { refused: "directory-unreachable" };

/**
 * The registration that somebody means by its request id, client id or name, if they may revoke it: its owner, an
 * approver or an admin. To anybody else it does not exist.
 */
export async function findRevocable(
  world: World,
  caller: Caller,
  text: string,
): Promise<{ registration: Registration } | RevokeRefusal> {
  const named = await world.store.tables.registrations.find(text);
  // A name may be chosen to look like another one's id: ids go first.
  const exact = named.filter(({ id, clientId }) =>
    [id, clientId].some((each) => each.toLowerCase() === text.trim().toLowerCase()),
  );
  const found = exact.length > 0 ? exact : named;
  const own = found.filter(({ owner }) => owner.userId === caller.userId);
  let mine = own;
  try {
    if (!(await isEnabledStaff(world, caller))) return { refused: "unknown-registration" };
    const mayAny =
      own.length < found.length && ((await isApprover(world, caller)) || (await isAdmin(world, caller)));
    if (mayAny) mine = found;
  } catch (error) {
    if (!(error instanceof DirectoryFailure)) throw error;
    return { refused: "directory-unreachable" };
  }
  // A name may have been used again after a revocation: the one that still runs is meant.
  const active = mine.filter(({ state }) => state === "active");
  const [registration, other] = active.length > 0 ? active : mine;
  if (!registration) return { refused: "unknown-registration" };
  if (registration.state !== "active") return { refused: "already-revoked", registration };
  if (other) return { refused: "ambiguous-registration", names: active.map(({ id }) => id) };
  return { registration };
}

async function isEnabledStaff(world: World, caller: Caller): Promise<boolean> {
  if (caller.tenantId !== world.settings.tenantId) return false;
  const person = await world.directory.person(caller.userId);
  return person?.isEnabled === true && !person.isGuest;
}

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
      await tables.audit.append({
        at: world.clock.now(),
        who: caller.userId,
        what: "registration.revoke",
        surface,
        subject: id,
        outcome: "revoking",
      });
      if (question) {
        const place = { kind: "conversation", conversationId: question.conversationId } as const;
        const post = newPost(id, "revocation", world.clock.now());
        await tables.posts.add({ ...post, state: "posted", place, posted: question });
      }
      await tables.jobs.wake("revoke", id);
      await tables.jobs.wake("deliver", id);
    }),
  );
  return won ? { revoking } : revokeRegistration(world, caller, id, surface, question);
}
