import type { Probes } from "../ports/probes.ts";
import { type Finding, ok, wrong } from "./finding.ts";

/** What Usher is tested on begins here. */
const oldest = 140_000;

export async function checkDatabase({ database }: Probes): Promise<Finding[]> {
  const facts = await database();
  const name = "Database";
  const kind = facts.kind === "embedded" ? "The embedded PostgreSQL" : "PostgreSQL";
  const found: Finding[] = [];
  const bad = (says: string, next: string) => found.push(wrong(name, says, next));
  if (facts.number < oldest) bad(`${kind} ${facts.version} is too old.`, "Use PostgreSQL 14 or newer.");
  if (!facts.fsync)
    bad(
      "fsync is off: a power cut loses what was saved, and with it what Usher made in Entra.",
      "Set fsync = on at the server, and restart it.",
    );
  if (facts.isReadOnly)
    bad(
      "It takes no writes.",
      "Name the primary in DATABASE_URL; this is a standby, or it was made read-only.",
    );
  if (facts.missing.length > 0)
    bad(
      `Its tables are of an older version: ${facts.missing.join(", ")} did not run.`,
      "Start this version of Usher on it: it brings the tables up to date.",
    );
  if (facts.unknown.length > 0)
    bad(
      `Its tables are of a newer version: this Usher does not know ${facts.unknown.join(", ")}.`,
      "Run the newer version; this one may not understand what it finds.",
    );
  if (found.length > 0) return found;
  return [ok(name, `${kind} ${facts.version}, with fsync, and its tables are up to date.`)];
}
