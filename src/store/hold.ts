import { type Kysely, sql } from "kysely";
import type { RequestId } from "../domain/ids.ts";
import { type Held, type HeldKind, type Hold, heldKinds } from "../usecases/ports/hold.ts";
import type { Dated, Schema } from "./schema.ts";

const name = "held";
const mostNamed = 5;

const settingOf = ({ since, madeAt, revoking }: Held) => JSON.stringify({ since, madeAt, revoking });

/** Holds what a restored backup left under way: only for a database on which nobody works yet. */
export async function beginHold(db: Kysely<Schema>, held: Held): Promise<void> {
  const value = settingOf(held);
  await db
    .insertInto("settings")
    .values({ name, value })
    .onConflict((conflict) => conflict.column("name").doUpdateSet({ value }))
    .execute();
}

/** Whether a restored backup is held, and since when. */
export function holdTable(db: Kysely<Schema>): Hold {
  return {
    async get() {
      const row = await db.selectFrom("settings").select("value").where("name", "=", name).executeTakeFirst();
      if (!row) return undefined;
      const { since, madeAt, revoking } = JSON.parse(row.value) as Dated<Held>;
      return { since: new Date(since), madeAt: new Date(madeAt), revoking };
    },
    async lift(seen) {
      const lifted = await db
        .deleteFrom("settings")
        .where("name", "=", name)
        .where("value", "=", settingOf(seen))
        .returning("name")
        .executeTakeFirst();
      return lifted !== undefined;
    },
    async work({ since, revoking }) {
      const { rows } = await sql<{ kind: HeldKind; count: number; some: RequestId[] }>`
        select kind, count(*)::integer as count, (array_agg(id order by id))[1:${sql.lit(mostNamed)}] as some from (
          select 'making' as kind, id from requests where state = 'approved'
          union all select 'cleaning', id from requests where state = 'cleaning'
          union all select 'revoking', id from registrations where state = 'revoking'
            and id in (select json_array_elements_text(${JSON.stringify(revoking)}::json))
          union all select 'restoring', id from registrations where state = 'restoring'
          union all select 'new-secret', registration_id from new_keys where at <= ${since}
          union all select distinct 'repair', registration_id from drifts where state = 'repairing'
          union all select 'entra-owner', registration_id from entra_owners where state = 'changing'
          union all select 'removal', request_id from keys where state = 'abandoned'
          union all select 'overlap', registration_id from duties where kind = 'overlap'
        ) as held group by kind`.execute(db);
      return heldKinds.flatMap((kind) => rows.filter((row) => row.kind === kind));
    },
  };
}
