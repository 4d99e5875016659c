import { waitsTooLong } from "../../domain/link-news.ts";
import type { SecretLink } from "../../domain/secret-link.ts";
import type { World } from "../ports/world.ts";
import { newPost } from "../telling/new-post.ts";

/** Reminds requesters once of links that have waited for two thirds of their life, also when that was hours ago. */
export async function remindOfLinks(world: World, now: Date): Promise<void> {
  const waiting = await world.store.tables.links.unreminded(now);
  for (const link of waiting.filter((each) => waitsTooLong(each, now))) await remind(world, link, now);
}

/** One transaction over a conditional update: two sweeps at once, or one that is killed, remind once. */
async function remind({ store }: World, link: SecretLink, now: Date): Promise<void> {
  const { tokenHash, requestId, requester, keyId } = link;
  await store.inTransaction(async (tables) => {
    if (!(await tables.links.remind(tokenHash, now))) return;
    await tables.audit.append({
      at: now,
      who: "usher",
      what: "secret.reminded",
      surface: "system",
      subject: requestId,
      outcome: "sealed",
      detail: { keyId },
    });
    await tables.posts.add({
      // Drawn when it is sent: a link that was opened by then is reminded of by nobody.
      ...newPost(requestId, "link-reminder", now),
      place: { kind: "personal", userId: requester, copy: keyId },
    });
    await tables.jobs.wake("deliver", requestId);
  });
}
