import type { Surface } from "../../domain/audit.ts";
import { isAcceptable, isRepairable } from "../../domain/drift-reach.ts";
import { type Finding, isOwner, isReported, markOfFindings } from "../../domain/finding.ts";
import type { RequestId } from "../../domain/ids.ts";
import type { Caller } from "../../domain/person.ts";
import { isOwnedBy, ownersOf, type Registration } from "../../domain/registration.ts";
import { isApproverOrAdmin, rolesOf } from "../approval/authority.ts";
import { DirectoryFailure } from "../ports/entra.ts";
import type { Tables } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import type { DriftView } from "../telling/registration-views.ts";
import { lookNow } from "./drift-sweep.ts";
import { driftView } from "./drift-view.ts";
import { isNamedInEntra } from "./named-in-entra.ts";

export type DriftRefusal =
  | { refused: "unknown-registration" }
  | { refused: "owner-of-registration" }
  | { refused: "not-approver-of-drift" }
  /** It is not what the card showed; `view` is how it stands. */
  | { refused: "drift-changed"; view: DriftView }
  | { refused: "nothing-to-repair" }
  | { refused: "nothing-to-accept" }
  | { refused: "directory-unreachable" }
  | { refused: "entra-does-not-answer"; id: RequestId };

export type DriftPress = {
  caller: Caller;
  id: RequestId;
  /** Which findings the person saw; a command names none: Repair means the approved plan, whatever was found. */
  mark?: string;
  surface: Surface;
};

/** Nothing is accepted without a reason: others read it later. */
export type DriftAcceptance = DriftPress & { reason: string };

/** How a registration stands, to its owner, approvers and admins. To anybody else there is none. */
export async function showDrift(
  world: World,
  caller: Caller,
  id: RequestId,
): Promise<{ view: DriftView } | DriftRefusal> {
  const registration = await world.store.tables.registrations.get(id);
  if (!registration || caller.tenantId !== world.settings.tenantId)
    return { refused: "unknown-registration" };
  const isForOwner = isOwnedBy(registration, caller);
  try {
    const mayRead = isForOwner || (await isApproverOrAdmin(world, caller));
    if (!mayRead) return { refused: "unknown-registration" };
  } catch (error) {
    if (!(error instanceof DirectoryFailure)) throw error;
    return { refused: "directory-unreachable" };
  }
  return { view: await driftView(world, registration, { since: undefined, isForOwner }) };
}

/**
 * The same, with a look in Entra first. What differs for the first time is decided upon only once it is seen again: Entra
 * shows older states for a while.
 */
export async function checkDrift(
  world: World,
  caller: Caller,
  id: RequestId,
): Promise<{ view: DriftView } | DriftRefusal> {
  const shown = await showDrift(world, caller, id);
  if ("refused" in shown || shown.view.registration.state !== "active") return shown;
  const hasLooked = await lookNow(world, shown.view.registration);
  return hasLooked ? showDrift(world, caller, id) : { refused: "entra-does-not-answer", id };
}

/** What was found is brought back to the approved plan: saved first, carried out by a job until nothing is left of it. */
export function repairDrift(world: World, press: DriftPress): Promise<{ view: DriftView } | DriftRefusal> {
  return decide(world, press, "repair", async (tables, findings, at) => {
    const by = { userId: press.caller.userId, name: press.caller.name };
    const chosen = findings.filter(({ state, drift }) => state === "open" && isRepairable(drift));
    if (chosen.length === 0) {
      // Pressed a second time: what came of the first press is the answer.
      return findings.some(({ state }) => state === "repairing") ? undefined : "nothing-to-repair";
    }
    await tables.drifts.save(
      press.id,
      chosen.map(({ note: _note, ...finding }): Finding => ({ ...finding, state: "repairing", by, at })),
    );
    await audit(tables, press, "drift.repair", "repairing", { keys: chosen.map(({ key }) => key) }, at);
    await tables.jobs.wake("repair", press.id);
    return undefined;
  });
}

/**
 * What is less than was approved may stay so. Whatever is more needs a new
 * request.
 */
