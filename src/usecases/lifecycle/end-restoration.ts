import type { Drift } from "../../domain/drift.ts";
import type { Finding } from "../../domain/finding.ts";
import { seenAgainAfterMs } from "../../domain/finding.ts";
import { ownersOf, type Registration, restorableUntil } from "../../domain/registration.ts";
import type { Lease } from "../ports/steps.ts";
import type { Tables } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import { newPost } from "../telling/new-post.ts";
import { beginReminders } from "./begin-reminders.ts";

type Restoring = Extract<Registration, { state: "restoring" }>;

/** It stands as it was approved. A secret is made anew, and its link goes to the owner. */
export async function endRestoration(
  world: World,
  registration: Restoring,
  lease: Lease,
  left: readonly Drift[],
): Promise<void> {
  const { id, clientId, plan, restoredBy } = registration;
  const { revokedBy: _by, revokedAt: _at, restoredBy: _restoredBy, ...stands } = registration;
  const at = world.clock.now();
  await world.store.inTransaction(async (tables) => {
    await tables.steps.check(lease);
    const active: Registration = { ...stands, state: "active" };
    if (!(await tables.registrations.change(registration, active))) return;
    await forgetFindings(tables, id, at);
    await tables.registrations.markGone(id, undefined);
    // Entra is looked at once more when it agrees with itself.
    await tables.registrations.checkAt(id, new Date(at.getTime() + seenAgainAfterMs));
    if (plan.credential.kind === "secret") {
      await tables.registrations.keyEndsAt(id, undefined);
      await tables.newKeys.insert({ id, why: "restored", by: restoredBy, at, attempts: 0 });
      await tables.jobs.wake("new-key", id);
    } else await beginReminders(tables, active, at);
    await tables.audit.append({
      at,
      who: "usher",
      what: "registration.restore",
      surface: "system",
      subject: id,
      outcome: "restored",
      detail: { clientId, ...(left.length > 0 && { left }) },
    });
    const { displayName } = plan;
    const message = {
      kind: "restored",
      requestId: id,
      displayName,
      by: restoredBy,
      credential: plan.credential.kind,
      isIncomplete: left.length > 0,
    } as const;
    for (const { userId } of ownersOf(registration))
      await tables.posts.add({ ...newPost(id, "note", at), place: { kind: "personal", userId }, message });
    await tables.jobs.wake("deliver", id);
  });
}

/**
 * What was found before is over. What was accepted of how nobody could sign in is no more: that it works again is what
 * was wanted.
 */
async function forgetFindings(tables: Tables, id: Registration["id"], at: Date): Promise<void> {
  const findings = await tables.drifts.hold(id);
  const isOver = ({ state, drift }: Finding) =>
    state === "open" ||
    state === "repairing" ||
    (state === "accepted" && ["sign-in", "secret", "certificate", "federated"].includes(drift.what));
  await tables.drifts.save(
    id,
    findings
      .filter(isOver)
      .map(({ key, drift, firstSeen }): Finding => ({ key, drift, firstSeen, state: "gone", at })),
  );
}

/** It could not be brought back: whatever came back of it is stopped again. Whoever wanted it hears why. */
export async function fallBack(
  world: World,
  registration: Restoring,
  lease: Lease,
  { failure, isStillDeleted }: { failure: string; isStillDeleted: boolean },
): Promise<void> {
  const { id, revokedBy, revokedAt } = registration;
  const { restoredBy: _restoredBy, restoredAt: _restoredAt, revokedAt: _revokedAt, ...stands } = registration;
  const to: Registration = isStillDeleted
    ? { ...stands, state: "revoked", revokedBy, revokedAt }
    : { ...stands, state: "revoking", revokedBy };
  await giveUp(world, registration, lease, to, { outcome: "failed", failure }, async (tables) => {
    if (to.state === "revoked") await setPurge(tables, id, revokedAt);
    else await tables.jobs.wake("revoke", id);
  });
}

/** Somebody has removed it for good in Entra. */
export async function isGoneForGood(world: World, registration: Restoring, lease: Lease): Promise<void> {
  const { restoredBy: _restoredBy, restoredAt: _restoredAt, ...stands } = registration;
  const failure = "Entra keeps nothing of it any more: somebody removed it there for good.";
  await giveUp(
    world,
    registration,
    lease,
    { ...stands, state: "removed" },
    { outcome: "removed", failure },
    async () => {},
  );
}

async function giveUp(
  world: World,
  from: Restoring,
  lease: Lease,
  to: Registration,
  { outcome, failure }: { outcome: "failed" | "removed"; failure: string },
  also: (tables: Tables) => Promise<void>,
): Promise<void> {
  const { id, plan, restoredBy } = from;
  const at = world.clock.now();
  await world.store.inTransaction(async (tables) => {
    await tables.steps.check(lease);
    if (!(await tables.registrations.change(from, to))) return;
    await also(tables);
    await tables.audit.append({
      at,
      who: "usher",
      what: "registration.restore",
      surface: "system",
      subject: id,
      outcome,
      detail: { failure },
    });
    await tables.posts.add({
      ...newPost(id, "note", at),
      place: { kind: "personal", userId: restoredBy.userId },
      message: {
        kind: "not-restored",
        requestId: id,
        displayName: plan.displayName,
        failure,
        isRemoved: outcome === "removed",
      },
    });
    await tables.jobs.wake("deliver", id);
  });
}

/** From that day on Entra keeps nothing of it. */
export const setPurge = (tables: Tables, id: Registration["id"], revokedAt: Date) =>
  tables.duties.set({ id, kind: "purge", dueAt: restorableUntil(revokedAt), data: {} });
