import type { Surface } from "../../domain/audit.ts";
import { parseClientId } from "../../domain/ids.ts";
import type { Caller } from "../../domain/person.ts";
import { isAdmin } from "../approval/authority.ts";
import { DirectoryFailure, type Stray } from "../ports/entra.ts";
import type { World } from "../ports/world.ts";

export type StrayRefusal =
  | { refused: "unknown-registration" }
  | { refused: "directory-unreachable" }
  /** Some of it may be stopped; it can be asked for again. */
  | { refused: "stray-not-stopped"; why: string };

/**
 * What Usher once made and knows nothing of any more, as after an older copy of its database was restored. An admin
 * names it by its client id; to anybody else, and by any other name, there is none.
 */
export async function findStray(
  world: World,
  caller: Caller,
  text: string,
): Promise<{ stray: Stray } | StrayRefusal> {
  const clientId = parseClientId(text.trim());
  const { registrations, requests } = world.store.tables;
  if (!clientId || (await registrations.find(clientId)).length > 0)
    return { refused: "unknown-registration" };
  try {
    if (!(await isAdmin(world, caller))) return { refused: "unknown-registration" };
    const stray = await world.registrar.findStray(clientId);
    // One whose request is known is being made, or waits to be cleaned up.
    const isKnown = stray?.requestId && (await requests.get(stray.requestId));
    return stray && !isKnown ? { stray } : { refused: "unknown-registration" };
  } catch (error) {
    if (!(error instanceof DirectoryFailure)) throw error;
    return { refused: "directory-unreachable" };
  }
}

/**
 * Stops it at once: there is no row that a job could go on from. Each call succeeds when nothing is left, so whoever hears
 * that it did not end says it again.
 */
export async function stopStray(
  world: World,
  caller: Caller,
  text: string,
  surface: Surface,
): Promise<{ stopped: Stray } | StrayRefusal> {
  const found = await findStray(world, caller, text);
  if ("refused" in found) return found;
  const { stray } = found;
  const { applicationObjectId, servicePrincipalId, madeAt } = stray;
  const { registrar } = world;
  await audit(world, caller, surface, stray, "revoking");
  try {
    if (servicePrincipalId) {
      await registrar.disableServicePrincipal(servicePrincipalId, madeAt);
      await registrar.removeGrants(servicePrincipalId, madeAt);
    }
    await registrar.removeAllKeys(applicationObjectId, madeAt);
    await registrar.deleteApplication(applicationObjectId, madeAt);
  } catch (error) {
    if (!(error instanceof DirectoryFailure)) throw error;
    await audit(world, caller, surface, stray, "failed");
    return { refused: "stray-not-stopped", why: error.message };
  }
  await audit(world, caller, surface, stray, "revoked");
  return { stopped: stray };
}

const audit = (world: World, { userId }: Caller, surface: Surface, stray: Stray, outcome: string) =>
  world.store.inTransaction((tables) =>
    tables.audit.append({
      at: world.clock.now(),
      who: userId,
      what: "registration.revoke-unrecorded",
      surface,
      subject: stray.requestId ?? stray.clientId,
      outcome,
      detail: { clientId: stray.clientId, displayName: stray.displayName },
    }),
  );
