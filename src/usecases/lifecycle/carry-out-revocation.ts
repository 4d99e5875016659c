import type { RequestId } from "../../domain/ids.ts";
import { newSince, ownersOf, type Registration } from "../../domain/registration.ts";
import type { Lease } from "../ports/steps.ts";
import type { World } from "../ports/world.ts";
import { federatedName, removeCredentials } from "../provisioning/remove-credentials.ts";
import { underLease } from "../provisioning/under-lease.ts";
import { newPost } from "../telling/new-post.ts";
import { setPurge } from "./end-restoration.ts";

type Revoking = Extract<Registration, { state: "revoking" }>;

/**
 * Stops the registration in Entra: no new tokens at once, then consents and roles, then the keys, then the soft delete.
 * Every call succeeds when nothing is left of it, so it can be repeated from the start. Before each the lease is looked
 * at: who was slow must not delete what somebody has restored since. Throws `DirectoryFailure` to be tried again;
 * answers when to look again while somebody else is at it.
 */
export async function carryOutRevocation(world: World, id: RequestId): Promise<Date | undefined> {
  const { registrations } = world.store.tables;
  if ((await registrations.get(id))?.state !== "revoking") return undefined;
  const work = async (lease: Lease) => {
    // Read again under the lease: whoever held it before may have ended it.
    const registration = await registrations.get(id);
    if (registration?.state === "revoking") await revoke(world, registration, lease);
    return undefined;
  };
  return underLease(world, id, work, ({ revoking }) => !revoking.includes(id));
}

async function revoke(world: World, registration: Revoking, lease: Lease): Promise<void> {
  const { registrar, store } = world;
  const { servicePrincipalId, applicationObjectId } = registration;
  const since = newSince(registration);
  await store.tables.steps.check(lease);
  await registrar.disableServicePrincipal(servicePrincipalId, since);
  await store.tables.steps.check(lease);
  await registrar.removeGrants(servicePrincipalId, since);
  await removeItsCredentials(world, registration, lease);
  await store.tables.steps.check(lease);
  await registrar.deleteApplication(applicationObjectId, since);
  await end(world, registration, lease);
}

async function removeItsCredentials(world: World, registration: Revoking, lease: Lease): Promise<void> {
  const { id, applicationObjectId, plan } = registration;
  const since = newSince(registration);
  const row = (await world.store.tables.steps.all(id)).find(({ step }) => step === "credential");
  const name = row?.outcome.federatedRemoved ? undefined : federatedName(plan.credential);
  await removeCredentials(
    world,
    {
      requestId: id,
      applicationObjectId,
      since,
      federated: name ? { name, since } : undefined,
      lease,
    },
    {
      // Kept in its step: looked for again it would not be found, which does not tell whether it only does not show.
      async federated() {
        const outcome = { ...row?.outcome, federatedRemoved: "true" };
        if (row) await world.store.inTransaction((tables) => tables.steps.write(lease, { ...row, outcome }));
      },
    },
  );
}

async function end(world: World, registration: Revoking, lease: Lease): Promise<void> {
  const { id, clientId, plan, revokedBy } = registration;
  const at = world.clock.now();
  await world.store.inTransaction(async (tables) => {
    await tables.steps.check(lease);
    const revoked: Registration = { ...registration, state: "revoked", revokedAt: at };
    if (!(await tables.registrations.change(registration, revoked))) return;
    await setPurge(tables, id, at);
    await tables.audit.append({
      at,
      who: "usher",
      what: "registration.revoke",
      surface: "system",
      subject: id,
      outcome: "revoked",
      detail: { clientId },
    });
    const message = { kind: "revoked", requestId: id, displayName: plan.displayName, by: revokedBy } as const;
    for (const { userId } of ownersOf(registration)) {
      if (userId === revokedBy.userId) continue;
      await tables.posts.add({ ...newPost(id, "note", at), place: { kind: "personal", userId }, message });
    }
    await tables.jobs.wake("deliver", id);
  });
}
