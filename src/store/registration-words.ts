import { type Kysely, sql } from "kysely";
import type { Registration } from "../domain/registration.ts";
import type { Schema } from "./schema.ts";

/** More of them tell nothing apart, and each costs a look. */
const mostTyped = 5;
const longestWord = 40;

/** What people look for a registration by, as it is compared: letters and digits only. */
const wordsIn = (text: string): string[] => [
  ...new Set(
    (
      text
        .normalize("NFC")
        .toLowerCase()
        .match(/[\p{L}\p{N}\p{M}]+/gu) ?? []
    ).map((word) => word.slice(0, longestWord)),
  ),
];

/** The words that somebody typed to look for it. */
export const wordsTyped = (text: string) => wordsIn(text.replace(/^\s*req-/i, "")).slice(0, mostTyped);

type Named = Pick<Registration, "id" | "owner" | "coOwner" | "plan">;

const wordsOf = ({ id, owner, coOwner, plan }: Named) =>
  wordsIn(
    [plan.displayName, plan.blueprint.title, owner.name, coOwner?.name, id.replace("REQ-", "")].join(" "),
  );

/** A text in which each word begins after a space, so that the beginnings of words are found. */
export const wordsText = (registration: Named) => ` ${wordsOf(registration).join(" ")}`;

/** What a registration is found by; written anew when its owners change. */
export async function writeWords(db: Kysely<Schema>, registration: Named): Promise<void> {
  const { id } = registration;
  await db
    .updateTable("registrations")
    .set({ words: wordsText(registration) })
    .where("id", "=", id)
    .execute();
  await db.deleteFrom("registration_words").where("registration_id", "=", id).execute();
  await insertWords(db, registration);
}

export async function insertWords(db: Kysely<Schema>, registration: Named): Promise<void> {
  const { id } = registration;
  const rows = wordsOf(registration).map((word) => ({ word, registration_id: id }));
  if (rows.length > 0) await db.insertInto("registration_words").values(rows).execute();
}

/**
 * Those with a word that begins so, or undefined when there are more than `most`. It reads the words from there on, in
 * order, and no more of them however many there are; a planner that knew where they end might read all of those first.
 */
export async function idsWithWord(
  db: Kysely<Schema>,
  word: string,
  most: number,
): Promise<string[] | undefined> {
  const rows = await db
    .selectFrom((eb) =>
      eb
        .selectFrom("registration_words")
        .select(["word", "registration_id"])
        .where("word", ">=", word)
        .orderBy("word")
        .orderBy("registration_id")
        .limit(most + 1)
        .as("next"),
    )
    .select("registration_id")
    // Nothing that begins so comes after it.
    .where("word", "<", `${word}\u{10ffff}`)
    .execute();
  return rows.length > most ? undefined : [...new Set(rows.map((row) => row.registration_id))];
}

/** Has a word that begins with each of these. */
export const hasWords = (words: readonly string[]) =>
  sql<boolean>`${sql.join([sql`true`, ...words.map((word) => sql`words like ${`% ${word}%`}`)], sql` and `)}`;
