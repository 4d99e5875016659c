import { type Kysely, sql } from "kysely";
import type { Schema } from "./schema.ts";

type Row = { of: "requests" | "registrations" | "links" | "oldestDueSeconds"; name: string; value: number };

/** How many there are in each state, and for how many seconds the oldest of what is due has been due. */
export async function figuresOf(
  db: Kysely<Schema>,
  now: Date,
): Promise<Record<Row["of"], Record<string, number>>> {
  const { rows } = await sql<Row>`
    select 'requests' as of, state as name, count(*)::float8 as value from requests group by state
    union all select 'registrations', state, count(*)::float8 from registrations group by state
    union all select 'links', state, count(*)::float8 from links group by state
    union all select 'oldestDueSeconds', kind, greatest(0, extract(epoch from ${now}::timestamptz - since))::float8 from (
      select 'steps' as kind, min(next_attempt_at) as since from steps where state = 'waiting'
      union all select 'messages', min(changed_at) from posts where state in ('due', 'sending')
      -- One of 1970 is to be planned anew: it is due since no time.
      union all select 'duties', min(due_at) from duties where due_at > '1971-01-01'
      union all select 'jobs: ' || name, min(start_after) from pgboss.job
        where state in ('created', 'retry') group by name
    ) due where since is not null`.execute(db);
  const figures: Record<Row["of"], Record<string, number>> = {
    requests: {},
    registrations: {},
    links: {},
    oldestDueSeconds: {},
  };
  for (const { of, name, value } of rows) figures[of][name] = value;
  return figures;
}
