import { existsSync } from "node:fs";
import { parseSecretKeys, type SecretKeys, secretKeyWanted } from "../domain/secret-link.ts";
import { type Carrier, type CarrierChoice, openCarrier } from "./carrier.ts";
import {
  databaseUrlWanted,
  defaultDataDir,
  parseDatabaseUrl,
  takesToken,
  tokenUrlWanted,
} from "./choose-database.ts";
import { dataFolderIn } from "./embedded.ts";
import type { Schema } from "./schema.ts";

/** Said as it is to whoever runs a command; nothing was changed. */
export class CannotDo extends Error {}

/** The keys that the environment names, as Usher reads them. */
export function secretKeysAskedFor(): SecretKeys {
  const text = process.env.SECRET_KEY?.trim();
  const keys = text ? parseSecretKeys(text) : undefined;
  if (!keys) throw new CannotDo(`SECRET_KEY is ${text ? "not" : "missing:"} ${secretKeyWanted}.`);
  return keys;
}

/** The database that the environment names, as Usher reads it. */
export function databaseAskedFor(): CarrierChoice {
  const url = process.env.DATABASE_URL?.trim();
  if (!url) return { dataDir: process.env.DATA_DIR?.trim() || defaultDataDir };
  const databaseUrl = parseDatabaseUrl(url);
  if (!databaseUrl) throw new CannotDo(`DATABASE_URL is not ${databaseUrlWanted}.`);
  const databaseClientId = process.env.DATABASE_CLIENT_ID?.trim() || undefined;
  if (databaseClientId && !takesToken(databaseUrl))
    throw new CannotDo(`DATABASE_CLIENT_ID wants ${tokenUrlWanted}.`);
  return { databaseUrl, databaseClientId };
}

/** For what only reads: opening makes what is not there, and would then find it empty. */
export function existing(choice: CarrierChoice): CarrierChoice {
  if (choice.dataDir && !existsSync(dataFolderIn(choice.dataDir)))
    throw new CannotDo(
      `There is no database in ${choice.dataDir}. DATA_DIR names the folder of the embedded one, DATABASE_URL a PostgreSQL.`,
    );
  return choice;
}

/** Opens it, or says why not, and what to do where another process has the folder. */
export async function opened(choice: CarrierChoice, whenInUse: string): Promise<Carrier<Schema>> {
  try {
    return await openCarrier<Schema>(choice);
  } catch (error) {
    const { message, cause } = error as Error;
    if (choice.databaseUrl)
      throw new CannotDo(`${message}${cause instanceof Error ? ` (${cause.message})` : ""}`);
    throw new CannotDo(`${message} ${whenInUse}`);
  }
}
