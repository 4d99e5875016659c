import { type Drift, driftKey } from "../../domain/drift.ts";
import type { Expected } from "../../domain/drift-expected.ts";
import { driftOf } from "../../domain/drift-of.ts";
import { isRepairable, repairedTogether } from "../../domain/drift-reach.ts";
import type { RequestId } from "../../domain/ids.ts";
import { fingerprintOf } from "../../domain/plan.ts";
import { newSince, type Registration } from "../../domain/registration.ts";
import { allShowsFrom, isRestorationTooLate } from "../../domain/restoration.ts";
import { expectedFor } from "../drift/expected.ts";
import { DirectoryFailure, isFinal, isLag } from "../ports/entra.ts";
import type { Lease } from "../ports/steps.ts";
import type { World } from "../ports/world.ts";
import { underLease } from "../provisioning/under-lease.ts";
import { endRestoration, fallBack, isGoneForGood } from "./end-restoration.ts";

export type Restoring = Extract<Registration, { state: "restoring" }>;

/**
 * Brings a revoked registration back to what was approved, without anything that it could sign in with before, and lets
 * it in last of all. Every call succeeds when it is so already, so it can be repeated from the start. Before each the
 * lease is looked at: who was slow must not let in what somebody has stopped since. Throws `DirectoryFailure` to be
 * tried again; answers when to look again.
 */
export async function carryOutRestoration(world: World, id: RequestId): Promise<Date | undefined> {
  const { registrations } = world.store.tables;
  if ((await registrations.get(id))?.state !== "restoring") return undefined;
  return underLease(world, id, async (lease) => {
    // Read again under the lease: whoever held it before may have ended it.
    const registration = await registrations.get(id);
    return registration?.state === "restoring" ? restore(world, registration, lease) : undefined;
  });
}

async function restore(world: World, registration: Restoring, lease: Lease): Promise<Date | undefined> {
  const { registrar, store } = world;
  const { applicationObjectId } = registration;
  try {
    await checkPlan(world, registration);
    await store.tables.steps.check(lease);
    const found = await registrar.restoreApplication(applicationObjectId, registration.restoredAt);
    if (found === "gone") {
      await isGoneForGood(world, registration, lease);
      return undefined;
    }
  } catch (error) {
    if (!isFinal(error)) throw error;
    await fallBack(world, registration, lease, { failure: error.message, isStillDeleted: true });
    return undefined;
  }
  try {
    return await putRight(world, registration, lease);
  } catch (error) {
    const isOver = isLag(error) && isRestorationTooLate(registration.restoredAt, world.clock.now());
    if (!isFinal(error) && !isOver) throw error;
    const failure = isOver ? neverAgreed : error.message;
    await fallBack(world, registration, lease, { failure, isStillDeleted: false });
    return undefined;
  }
}

const neverAgreed = "For a day Entra did not show what Usher had put right.";

/** What was approved is what comes back: a plan that was altered in the database is not carried out. */
async function checkPlan(world: World, { id, plan }: Registration): Promise<void> {
  const request = await world.store.tables.requests.get(id);
  if (request?.state === "provisioned" && fingerprintOf(plan) === request.fingerprint) return;
  throw new DirectoryFailure("The stored plan is not the one that was approved. Nothing was brought back.", {
    kind: "final",
  });
}

async function putRight(world: World, restoring: Restoring, lease: Lease): Promise<Date | undefined> {
  const { registrar, store, clock } = world;
  const { applicationObjectId, restoredAt, revokedAt } = restoring;
  const registration = await withPrincipal(world, restoring, lease);
  const { servicePrincipalId } = registration;
  await store.tables.steps.check(lease);
  await registrar.disableServicePrincipal(servicePrincipalId, restoredAt);
  await store.tables.steps.check(lease);
  // Whatever was not listed when it was revoked came back with it.
  await registrar.removeAllKeys(applicationObjectId, restoredAt);
  const left = await asApproved(world, registration, lease);
  const showsAll = allShowsFrom(revokedAt);
  if (clock.now() < showsAll) return showsAll;
  await store.tables.steps.check(lease);
  await registrar.enableServicePrincipal(servicePrincipalId, restoredAt);
  await endRestoration(world, registration, lease, left);
  return undefined;
}

/** Another service principal stands for it where Entra does not keep the one before. */
async function withPrincipal(world: World, restoring: Restoring, lease: Lease): Promise<Restoring> {
  const { registrar, store } = world;
  const { id, servicePrincipalId: before, clientId, restoredAt } = restoring;
  await store.tables.steps.check(lease);
  const servicePrincipalId = await registrar.restoreServicePrincipal(before, clientId, restoredAt);
  if (servicePrincipalId !== before) {
    await store.inTransaction(async (tables) => {
      await tables.steps.check(lease);
      await tables.registrations.principalIs(id, servicePrincipalId);
    });
  }
  return { ...restoring, servicePrincipalId };
}

/** So often it is looked at after something was put right, before Entra is given time to agree with itself. */
const mostLooks = 3;

/**
 * Exactly what was approved and not given up since: what somebody added is taken away, and what was taken away with the
 * revocation is given back. Answers what Usher has no right to give.
 */
async function asApproved(world: World, registration: Restoring, lease: Lease): Promise<Drift[]> {
  const { store, inspector } = world;
  // To the graph it is as young as its restoration.
  const young: Registration = { ...registration, createdAt: newSince(registration) };
  const expected = await expectedWhileClosed(world, registration);
  const left = new Map<string, Drift>();
  for (let look = 1; ; look++) {
    const found = await inspector.inspect(young);
    if (found.state === "gone") throw notAgreed();
    const wrong = driftOf(expected, found).filter(
      (drift) => isRepairable(drift) && !left.has(driftKey(drift)),
    );
    if (wrong.length === 0) return [...left.values()];
    if (look === mostLooks) throw notAgreed();
    // One after another: two writes on one object at once are a conflict at Entra.
    for (const drifts of Map.groupBy(wrong, repairedTogether).values()) {
      await store.tables.steps.check(lease);
      const undone = await inspector.undo(young, drifts, expected);
      if (undone === "left") for (const drift of drifts) left.set(driftKey(drift), drift);
    }
  }
}

const notAgreed = () =>
  new DirectoryFailure(
    "Entra does not show yet what Usher has put right. That can take minutes. Usher tries again by itself.",
    { kind: "retry", isLag: true },
  );

/** The approved plan, less what an approver has accepted since; nobody gets in, and nothing that was a secret is left. */
async function expectedWhileClosed(world: World, registration: Restoring): Promise<Expected> {
  const { tables } = world.store;
  const { id, plan } = registration;
  const findings = await tables.drifts.of(id);
  const expected = await expectedFor(world, tables, registration, findings);
  const { credential } = plan;
  const isOver = credential.kind === "certificate" && new Date(credential.expiresAt) <= world.clock.now();
  return {
    ...expected,
    isEnabled: false,
    keyIds: [],
    credential: isOver ? { kind: "none" } : credential,
  };
}
