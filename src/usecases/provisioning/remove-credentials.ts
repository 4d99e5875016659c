import type { ApplicationObjectId, RequestId } from "../../domain/ids.ts";
import type { Credential } from "../../domain/plan.ts";
import { stepPatience } from "../../domain/provisioning.ts";
import { DirectoryFailure } from "../ports/entra.ts";
import type { KeyRow } from "../ports/registrations.ts";
import type { Lease } from "../ports/steps.ts";
import type { World } from "../ports/world.ts";

type Stopped = {
  requestId: RequestId;
  applicationObjectId: ApplicationObjectId;
  /** When the application was made. */
  since: Date;
  /** A federated credential that was made, or may have been, at this moment at the latest. */
  federated: { name: string; since: Date } | undefined;
  lease: Lease;
};

/**
 * Takes away all that the application could sign in with. It must be done before the application is deleted, since a
 * restore brings back what is left. What was made is removed by its id or its name, since lists lag; a key that nobody
 * knows the id of is looked for by its marker until it must have shown. Throws a `DirectoryFailure` while something of
 * it is unaccounted for. May be repeated: `onRemoved` hears what need not be removed again.
 */
export async function removeCredentials(
  world: World,
  stopped: Stopped,
  onRemoved: { federated(): Promise<void> },
): Promise<void> {
  const { requestId, applicationObjectId, since, federated, lease } = stopped;
  const { registrar, store } = world;
  let isUnclear = false;
  for (const key of await store.tables.keys.of(requestId)) {
    if (key.state === "removed") continue;
    await store.tables.steps.check(lease);
    if (await isGone(world, key)) await keepRemoved(world, lease, key);
    else isUnclear = true;
  }
  if (federated) {
    await store.tables.steps.check(lease);
    await registrar.removeFederatedCredential(applicationObjectId, federated.name, federated.since);
    await onRemoved.federated();
  }
  await store.tables.steps.check(lease);
  await registrar.removeAllKeys(applicationObjectId, since);
  if (!isUnclear) return;
  throw new DirectoryFailure(
    "Entra may have made a secret without saying so, and does not show one. Usher looks for half an hour, since Entra can lag.",
    { kind: "retry", isLag: true },
  );
}

/** Whether nothing of the key is left for certain. */
async function isGone({ registrar, clock }: World, key: KeyRow): Promise<boolean> {
  const { applicationObjectId, keyId, marker, changedAt } = key;
  if (keyId) {
    await registrar.removeKey(applicationObjectId, keyId, changedAt);
    return true;
  }
  const removed = await registrar.removeKeysMarked(applicationObjectId, marker);
  return removed > 0 || clock.now().getTime() - changedAt.getTime() > stepPatience.ms;
}

async function keepRemoved(world: World, lease: Lease, key: KeyRow): Promise<void> {
  await world.store.inTransaction(async (tables) => {
    await tables.steps.check(lease);
    await tables.keys.update({ ...key, state: "removed", changedAt: world.clock.now() });
  });
}

/** The name of a plan's federated credential. */
export const federatedName = (credential: Credential) =>
  credential.kind === "federated" ? credential.name : undefined;
