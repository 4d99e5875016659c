import { parseRequestId, type RequestId } from "../../domain/ids.ts";
import type { Caller } from "../../domain/person.ts";
import { isAdmin } from "../approval/authority.ts";
import { DirectoryFailure } from "../ports/entra.ts";
import type { World } from "../ports/world.ts";

export type AuditRefusal =
  | { refused: "not-admin" }
  | { refused: "directory-unreachable" }
  | { refused: "unknown-subject" }
  | { refused: "ambiguous-subject"; names: string[] };

/** Subjects that are no request: acts on the settings, and on the audit itself. */
const others = ["settings", "audit"];

/**
 * What the audit is asked about, by an admin: all of it when nothing is named, else a request or a registration by its
 * id, its client id or its name. Whoever is no admin leaves a line.
 */
export async function askedSubject(
  world: World,
  caller: Caller,
  named: string | undefined,
): Promise<{ subject?: string } | AuditRefusal> {
  try {
    if (!(await isAdmin(world, caller))) {
      await auditRefused(world, caller, named);
      return { refused: "not-admin" };
    }
  } catch (error) {
    if (!(error instanceof DirectoryFailure)) throw error;
    world.log.warn({ err: error, userId: caller.userId }, "who asks for the audit could not be looked up");
    return { refused: "directory-unreachable" };
  }
  const text = named?.trim();
  return text ? subjectNamed(world, text) : {};
}

async function subjectNamed(world: World, text: string): Promise<{ subject: string } | AuditRefusal> {
  if (others.includes(text.toLowerCase())) return { subject: text.toLowerCase() };
  const { requests, registrations } = world.store.tables;
  // A name may have been chosen to look like another one's id: ids go first.
  const id = parseRequestId(text);
  if (id && (await requests.get(id))) return { subject: id };
  const found = await registrations.find(text);
  // A name may have been used again after a revocation: the one that still runs is meant.
  const active = found.filter(({ state }) => state === "active");
  const [registration, other] = active.length > 0 ? active : found;
  if (!registration) return { refused: "unknown-subject" };
  if (other) return { refused: "ambiguous-subject", names: found.map(({ id: each }) => each) };
  return { subject: registration.id };
}

async function auditRefused(world: World, { userId }: Caller, named: string | undefined): Promise<void> {
  const id = parseRequestId(named);
  await world.store.inTransaction((tables) =>
    tables.audit.append({
      at: world.clock.now(),
      who: userId,
      what: "audit.refused",
      surface: "command",
      subject: "audit",
      outcome: "not-admin",
      ...(id && { detail: { of: id } }),
    }),
  );
}

/** Names of people who had to do with these requests, by their ids. */
export async function peopleOf(
  world: World,
  subjects: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const { requests, registrations } = world.store.tables;
  const ids = [...new Set(subjects.flatMap((subject) => parseRequestId(subject) ?? []))];
  const known = await Promise.all(
    ids.map(async (id: RequestId) => {
      const [request, registration] = await Promise.all([requests.get(id), registrations.get(id)]);
      if (!request) return [];
      return [
        request.requester,
        ...request.votes.map(({ approver }) => approver),
        ...request.thread.map(({ by }) => by),
        ...("decidedBy" in request ? [request.decidedBy] : []),
        ...("returnedBy" in request ? [request.returnedBy] : []),
        ...("offeredBy" in request ? [request.offeredBy] : []),
        ...(registration && registration.state !== "active" ? [registration.revokedBy] : []),
      ];
    }),
  );
  return new Map(known.flat().map(({ userId, name }) => [userId, name]));
}
