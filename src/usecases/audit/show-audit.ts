import type { Surface } from "../../domain/audit.ts";
import type { Caller } from "../../domain/person.ts";
import type { AuditRow } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import { type AuditRefusal, askedSubject, peopleOf } from "./subject.ts";

/** A page of the audit, newest last. */
export type AuditView = {
  /** Left out: the newest lines of all. */
  subject?: string;
  /** The newest line of the whole audit. */
  head: Pick<AuditRow, "n" | "hash">;
  rows: AuditRow[];
  /** Names of people by their ids, as far as their requests know them. */
  names: ReadonlyMap<string, string>;
  /** Where the next page begins; left out on the last one. */
  next?: number;
};

/** Lines of one page of a card. */
const pageOf = 10;

/** The history of what is named, a page at a time, or the newest lines of all. That it was shown is a line too. */
export async function showAudit(
  world: World,
  caller: Caller,
  named: string | undefined,
  surface: Surface,
  after = 0,
): Promise<AuditView | AuditRefusal> {
  const asked = await askedSubject(world, caller, named);
  if ("refused" in asked) return asked;
  const { subject } = asked;
  await world.store.inTransaction((tables) =>
    tables.audit.append({
      at: world.clock.now(),
      who: caller.userId,
      what: "audit.shown",
      surface,
      subject: "audit",
      outcome: "shown",
      detail: { ...(subject && { of: subject }), ...(after > 0 && { after }) },
    }),
  );
  const { audit } = world.store.tables;
  const head = (await audit.newest()) as AuditRow;
  const from = subject ? after : Math.max(0, head.n - pageOf);
  const rows = await audit.read({ after: from, limit: pageOf + 1, ...(subject && { subject }) });
  const page = rows.slice(0, pageOf);
  const names = new Map(
    await peopleOf(
      world,
      page.map((row) => row.subject),
    ),
  );
  names.set(caller.userId, caller.name);
  return {
    ...(subject && { subject }),
    head: { n: head.n, hash: head.hash },
    rows: page,
    names,
    ...(subject && rows.length > pageOf && { next: page.at(-1)?.n ?? 0 }),
  };
}
