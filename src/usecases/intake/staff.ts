import type { Caller } from "../../domain/person.ts";
import { DirectoryFailure } from "../ports/entra.ts";
import type { World } from "../ports/world.ts";

export type StaffRefusal = { refused: "not-staff" };

/**
 * Whether the caller may ask for anything: an enabled member of this tenant, no guest. `unknown` when the
 * directory does not answer: then nothing is decided yet, and the same is asked again before an approval counts.
 */
export async function checkStaff(world: World, caller: Caller): Promise<"staff" | "unknown" | StaffRefusal> {
  if (caller.tenantId !== world.settings.tenantId) return { refused: "not-staff" };
  try {
    const person = await world.directory.person(caller.userId);
    return person?.isEnabled && !person.isGuest ? "staff" : { refused: "not-staff" };
  } catch (error) {
    if (!(error instanceof DirectoryFailure)) throw error;
    world.log.warn({ err: error, userId: caller.userId }, "who asks could not be looked up");
    return "unknown";
  }
}
