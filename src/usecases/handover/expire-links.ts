import { isOwnedBy } from "../../domain/registration.ts";
import type { SecretLink } from "../../domain/secret-link.ts";
import type { World } from "../ports/world.ts";
import { newPost } from "../telling/new-post.ts";
import { oldWorksAgain, tellOwners } from "./overlap.ts";

/**
 * Ends the links that nobody opened in time, each with its key: a secret that nobody has is not left in Entra. What was
 * given up is removed there by the sweep, and the requester gets another with one press.
 */
export async function expireLinks(world: World, now: Date): Promise<void> {
  for (const link of await world.store.tables.links.overdue(now)) await expireLink(world, link, now);
}

async function expireLink(world: World, link: SecretLink, now: Date): Promise<void> {
  const { requestId: id, tokenHash, keyId } = link;
  await world.store.inTransaction(async (tables) => {
    const registration = await tables.registrations.hold(id);
    if (!(await tables.links.expire(tokenHash, now))) return;
    await tables.jobs.wake("deliver", id);
    const key = (await tables.keys.of(id)).find((each) => each.keyId === keyId);
    if (registration?.state !== "active" || key?.state !== "current") return;
    await tables.keys.update({ ...key, state: "abandoned", changedAt: now });
    // Nobody has the new one, so the rotation is over: the secret before stays.
    const old = await oldWorksAgain(tables, id, now);
    if (!old) await tables.registrations.keyEndsAt(id, undefined);
    await tables.audit.append({
      at: now,
      who: "usher",
      what: "secret.removed",
      surface: "system",
      subject: id,
      outcome: "unopened",
      detail: { keyId },
    });
    const { displayName } = registration.plan;
    if (old) {
      const over = { kind: "rotation-over", requestId: id, displayName, why: "unopened" } as const;
      return tellOwners(tables, registration, now, over);
    }
    const unopened = { kind: "unopened", requestId: id, displayName } as const;
    // Whoever it was sent to may own it no longer.
    if (!isOwnedBy(registration, { userId: link.requester }))
      return tellOwners(tables, registration, now, unopened);
    const place = { kind: "personal", userId: link.requester } as const;
    await tables.posts.add({ ...newPost(id, "note", now), place, message: unopened });
  });
}
