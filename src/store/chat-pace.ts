import { type Kysely, sql } from "kysely";
import type { ConversationId } from "../domain/ids.ts";
import type { ChatPace, Turn } from "../usecases/ports/chat.ts";
import type { Clock } from "../usecases/ports/world.ts";
import type { Schema } from "./schema.ts";

/** So many at once, and from then on one in every so many milliseconds: any window of W ms holds `atOnce + W / everyMs`. */
type Bucket = {
  atOnce: number;
  everyMs: number;
  /** No answers, however many, keep anybody waiting for longer. */
  windowMs: number;
};
type FullAt = "full_at" | "hour_full_at";

export type ChatLimits = {
  /** 4 + 2000 / 540 in two seconds, 4 + 30 000 / 540 in thirty. */
  conversation: Bucket;
  /** 900 + 900 in an hour. */
  hour: Bucket;
  tenant: Bucket;
  /** Between what one process sends and what another does, in one conversation. */
  apartMs: number;
};

/**
 * Teams takes 7 messages in a second, 8 in two, 60 in thirty and 1,800 in an hour from each bot in each conversation,
 * and 30 a second in the whole tenant (Microsoft Learn, Optimize your bot with rate limiting).
 */
export const teamsLimits: ChatLimits = {
  conversation: { atOnce: 4, everyMs: 540, windowMs: 30_000 },
  hour: { atOnce: 900, everyMs: 4_000, windowMs: 3_600_000 },
  tenant: { atOnce: 10, everyMs: 50, windowMs: 1_000 },
  apartMs: 1_000,
};

const none: Bucket = { atOnce: 1, everyMs: 0, windowMs: 0 };
/** For tests that are not about this. */
export const noLimits: ChatLimits = { conversation: none, hour: none, tenant: none, apartMs: 0 };

/** Who would have to wait longer for a new message comes back later: the message waits in its row. */
const patienceMs = 1_500;
/** Nobody waits longer in the line for redrawing; they ask again by then. */
const longestLineMs = 30_000;
/** Nothing is closed for longer. A clock that was set back would otherwise close it until it has caught up. */
const longestClosedMs = 3_600_000;
/** Where Teams refuses and does not say for how long: doubled each time, as long as one follows on another. */
const firstRefusalMs = 4_000;
const longestRefusalMs = 300_000;
const refusalsForgottenMs = 600_000;

/** Stands for the tenant among the conversations. */
const tenantLane = "tenant";

type PaceOptions = {
  /** This process; any text that no other has. */
  holder: string;
  clock: Clock;
  /** How often cards in one conversation are redrawn at most. */
  updateEveryMs: number;
  limits?: ChatLimits | undefined;
  random?: () => number;
};

/**
 * Hands out the turns to write into each conversation, over all processes on this database: one row for each
 * conversation and one for the tenant, and one statement for each turn. Moments are milliseconds since 1970.
 */
