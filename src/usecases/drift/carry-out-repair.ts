import { repairedTogether } from "../../domain/drift-reach.ts";
import { type Finding, seenAgainAfterMs } from "../../domain/finding.ts";
import type { RequestId } from "../../domain/ids.ts";
import { DirectoryFailure } from "../ports/entra.ts";
import type { Lease } from "../ports/steps.ts";
import type { World } from "../ports/world.ts";
import { underLease } from "../provisioning/under-lease.ts";
import { expectedFor } from "./expected.ts";

type Repairing = Extract<Finding, { state: "repairing" }>;
type End = { state: "repaired" } | { state: "open"; note: string };

const leftToAdministrator =
  "Usher has no right to do this. An administrator must do it in Entra; then it disappears here by itself.";
const isEnding = "The registration is being revoked.";

/**
 * Puts back what an approver wants repaired, under the lease under which the registration is also taken apart. Throws
 * `DirectoryFailure` to be tried again; answers when to look again while somebody else holds it.
 */
export async function carryOutRepair(world: World, id: RequestId): Promise<Date | undefined> {
  if (!(await world.store.tables.drifts.of(id)).some(isRepairing)) return undefined;
  return underLease(world, id, async (lease) => {
    await putBackAll(world, id, lease);
    return undefined;
  });
}

const isRepairing = (finding: Finding): finding is Repairing => finding.state === "repairing";

/**
 * One thing after another: two writes on one object at once are a conflict at Entra. Each can be repeated, so whoever
 * takes over begins anew with what is left.
 */
async function putBackAll(world: World, id: RequestId, lease: Lease): Promise<void> {
  const { tables } = world.store;
  const groups = Map.groupBy((await tables.drifts.of(id)).filter(isRepairing), ({ drift }) =>
    repairedTogether(drift),
  );
  let unfinished: DirectoryFailure | undefined;
  for (const findings of groups.values()) {
    try {
      await end(world, id, lease, findings, await putBack(world, id, lease, findings));
    } catch (error) {
      if (!(error instanceof DirectoryFailure)) throw error;
      if (error.kind === "retry") unfinished ??= error;
      else await end(world, id, lease, findings, { state: "open", note: error.message });
    }
  }
  if (unfinished) throw unfinished;
  // Entra is looked at once more when it agrees with itself.
  const again = new Date(world.clock.now().getTime() + seenAgainAfterMs);
  await tables.registrations.checkAt(id, again);
}

async function putBack(
  world: World,
  id: RequestId,
  lease: Lease,
  findings: readonly Repairing[],
): Promise<End> {
  const { tables } = world.store;
  await tables.steps.check(lease);
  // Read again each time: it may be being revoked by now, and an approver may have accepted more.
  const registration = await tables.registrations.get(id);
  if (registration?.state !== "active") return { state: "open", note: isEnding };
  const expected = await expectedFor(world, tables, registration, await tables.drifts.of(id));
  const drifts = findings.map(({ drift }) => drift);
  const undone = await world.inspector.undo(registration, drifts, expected);
  return undone === "left" ? { state: "open", note: leftToAdministrator } : { state: "repaired" };
}

async function end(
  world: World,
  id: RequestId,
  lease: Lease,
  findings: readonly Repairing[],
  end: End,
): Promise<void> {
  const at = world.clock.now();
  await world.store.inTransaction(async (tables) => {
    await tables.steps.check(lease);
    const now = await tables.drifts.hold(id);
    for (const finding of findings) {
      // Another process has brought it to its end.
      if (now.find(({ key }) => key === finding.key)?.state !== "repairing") continue;
      const { by, at: _begun, ...was } = finding;
      const ended: Finding = end.state === "repaired" ? { ...was, ...end, by, at } : { ...was, ...end };
      await tables.drifts.save(id, [ended]);
      await tables.audit.append({
        at,
        who: "usher",
        what: "drift.repaired",
        surface: "system",
        subject: id,
        outcome: end.state === "repaired" ? "repaired" : "left",
        detail: { ...finding.drift, ...(end.state === "open" && { note: end.note }) },
      });
    }
    await tables.jobs.wake("deliver", id);
  });
}
