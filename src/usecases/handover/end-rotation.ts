import type { Surface } from "../../domain/audit.ts";
import type { RequestId } from "../../domain/ids.ts";
import type { Caller } from "../../domain/person.ts";
import { isOwnedBy, type Registration } from "../../domain/registration.ts";
import { judgeCancel, judgeSwitch } from "../../domain/rotation.ts";
import { findRevocable } from "../lifecycle/revoke-registration.ts";
import { DirectoryFailure } from "../ports/entra.ts";
import type { KeyRow } from "../ports/registrations.ts";
import type { Tables } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import type { RotationView } from "../telling/registration-views.ts";
import { rotationView } from "../telling/rotation-view.ts";
import { removeAbandoned } from "./make-key.ts";
import { keysNow, oldWorksAgain, tellOwners } from "./overlap.ts";
import type { RotateAsked, RotateRefusal } from "./rotate-secret.ts";

/** The owner says that the new secret is in use everywhere: the old one goes at once. */
export async function switchSecret(
  world: World,
  { caller, named, keyId, surface }: RotateAsked,
): Promise<{ rotation: RotationView } | RotateRefusal> {
  const found = await findRevocable(world, caller, named);
  if ("refused" in found) return found;
  const { id } = found.registration;
  if (!isOwnedBy(found.registration, caller)) return { refused: "not-its-owner", id };
  const outcome = await world.store.inTransaction(async (tables) => {
    const held = await tables.registrations.hold(id);
    if (!held || !isOwnedBy(held, caller)) return { refused: "unknown-registration" } as const;
    if (held.state !== "active") return { refused: "already-revoked", registration: held } as const;
    const verdict = judgeSwitch(await keysNow(tables, id), keyId);
    if (verdict === "no-overlap") return { refused: "no-rotation", id } as const;
    if (verdict === "unopened") return { refused: "new-secret-unopened", id } as const;
    if (verdict === "key-changed") return { refused: "rotation-changed", id } as const;
    const at = world.clock.now();
    const given = await abandon(tables, id, ["retiring"], at);
    await tables.duties.remove(id, "overlap");
    await audit(tables, { caller, surface, id, at, outcome: "switched", given });
    await tables.jobs.wake("deliver", id);
    return { given, rotation: await rotationView(tables, held) };
  });
  if ("refused" in outcome) return outcome;
  await removeNow(world, outcome.given);
  return { rotation: outcome.rotation };
}

/**
 * The new secret and its link go, and the one before is the one that works, as if nobody had asked. Whoever may begin
 * a rotation may cancel it.
 */
export async function cancelRotation(
  world: World,
  { caller, named, keyId, surface }: RotateAsked,
): Promise<{ cancelled: Registration } | RotateRefusal> {
  const found = await findRevocable(world, caller, named);
  if ("refused" in found) return found;
  const { id } = found.registration;
  const outcome = await world.store.inTransaction(async (tables) => {
    const held = await tables.registrations.hold(id);
    if (!held) return { refused: "unknown-registration" } as const;
    if (held.state !== "active") return { refused: "already-revoked", registration: held } as const;
    const verdict = judgeCancel(await keysNow(tables, id), keyId);
    if (verdict === "no-rotation") return { refused: "no-rotation", id } as const;
    if (verdict === "key-changed") return { refused: "rotation-changed", id } as const;
    const at = world.clock.now();
    // Whoever makes the new key has lost, and removes what it made.
    if (await tables.newKeys.remove(id)) await tables.steps.takeOver(id);
    await tables.links.cancel({ requestId: id });
    const given = await abandon(
      tables,
      id,
      verdict === "overlap" ? ["current", "intended"] : ["intended"],
      at,
    );
    await oldWorksAgain(tables, id, at);
    await audit(tables, { caller, surface, id, at, outcome: "cancelled", given });
    if (!isOwnedBy(held, caller)) {
      const by = { userId: caller.userId, name: caller.name };
      const { displayName } = held.plan;
      const message = { kind: "rotation-over", requestId: id, displayName, why: "cancelled", by } as const;
      await tellOwners(tables, held, at, message);
    }
    await tables.jobs.wake("deliver", id);
    return { given, cancelled: held };
  });
  if ("refused" in outcome) return outcome;
  await removeNow(world, outcome.given);
  return { cancelled: outcome.cancelled };
}

async function abandon(
  tables: Tables,
  id: RequestId,
  states: readonly KeyRow["state"][],
  changedAt: Date,
): Promise<KeyRow[]> {
  const given: KeyRow[] = [];
  for (const key of await tables.keys.of(id)) {
    if (!states.includes(key.state)) continue;
    const abandoned: KeyRow = { ...key, state: "abandoned", changedAt };
    await tables.keys.update(abandoned);
    given.push(abandoned);
  }
  return given;
}

/** At once where Entra lets it, and no restored backup is held; otherwise the sweep does it. */
async function removeNow(world: World, given: readonly KeyRow[]): Promise<void> {
  if (await world.store.tables.hold.get()) return;
  for (const key of given) {
    try {
      await removeAbandoned(world, key);
    } catch (error) {
      if (!(error instanceof DirectoryFailure)) throw error;
      world.log.warn(
        { err: error, requestId: key.requestId },
        "a secret is not removed yet; the sweep goes on",
      );
    }
  }
}

const audit = (
  tables: Tables,
  done: {
    caller: Caller;
    surface: Surface;
    id: RequestId;
    at: Date;
    outcome: "switched" | "cancelled";
    given: readonly KeyRow[];
  },
) =>
  tables.audit.append({
    at: done.at,
    who: done.caller.userId,
    what: "secret.rotate",
    surface: done.surface,
    subject: done.id,
    outcome: done.outcome,
    detail: { removed: done.given.flatMap(({ keyId }) => keyId ?? []).join(", ") },
  });
