import type { ConversationId } from "../domain/ids.ts";
import type { Chat } from "../usecases/ports/chat.ts";
import type { Clock } from "../usecases/ports/world.ts";
import { channelOf } from "./activity.ts";

/** Nobody waits in line for longer; they ask again by then. */
const longestLineMs = 30_000;

/**
 * Hands out turns for redrawing cards: in each conversation one in every so many milliseconds, since Teams throttles
 * conversations, and nobody reads faster. Progress stands in line. What is final goes past the line as soon as the last
 * redrawing is so long ago; where several end at once in one conversation, none waits for the others.
 */
export function updateTurns(clock: Clock, everyMs: number): Chat["updateTurn"] {
  /** When the last final one goes, and when the line is through. */
  const lines = new Map<ConversationId, { last: number; next: number }>();
  return async (id, isFinal) => {
    if (everyMs === 0) return { inMs: 0, isTaken: true };
    const now = clock.now().getTime();
    const channel = channelOf(id);
    const { last, next } = lines.get(channel) ?? { last: Number.NEGATIVE_INFINITY, next: now };
    // Turns in the line follow on each other, so the one before now can be told from its end.
    const inLine = next > now ? next - Math.ceil((next - now) / everyMs) * everyMs : last;
    const afterLast = Math.min(Math.max(last, inLine), now) + everyMs;
    const from = Math.max(now, isFinal ? afterLast : next);
    if (from - now > longestLineMs) return { inMs: longestLineMs, isTaken: false };
    lines.set(channel, {
      last: isFinal ? from : last,
      next: isFinal ? Math.max(next, from + everyMs) : from + everyMs,
    });
    return { inMs: from - now, isTaken: true };
  };
}
