import { derivedId } from "../../domain/derived-id.ts";
import { parseRequestId } from "../../domain/ids.ts";
import type { Post } from "../ports/conversations.ts";
import type { Tables } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import { newPost } from "./new-post.ts";
import { aboutOf, isSaidToAnother, nextPlace } from "./next-place.ts";

/**
 * For a message that its place takes not. In one transaction it is given up there and written down for the next place:
 * the thread where the request was made, the approvals channel, the admins. The next place has a post of its own, whose
 * id follows from this one: so a kill, a second process or another try never says it twice.
 */
export async function fallBack(world: World, seen: Post): Promise<void> {
  const { to, add, isSaidAgain } = await nextPlace(world, seen);
  const at = new Date(Math.max(world.clock.now().getTime(), seen.changedAt.getTime() + 1));
  const { fellTo: _before, ...given } = seen;
  const gone: Post = { ...given, state: "undeliverable", changedAt: at, ...(isSaidAgain && { fellTo: to }) };
  const isLost = await world.store.inTransaction(async (tables) => {
    if (!(await tables.posts.change(seen, gone))) return false;
    for (const post of add) await tables.posts.add(post);
    await tellRequester(tables, seen, at);
    if (add.length > 0) await tables.jobs.wake("deliver", seen.subject);
    if (to === "nobody" && (await isSaidToAnother(tables, seen))) return false;
    if (seen.insteadOf !== undefined && isSaidAgain) await tables.posts.fell(seen.insteadOf, to);
    return to === "nobody" && isSaidAgain;
  });
  if (!isLost) return;
  world.count("messages_undelivered");
  world.log.error(
    { subject: seen.subject, about: aboutOf(seen), place: seen.place },
    "a message reached nobody; it is said when its person writes to Usher, or its channel is set again",
  );
}

/** The approvers may not have seen it: nobody waits in silence. */
export async function tellRequester(
  tables: Tables,
  { id, subject, purpose, place }: Post,
  at: Date,
): Promise<void> {
  if (purpose !== "approval" || place.kind !== "conversation" || place.copy !== undefined) return;
  const requestId = parseRequestId(subject);
  const request = requestId && (await tables.requests.get(requestId));
  if (request?.state !== "pending") return;
  const origin = await tables.requests.origin(request.id);
  await tables.posts.add({
    ...newPost(request.id, "note", at),
    id: derivedId("approval-card-lost", id, at.toISOString()),
    place: { kind: "personal", userId: request.requester.userId, ...(origin && { fallback: origin }) },
    message: { kind: "approval-card-lost", requestId: request.id },
  });
  await tables.jobs.wake("deliver", request.id);
}
