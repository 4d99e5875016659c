import type { Kysely } from "kysely";
import { auditKeys, auditLine, chainHash, firstHash } from "../../domain/audit.ts";
import type { SecretKeys } from "../../domain/secret-link.ts";
import { CannotDo } from "../asked-for.ts";
import { auditTable } from "../audit.ts";
import type { Schema } from "../schema.ts";

/**
 * Refuses keys that this database's audit was not written with: a file that was made with them could be imported with
 * them alone, and would then open no secret.
 *
 * @throws CannotDo in words for whoever exports
 */
export async function refuseOtherKey(db: Kysely<Schema>, secretKeys: SecretKeys): Promise<void> {
  const keys = auditKeys(secretKeys);
  const audit = auditTable(db, keys[0], () => {});
  const newest = await audit.newest();
  if (!newest) return;
  const [before] = await audit.read({ after: newest.n - 2, limit: 1 });
  const { n, hash, ...event } = newest;
  const last = before && before.n < n ? before.hash : firstHash;
  const isOurs = keys.some((key) => chainHash(key, last, auditLine(n, event)) === hash);
  if (!isOurs)
    throw new CannotDo(
      "SECRET_KEY is not the one that this Usher runs with: the newest line of its audit fits none of the keys. Nothing was exported. Set the SECRET_KEY that Usher has; npm run audit -- verify says whether the audit is whole.",
    );
}