export function acceptDrift(
  world: World,
  press: DriftAcceptance,
): Promise<{ view: DriftView } | DriftRefusal> {
  return decide(world, press, "accept", async (tables, findings, at) => {
    const by = { userId: press.caller.userId, name: press.caller.name };
    const chosen = findings.filter(({ state, drift }) => state === "open" && isAcceptable(drift));
    if (chosen.length === 0) return "nothing-to-accept";
    await tables.drifts.save(
      press.id,
      chosen.map((finding): Finding => ({ ...finding, state: "accepted", by, at, note: press.reason })),
    );
    for (const { drift } of chosen)
      await audit(tables, press, "drift.accepted", "accepted", { ...drift, reason: press.reason }, at);
    return undefined;
  });
}

type Act = (
  tables: Tables,
  findings: Finding[],
  at: Date,
) => Promise<"nothing-to-repair" | "nothing-to-accept" | undefined>;

async function decide(
  world: World,
  press: DriftPress,
  verdict: "repair" | "accept",
  act: Act,
): Promise<{ view: DriftView } | DriftRefusal> {
  const { caller, id, mark } = press;
  const registration = await world.store.tables.registrations.get(id);
  const refusal = registration
    ? await refusalToDecideDrift(world, caller, registration)
    : ({ refused: "unknown-registration" } as const);
  if (refusal || !registration) {
    const refused = refusal?.refused ?? "unknown-registration";
    await world.store.inTransaction((tables) =>
      audit(tables, press, "drift.decision-refused", refused, { verdict }, world.clock.now()),
    );
    return { refused };
  }
  const at = world.clock.now();
  const outcome = await world.store.inTransaction(async (tables) => {
    const all = await tables.drifts.hold(id);
    const now = await tables.registrations.get(id);
    // An owner who was only found by now decides no more than one who was there before.
    if (ownsIt(now ?? registration, caller, all) || (await isNamedInEntra(tables, id, caller)))
      return "owner-of-registration" as const;
    const findings = now?.state === "active" ? all.filter(isReported) : [];
    if (mark !== undefined && mark !== markOfFindings(findings)) return "drift-changed" as const;
    const nothing = await act(tables, findings, at);
    if (!nothing) await tables.jobs.wake("deliver", id);
    return nothing;
  });
  const view = await driftView(world, registration, { since: at, isForOwner: false });
  if (outcome === "drift-changed") return { refused: outcome, view };
  return outcome ? { refused: outcome } : { view };
}

/** Looked up at this moment: an approver who could not have changed it in Entra themselves. */
async function refusalToDecideDrift(
  world: World,
  caller: Caller,
  registration: Registration,
): Promise<Exclude<DriftRefusal, { refused: "drift-changed" | "entra-does-not-answer" }> | undefined> {
  if (caller.tenantId !== world.settings.tenantId) return { refused: "unknown-registration" };
  const findings = await world.store.tables.drifts.of(registration.id);
  const { tables } = world.store;
  if (ownsIt(registration, caller, findings) || (await isNamedInEntra(tables, registration.id, caller)))
    return { refused: "owner-of-registration" };
  try {
    const { isApprover, isAdmin } = await rolesOf(world, caller);
    // To whoever may not even see it, it does not exist.
    if (!isApprover) return { refused: isAdmin ? "not-approver-of-drift" : "unknown-registration" };
  } catch (error) {
    if (!(error instanceof DirectoryFailure)) throw error;
    return { refused: "directory-unreachable" };
  }
  return undefined;
}

const audit = (
  tables: Tables,
  { caller, surface, id }: DriftPress,
  what: string,
  outcome: string,
  detail: Readonly<Record<string, unknown>>,
  at: Date,
) => tables.audit.append({ at, who: caller.userId, what, surface, subject: id, outcome, detail });

/** Here or in Entra. */
const ownsIt = (registration: Registration, { userId }: Caller, findings: readonly Finding[]) =>
  ownersOf(registration).some((owner) => isOwner(userId, owner, findings));
