import { callerMark, type LinkCaller } from "../../domain/caller-mark.ts";
import type { TokenHash } from "../../domain/secret-link.ts";
import type { World } from "../ports/world.ts";

const windowMs = 10 * 60_000;
/**
 * Nothing can be guessed here, so these are against load and noise only, far above what a person does. Many people may
 * share an address, so it has more.
 */
const mostOf = { person: 100, address: 300 } as const;

/**
 * Counts an attempt, and says whether it may go on. It counts for this link and this caller alone: nobody can use up
 * what somebody else has. A token that was never given counts like any other.
 */
export async function mayTry(world: World, link: TokenHash, caller: LinkCaller): Promise<boolean> {
  const now = world.clock.now();
  const since = new Date(now.getTime() - windowMs);
  const mark = callerMark(caller, world.settings.secretKeys);
  const count = await world.store.tables.attempts.count(link, mark, now, since);
  const by = "address" in caller ? "address" : "person";
  // Once for each window: a flood must not fill the log too.
  if (count === mostOf[by] + 1) world.log.warn({ by }, "one caller tries one link too often");
  return count <= mostOf[by];
}
