import type { Caller } from "../../domain/person.ts";
import { isAdmin } from "../approval/authority.ts";
import { DirectoryFailure } from "../ports/entra.ts";
import type { World } from "../ports/world.ts";
import { checksOf } from "./checks.ts";
import { examine } from "./examine.ts";
import type { Finding } from "./finding.ts";

export type DoctorRefusal = { refused: "not-admin" };

/**
 * Looks at everything that Usher stands on, for an admin. Where the directory does not answer, nobody is known to be
 * one: that alone is told.
 */
export async function askDoctor(
  world: World,
  caller: Caller,
): Promise<{ findings: readonly Finding[] } | DoctorRefusal | { refused: "directory-unreachable" }> {
  try {
    if (!(await isAdmin(world, caller))) {
      await note(world, caller, "not-admin");
      return { refused: "not-admin" };
    }
  } catch (error) {
    if (!(error instanceof DirectoryFailure)) throw error;
    world.log.warn({ err: error, userId: caller.userId }, "who asks for doctor could not be looked up");
    return { refused: "directory-unreachable" };
  }
  const { clock, catalog, settings, directory, probes, chat, store } = world;
  const { conversations, hold } = store.tables;
  const asker = { userId: caller.userId, personalChat: chat.personalChat };
  const patient = { clock, catalog, settings, directory, probes, conversations, hold, asker };
  const findings = await examine(checksOf(patient), world.log);
  const wrong = findings.filter(({ state }) => state === "wrong").length;
  await note(world, caller, wrong === 0 ? "well" : "wrong", { wrong });
  return { findings };
}

function note(world: World, { userId }: Caller, outcome: string, detail?: Record<string, unknown>) {
  return world.store.inTransaction((tables) =>
    tables.audit.append({
      at: world.clock.now(),
      who: userId,
      what: "doctor.asked",
      surface: "command",
      subject: "settings",
      outcome,
      ...(detail && { detail }),
    }),
  );
}
