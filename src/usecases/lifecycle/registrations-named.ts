import type { Caller } from "../../domain/person.ts";
import { isOwnedBy, type Registration } from "../../domain/registration.ts";
import { isApproverOrAdmin } from "../approval/authority.ts";
import { DirectoryFailure } from "../ports/entra.ts";
import type { World } from "../ports/world.ts";

export type NamedRefusal =
  | { refused: "unknown-registration" }
  | { refused: "ambiguous-registration"; names: string[] }
  | { refused: "directory-unreachable" };

/**
 * Those that somebody may mean by an id or a name, if they own them, or are an approver or an admin. To anybody else
 * they do not exist.
 */
export async function registrationsSeen(
  world: World,
  caller: Caller,
  text: string,
): Promise<Registration[] | { refused: "directory-unreachable" }> {
  const found = await world.store.tables.registrations.find(text);
  const own = found.filter((each) => isOwnedBy(each, caller));
  try {
    if (!(await isEnabledStaff(world, caller))) return [];
    const mayAny = own.length < found.length && (await isApproverOrAdmin(world, caller));
    return mayAny ? found : own;
  } catch (error) {
    if (!(error instanceof DirectoryFailure)) throw error;
    return { refused: "directory-unreachable" };
  }
}

/**
 * The one that somebody means, whatever its state. A name may have been used again after a revocation: the one that
 * still runs is meant.
 */
export async function findRegistration(
  world: World,
  caller: Caller,
  text: string,
): Promise<{ registration: Registration } | NamedRefusal> {
  const seen = await registrationsSeen(world, caller, text);
  if ("refused" in seen) return seen;
  const active = seen.filter(({ state }) => state === "active");
  const meant = active.length > 0 ? active : seen;
  const [registration, other] = meant;
  if (!registration) return { refused: "unknown-registration" };
  return other ? { refused: "ambiguous-registration", names: meant.map(({ id }) => id) } : { registration };
}

async function isEnabledStaff(world: World, caller: Caller): Promise<boolean> {
  if (caller.tenantId !== world.settings.tenantId) return false;
  const person = await world.directory.person(caller.userId);
  return person?.isEnabled === true && !person.isGuest;
}
