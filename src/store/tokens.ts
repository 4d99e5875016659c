import { type Kysely, type Selectable, sql } from "kysely";
import type { Tokens } from "../usecases/ports/store.ts";
import { linkOf } from "./handover.ts";
import { passOf } from "./passes.ts";
import type { Schema } from "./schema.ts";

/** What tokens stand for, in whichever table it is. */
export function tokensTable(db: Kysely<Schema>): Tokens {
  return {
    async behind(hash) {
      const { rows } = await sql<{ link: object | null; pass: object | null }>`
        select (select to_jsonb(links) from links where token_hash = ${hash}) as link,
          (select to_jsonb(passes) from passes where token_hash = ${hash}) as pass`.execute(db);
      const { link, pass } = rows[0] ?? {};
      return {
        ...(link && { link: linkOf(withMoments<Selectable<Schema["links"]>>(link)) }),
        ...(pass && { pass: passOf(withMoments<Selectable<Schema["passes"]>>(pass)) }),
      };
    },
  };
}

/** JSON has moments as texts. */
function withMoments<Row>(row: object): Row {
  const entries = Object.entries(row).map(([name, value]) => [
    name,
    name.endsWith("_at") && typeof value === "string" ? new Date(value) : value,
  ]);
  return Object.fromEntries(entries) as Row;
}
