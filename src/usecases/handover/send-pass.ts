import type { AuditEvent } from "../../domain/audit.ts";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import { hashOfToken, linkUrl, newLinkToken } from "../../domain/secret-link.ts";
import type { SecretText } from "../../domain/secret-text.ts";
import { ChatFailure, type Posted } from "../ports/chat.ts";
import type { Pass } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import type { Message } from "../telling/messages.ts";

export type PassRefusal =
  /** Usher may not write to them alone. */
  | { refused: "no-personal-chat" }
  /** It may have arrived or not; what was sent opens nothing. */
  | { refused: "link-unsent" };

type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
export type PassToSend = {
  pass: Without<Pass, "tokenHash" | "madeAt" | "expiresAt" | "usedAt">;
  lifeMs: number;
  /** The line of the audit that says who asked for it. */
  event: Omit<AuditEvent, "at">;
  message(url: SecretText, expiresAt: Date): Message;
  /** Where it goes when there is no personal chat; nowhere when left out. */
  fallback?: ConversationId;
};

/**
 * Makes a one-time link and posts it straight away: its token is in the message only, and nowhere stored. Where the
 * message is not acknowledged the link is spent, so that nothing of it opens whether it arrived or not.
 */
export async function sendPass(
  world: World,
  { pass, lifeMs, event, message, fallback }: PassToSend,
): Promise<{ sentTo: ConversationId; expiresAt: Date } | PassRefusal> {
  const places = await placesFor(world, pass.userId, fallback);
  if ("refused" in places) return places;
  const token = newLinkToken();
  const tokenHash = hashOfToken(token);
  const madeAt = world.clock.now();
  const expiresAt = new Date(madeAt.getTime() + lifeMs);
  await world.store.inTransaction(async (tables) => {
    await tables.passes.insert({ ...pass, tokenHash, madeAt, expiresAt } as Pass);
    await tables.audit.append({ ...event, at: madeAt });
  });
  const posted = await postAtFirst(
    world,
    places,
    message(linkUrl(world.settings.publicUrl, token), expiresAt),
  );
  if (!("refused" in posted)) return { sentTo: posted.conversationId, expiresAt };
  await world.store.tables.passes.use(tokenHash, world.clock.now());
  return posted;
}

async function placesFor(
  world: World,
  userId: UserId,
  fallback: ConversationId | undefined,
): Promise<ConversationId[] | PassRefusal> {
  try {
    const personal = await world.chat.personalChat(userId);
    const places = [personal, fallback].filter((place) => place !== undefined);
    return places.length > 0 ? places : { refused: "no-personal-chat" };
  } catch (error) {
    return refusalFor(world, error);
  }
}

/** At the first place that takes it. What may have been posted is not posted again elsewhere. */
async function postAtFirst(
  world: World,
  [place, ...others]: readonly ConversationId[],
  message: Message,
): Promise<Posted | PassRefusal> {
  if (!place) return { refused: "no-personal-chat" };
  try {
    return await world.chat.post(place, message);
  } catch (error) {
    const refusal = refusalFor(world, error);
    return refusal.refused === "no-personal-chat" ? postAtFirst(world, others, message) : refusal;
  }
}

function refusalFor(world: World, error: unknown): PassRefusal {
  if (!(error instanceof ChatFailure)) throw error;
  world.log.warn({ err: error }, "a one-time link did not get through");
  return { refused: error.kind === "unreachable" ? "no-personal-chat" : "link-unsent" };
}
