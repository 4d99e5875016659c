import { types as postgresTypes } from "pg";

// pg_type's own numbers, the same on every server: https://github.com/postgres/postgres/blob/master/src/include/catalog/pg_type.dat
const bytea = 17;
const int8 = 20;
const date = 1082;
const timestampWithoutZone = 1114;

// Where pg and PGlite read a type differently, both read it this way. Everything else is their own and agrees.
const readings: Record<number, (text: string) => unknown> = {
  [bytea]: (text) => Buffer.from(text.slice(2), "hex"),
  [int8]: (text) => {
    const exact = BigInt(text);
    const number = Number(exact);
    return Number.isSafeInteger(number) ? number : exact;
  },
  // A day has no zone: as a Date it would be another day elsewhere.
  [date]: (text) => text,
  [timestampWithoutZone]: (text) => new Date(`${text.replace(" ", "T")}Z`),
};

/** How PGlite reads values, by type number. */
export const embeddedParsers = readings;

/** How pg reads values: as PGlite does. */
export const postgresParsers = {
  getTypeParser: ((type: number, format?: "text" | "binary") =>
    (format !== "binary" && readings[type]) ||
    postgresTypes.getTypeParser(type, format as "text")) as typeof postgresTypes.getTypeParser,
};

/** A column that the state promises; a row without it was altered by hand. */
export function present<T>(value: T | null): T {
  if (value === null) throw new Error("a row lacks what its state promises");
  return value;
}
