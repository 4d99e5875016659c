import type { UserId } from "../../domain/ids.ts";
import type { Caller } from "../../domain/person.ts";
import type { World } from "../ports/world.ts";

/** Nobody fills the chain by pressing: one line a minute and person, in each process. */
const quietMs = 60_000;
const lastNoted = new WeakMap<World["store"], Map<UserId, number>>();

const mostNames = 20;
const longestText = 40;
const short = (value: unknown) => String(value).toWellFormed().slice(0, longestText).toWellFormed();

/**
 * Leaves an audit line of a press that no card of Usher's can send. What was typed stays out of it: only the names of
 * its fields, and what stood where the request's name should be.
 */
export async function noteForgedPress(
  world: World,
  caller: Caller,
  verb: string,
  data: Readonly<Record<string, unknown>>,
): Promise<void> {
  const at = world.clock.now();
  if (isNotedLately(world, caller.userId, at.getTime())) return;
  const fields = Object.keys(data).slice(0, mostNames).map(short);
  const { request } = data;
  await world.store.inTransaction((tables) =>
    tables.audit.append({
      at,
      who: caller.userId,
      what: "card.forged",
      surface: "card",
      subject: "settings",
      outcome: short(verb),
      detail: { fields, ...(typeof request === "string" && { request: short(request) }) },
    }),
  );
}

function isNotedLately({ store }: World, who: UserId, now: number): boolean {
  const noted = lastNoted.get(store) ?? new Map<UserId, number>();
  lastNoted.set(store, noted);
  for (const [other, at] of noted) if (now - at >= quietMs) noted.delete(other);
  if (noted.has(who)) return true;
  noted.set(who, now);
  return false;
}
