import { setTimeout as wait } from "node:timers/promises";
import { type Kysely, sql } from "kysely";
import type { WriteQuota } from "../usecases/ports/entra.ts";
import type { Clock } from "../usecases/ports/world.ts";
import type { Schema } from "./schema.ts";

/** So many writes within so many seconds, counted back from each moment. */
export type WriteLimit = { limit: number; seconds: number };

/** What Graph allows each app in each tenant. */
const graphsLimit: WriteLimit = { limit: 3000, seconds: 150 };

/** The window is counted in so many slots. */
const slotsOfWindow = 50;
/**
 * A slot counts until its last write has left Graph's window for certain: one slot for where in it the write was
 * reserved, one for how long a reservation may be used, one for the way to Graph and for clocks that differ.
 */
const slotsCounted = slotsOfWindow + 3;
/** Reserved at once, so that most writes need no round trip. What is not used in time is lost. */
const reservedAtOnce = 10;
/** Who would have to wait for longer comes back later: the step waits in its row. */
const patienceMs = 5_000;
const shortestWaitMs = 20;

type QuotaOptions = {
  /** Whose writes are counted: the client id. */
  identity: string;
  clock: Clock;
  /** Graph's own where it is left out; tests have less patience. */
  limit?: WriteLimit | undefined;
  pause?: (ms: number) => Promise<unknown>;
};

/**
 * Keeps the writes of one identity under Graph's quota, over all processes on this database. Each process reserves a
 * few writes at once, in one statement on the identity's one row, and uses them up within one slot.
 */
export function writeQuota(
  db: Kysely<Schema>,
  { identity, clock, limit: { limit, seconds } = graphsLimit, pause = wait }: QuotaOptions,
): WriteQuota {
  const slotMs = (seconds * 1000) / slotsOfWindow;
  const now = () => clock.now().getTime();
  let held = { writes: 0, until: 0 };
  /** Before that nothing is to be had, as far as this process knows. */
  let openFrom = 0;
  let reserving: Promise<void> | undefined;

  function take(writes: number): boolean {
    if (held.until <= now() || held.writes < writes) return false;
    held.writes -= writes;
    return true;
  }

  async function reserve(writes: number): Promise<void> {
    const at = now();
    const slot = Math.floor(at / slotMs);
    const wanted = Math.min(Math.max(writes, reservedAtOnce), limit);
    const granted = await takeFromRow(slot, wanted, at);
    if (granted > 0) {
      // What was left from before is given up: it may be used for a shorter time.
      held = { writes: granted, until: at + slotMs };
      return;
    }
    openFrom = Math.max(await opensAt(slot), at + shortestWaitMs);
  }

  /** What is left of the window, so much as is wanted at most; 0 while it is used up or closed. */
  async function takeFromRow(slot: number, wanted: number, at: number): Promise<number> {
    const counted = sql`jsonb_each_text(q.taken) where key::bigint > ${slot - slotsCounted}::bigint`;
    const used = sql`(select coalesce(sum(value::int), 0)::int from ${counted})`;
    const granted = sql`least(${wanted}::int, ${limit}::int - ${used})`;
    const { rows } = await sql<{ granted: number }>`
      insert into write_quotas as q (identity, taken, granted)
      values (${identity}, jsonb_build_object(${String(slot)}::text, ${wanted}::int), ${wanted}::int)
      on conflict (identity) do update set
        granted = ${granted},
        taken = (select coalesce(jsonb_object_agg(key, value::int), '{}') from ${counted})
          || jsonb_build_object(${String(slot)}::text,
            coalesce((q.taken ->> ${String(slot)}::text)::int, 0) + ${granted})
      where ${used} < ${limit}::int and (q.closed_until is null or q.closed_until <= ${new Date(at)})
      returning q.granted`.execute(db);
    return rows[0]?.granted ?? 0;
  }

  async function opensAt(slot: number): Promise<number> {
    const row = await db
      .selectFrom("write_quotas")
      .select(["taken", "closed_until"])
      .where("identity", "=", identity)
      .executeTakeFirst();
    const counted = Object.entries(row?.taken ?? {})
      .map(([key, writes]) => ({ slot: Number(key), writes }))
      .filter((each) => each.slot > slot - slotsCounted)
      .toSorted((a, b) => a.slot - b.slot);
    let used = counted.reduce((sum, { writes }) => sum + writes, 0);
    let opens = row?.closed_until?.getTime() ?? 0;
    for (const each of counted) {
      if (used < limit) break;
      used -= each.writes;
      opens = Math.max(opens, (each.slot + slotsCounted) * slotMs);
    }
    return opens;
  }

  return {
    async pass(writes) {
      const lastMoment = now() + patienceMs;
      while (!take(writes)) {
        const waitMs = openFrom - now();
        if (openFrom > lastMoment) return waitMs;
        if (waitMs > 0) {
          await pause(waitMs);
        } else {
          reserving ??= reserve(writes).finally(() => {
            reserving = undefined;
          });
          await reserving;
        }
      }
      return 0;
    },
    async close(forMs) {
      const until = now() + forMs;
      held = { writes: 0, until: 0 };
      openFrom = Math.max(openFrom, until);
      await db
        .insertInto("write_quotas")
        .values({ identity, taken: "{}", granted: 0, closed_until: new Date(until) })
        .onConflict((conflict) =>
          conflict.column("identity").doUpdateSet({
            closed_until: sql`greatest(write_quotas.closed_until, excluded.closed_until)`,
          }),
        )
        .execute();
    },
  };
}