export function chatPace(
  db: Kysely<Schema>,
  { holder, clock, updateEveryMs, limits = teamsLimits, random = Math.random }: PaceOptions,
): ChatPace {
  const nowMs = () => clock.now().getTime();
  /** The soonest at which a bucket gives. What cannot be comes from a clock that was set back, and counts for nothing. */
  const gives = (full: FullAt, { atOnce, everyMs, windowMs }: Bucket, now: number) =>
    sql`case when ${sql.ref(`p.${full}`)} <= ${now + windowMs + patienceMs}::float8
      then ${sql.ref(`p.${full}`)} - ${(atOnce - 1) * everyMs}::float8 else 0 end`;
  const closed = (now: number) =>
    sql`case when p.closed_until <= ${now + longestClosedMs}::float8 then p.closed_until else 0 end`;
  /** In the order in which they were asked for, and apart from what another process sends. */
  const afterOthers = (now: number) =>
    limits.apartMs === 0
      ? sql`0`
      : sql`case when p.last_at > ${now + patienceMs}::float8 then 0 when p.holder = ${holder} then p.last_at
          else p.last_at + ${limits.apartMs}::float8 end`;
  const soonest = (now: number) => sql`greatest(${now}::float8, ${gives("full_at", limits.conversation, now)},
    ${gives("hour_full_at", limits.hour, now)}, ${closed(now)}, ${afterOthers(now)})`;
  const charged = (full: FullAt, { everyMs, windowMs }: Bucket, at: unknown, now: number) =>
    sql`least(greatest(${sql.ref(`p.${full}`)}, ${at}) + ${everyMs}::float8, ${now + windowMs + patienceMs}::float8)`;
  const fresh = (id: string, now: number, { everyMs }: Bucket) =>
    sql`(id, holder, last_at, full_at, hour_full_at)
      values (${id}, ${holder}, ${now}::float8, ${now + everyMs}::float8, ${now + limits.hour.everyMs}::float8)`;

  /** What the tenant gives: a part of each statement that sends. */
  const ofTenant = (now: number, messages = 1) => {
    const { everyMs } = limits.tenant;
    const all = { ...limits.tenant, everyMs: everyMs * messages };
    const at = sql`greatest(${now}::float8, ${gives("full_at", limits.tenant, now)})`;
    return sql`insert into chat_paces as p ${fresh(tenantLane, now, all)}
      on conflict (id) do update set last_at = ${at}, full_at = ${charged("full_at", all, at, now)}
      where ${at} <= ${now + patienceMs}::float8 returning last_at`;
  };

  async function closedFor(id: ConversationId, now: number): Promise<number> {
    const row = await db
      .selectFrom("chat_paces")
      .select("closed_until")
      .where("id", "=", id)
      .executeTakeFirst();
    return Math.min((row?.closed_until ?? 0) - now, longestClosedMs);
  }

  return {
    async postTurn(id): Promise<Turn> {
      const now = nowMs();
      const at = soonest(now);
      const { rows } = await sql<{ at: number | null; tenant_at: number | null }>`
        with tenant as (${ofTenant(now)}), conversation as (
          insert into chat_paces as p ${fresh(id, now, limits.conversation)}
          on conflict (id) do update set holder = excluded.holder, last_at = ${at},
            full_at = ${charged("full_at", limits.conversation, at, now)},
            hour_full_at = ${charged("hour_full_at", limits.hour, at, now)}
          where ${at} <= ${now + patienceMs}::float8 returning last_at)
        select (select last_at from conversation) as at, (select last_at from tenant) as tenant_at`.execute(
        db,
      );
      const [turn] = rows;
      if (turn?.at != null && turn.tenant_at != null)
        return { inMs: Math.max(turn.at, turn.tenant_at) - now, isTaken: true };
      return { inMs: Math.max(await closedFor(id, now), patienceMs), isTaken: false };
    },
    async updateTurn(id, isFinal): Promise<Turn> {
      const now = nowMs();
      const every = updateEveryMs;
      const next = sql`coalesce(p.redraw_next, ${now}::float8)`;
      const last = sql`coalesce(p.redraw_last, 0)`;
      // Turns in the line follow on each other, so the one before now can be told from its end.
      const inLine =
        every === 0
          ? last
          : sql`case when ${next} > ${now}::float8
              then ${next} - ceil((${next} - ${now}::float8) / ${every}::float8) * ${every}::float8 else ${last} end`;
      const afterLast = sql`least(greatest(${last}, ${inLine}), ${now}::float8) + ${every}::float8`;
      const line = sql`least(${isFinal ? afterLast : next}, ${now + longestLineMs + every + 1}::float8)`;
      const from = sql`greatest(${every === 0 ? sql`0` : line}, ${soonest(now)})`;
      // What waits in the line is counted when it goes.
      const ifNow = (value: unknown, stays: unknown) =>
        sql`case when ${from} <= ${now}::float8 then ${value} else ${stays} end`;
      const { rows } = await sql<{ redraw_last: number; redraw_next: number }>`
        with tenant as (${ofTenant(now)})
        insert into chat_paces as p (id, holder, last_at, full_at, hour_full_at, redraw_last, redraw_next)
        values (${id}, ${holder}, ${now}::float8, ${now + limits.conversation.everyMs}::float8,
          ${now + limits.hour.everyMs}::float8, ${isFinal ? now : null}::float8, ${now + every}::float8)
        on conflict (id) do update set
          holder = ${ifNow(sql`excluded.holder`, sql`p.holder`)},
          last_at = ${ifNow(sql`${now}::float8`, sql`p.last_at`)},
          full_at = ${ifNow(charged("full_at", limits.conversation, sql`${now}::float8`, now), sql`p.full_at`)},
          hour_full_at = ${ifNow(charged("hour_full_at", limits.hour, sql`${now}::float8`, now), sql`p.hour_full_at`)},
          redraw_last = ${isFinal ? from : sql`p.redraw_last`},
          redraw_next = ${isFinal ? sql`greatest(${next}, ${from} + ${every}::float8)` : sql`${from} + ${every}::float8`}
        where ${from} <= ${now + longestLineMs}::float8
        returning redraw_last, redraw_next`.execute(db);
      const [row] = rows;
      if (row)
        return {
          inMs: Math.max(0, (isFinal ? row.redraw_last : row.redraw_next - every) - now),
          isTaken: true,
        };
      const closedForMs = await closedFor(id, now);
      return {
        inMs: longestLineMs,
        isTaken: false,
        ...(closedForMs > longestLineMs && { closedForMs }),
      };
    },
    count: together(async (ids) => {
      const now = nowMs();
      // What a row would begin with says how much is charged; in one order, so that two processes never wait for each other.
      const more = (full: FullAt) =>
        sql`greatest(${sql.ref(`p.${full}`)}, ${now}::float8) + ${sql.ref(`excluded.${full}`)} - ${now}::float8`;
      const most = ({ windowMs }: Bucket) => sql`${now + windowMs + patienceMs}::float8`;
      await sql`with tenant as (${ofTenant(now, ids.length)})
        insert into chat_paces as p (id, holder, last_at, full_at, hour_full_at)
        select id, ${holder}, ${now}::float8, ${now}::float8 + count(*) * ${limits.conversation.everyMs}::float8,
          ${now}::float8 + count(*) * ${limits.hour.everyMs}::float8
        from unnest(${ids}::text[]) as answers (id) group by id order by id
        on conflict (id) do update set holder = excluded.holder, last_at = greatest(p.last_at, excluded.last_at),
          full_at = least(${more("full_at")}, ${most(limits.conversation)}),
          hour_full_at = least(${more("hour_full_at")}, ${most(limits.hour)})`.execute(db);
    }),
    async close(id, forMs): Promise<number> {
      const now = nowMs();
      const follows = sql`coalesce(p.closed_until, 0) > ${now - refusalsForgottenMs}::float8`;
      const refusals = sql`case when ${follows} then least(p.refusals + 1, 20) else 1 end`;
      const backOff = sql`least(${firstRefusalMs}::float8 * power(2, ${refusals} - 1), ${longestRefusalMs}::float8)
        * ${0.5 + random() / 2}::float8`;
      const wait = forMs === undefined ? backOff : sql`${Math.min(forMs, longestClosedMs)}::float8`;
      const first = forMs ?? firstRefusalMs * (0.5 + random() / 2);
      const row = await sql<{ closed_until: number }>`
        insert into chat_paces as p (id, holder, last_at, full_at, hour_full_at, closed_until, refusals)
        values (${id}, ${holder}, 0, 0, 0, ${now + first}::float8, 1)
        on conflict (id) do update set refusals = ${refusals},
          closed_until = greatest(${closed(now)}, ${now}::float8 + ${wait})
        returning closed_until`.execute(db);
      return (row.rows[0]?.closed_until ?? now) - now;
    },
  };
}

/** What is asked for while the work is on its way waits, and goes together: one statement of a hundred costs hardly more than one of one. */
function together<Item>(work: (items: Item[]) => Promise<void>): (item: Item) => Promise<void> {
  let waiting: Item[] = [];
  let next: Promise<void> | undefined;
  let current: Promise<unknown> = Promise.resolve();
  return (item) => {
    waiting.push(item);
    next ??= current.then(() => {
      const items = waiting;
      waiting = [];
      next = undefined;
      const run = work(items);
      current = run.catch(() => {});
      return run;
    });
    return next;
  };
}
