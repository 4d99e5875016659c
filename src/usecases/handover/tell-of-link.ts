import { hearsOfMore, withTry } from "../../domain/link-news.ts";
import type { Opening, SecretLink } from "../../domain/secret-link.ts";
import type { Tables } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import type { Message } from "../telling/messages.ts";
import { newPost } from "../telling/new-post.ts";
import type { Viewer } from "./desk.ts";

/**
 * Somebody signed in at a link that is not for them. The requester hears of it, but not who it was and not each time: a
 * stranger must not be able to fill their chat. The audit has every try.
 */
export async function tellOfTry(world: World, link: SecretLink, viewer: Viewer): Promise<void> {
  const at = world.clock.now();
  const displayName = await nameOf(world, link);
  await world.store.inTransaction(async (tables) => {
    // Held first: of two tries at once the second sees what was told of the first.
    const told = withTry(await tables.links.holdTold(link.tokenHash), viewer.userId, at);
    await auditRefusal(tables, link, viewer, "somebody-else", at);
    // The requester sees on the page that it is not for them.
    if (!told || viewer.userId === link.requester) return;
    await tables.links.saveTold(link.tokenHash, told);
    await addNote(tables, link, at, {
      kind: "link-tried",
      requestId: link.requestId,
      displayName,
      keyId: link.keyId,
      at: at.toISOString(),
      isLast: !hearsOfMore(told),
    });
  });
}

/** Whoever the link is for has no enabled account any more. */
export async function auditStopped(world: World, link: SecretLink, viewer: Viewer): Promise<void> {
  await world.store.inTransaction((tables) =>
    auditRefusal(tables, link, viewer, "no-account", world.clock.now()),
  );
}

/** In the transaction that opens it. */
export function tellOfOpening(
  tables: Tables,
  link: SecretLink,
  displayName: string,
  opening: Opening,
  at: Date,
): Promise<void> {
  const { requestId, keyId } = link;
  return addNote(tables, link, at, {
    kind: "link-opened",
    requestId,
    displayName,
    keyId,
    at: at.toISOString(),
    opening,
  });
}

const nameOf = async ({ store }: World, { requestId }: SecretLink) =>
  (await store.tables.requests.get(requestId))?.plan.displayName ?? "";

async function addNote(tables: Tables, { requestId, requester }: SecretLink, at: Date, message: Message) {
  await tables.posts.add({
    ...newPost(requestId, "note", at),
    // No other conversation is told: only they know of the link.
    place: { kind: "personal", userId: requester },
    message,
  });
  await tables.jobs.wake("deliver", requestId);
}

const auditRefusal = (
  tables: Tables,
  { requestId }: SecretLink,
  { userId }: Viewer,
  outcome: "somebody-else" | "no-account",
  at: Date,
) =>
  tables.audit.append({
    at,
    who: userId,
    what: "secret.refused",
    surface: "web",
    subject: requestId,
    outcome,
  });
