import type { Drift } from "../../domain/drift.ts";
import type { Expected } from "../../domain/drift-of.ts";
import { type Finding, seenAgainAfterMs } from "../../domain/finding.ts";
import type { RequestId } from "../../domain/ids.ts";
import type { Registration } from "../../domain/registration.ts";
import { DirectoryFailure } from "../ports/entra.ts";
import type { World } from "../ports/world.ts";
import { expectedFor } from "./expected.ts";

type Repairing = Extract<Finding, { state: "repairing" }>;
type End = { state: "repaired" } | { state: "open"; note: string };

const leftToAdministrator =
  "Usher has no right to do this. An administrator must do it in Entra; then it disappears here by itself.";

/**
 * Puts back what an approver wants repaired, one thing after another: two writes on one object at once are a conflict
 * at Entra. Each can be repeated, so whoever takes over begins anew with what is left. Throws `DirectoryFailure` to be
 * tried again.
 */
export async function carryOutRepair(world: World, id: RequestId): Promise<void> {
  const { tables } = world.store;
  const registration = await tables.registrations.get(id);
  const findings = await tables.drifts.of(id);
  const repairing = findings.filter((finding): finding is Repairing => finding.state === "repairing");
  if (!registration || repairing.length === 0) return;
  const expected = await expectedFor(world, tables, registration, findings);
  let unfinished: DirectoryFailure | undefined;
  for (const finding of repairing) {
    try {
      await end(world, id, finding, await putBack(world, registration, finding.drift, expected));
    } catch (error) {
      if (!(error instanceof DirectoryFailure)) throw error;
      if (error.kind === "retry") unfinished ??= error;
      else await end(world, id, finding, { state: "open", note: error.message });
    }
  }
  if (unfinished) throw unfinished;
  // Entra is looked at once more when it agrees with itself.
  const again = new Date(world.clock.now().getTime() + seenAgainAfterMs);
  await tables.registrations.checkAt(id, again);
}

async function putBack(
  world: World,
  registration: Registration,
  drift: Drift,
  expected: Expected,
): Promise<End> {
  if (registration.state !== "active") return { state: "open", note: "The registration is being revoked." };
  const { servicePrincipalId, applicationObjectId, createdAt, plan } = registration;
  const { registrar, inspector, settings } = world;
  const { credential } = plan;
  const isRemoved = "change" in drift && drift.change === "removed";
  if (drift.what === "consent" && isRemoved) {
    if (!settings.mayConsent) return { state: "open", note: leftToAdministrator };
    const { permission } = drift;
    await (permission.kind === "application"
      ? registrar.grantApplicationPermissions(servicePrincipalId, [permission], createdAt)
      : registrar.grantDelegatedPermissions(servicePrincipalId, [permission], createdAt));
  } else if (drift.what === "certificate" && isRemoved && credential.kind === "certificate")
    await registrar.addCertificate(applicationObjectId, credential, createdAt);
  else if (drift.what === "federated" && isRemoved && credential.kind === "federated")
    await registrar.addFederatedCredential(applicationObjectId, credential, createdAt);
  else if ((await inspector.undo(registration, drift, expected)) === "left")
    return { state: "open", note: leftToAdministrator };
  return { state: "repaired" };
}

async function end(world: World, id: RequestId, finding: Repairing, end: End): Promise<void> {
  const at = world.clock.now();
  const { by, at: _begun, ...was } = finding;
  const ended: Finding = end.state === "repaired" ? { ...was, ...end, by, at } : { ...was, ...end };
  await world.store.inTransaction(async (tables) => {
    const now = (await tables.drifts.hold(id)).find(({ key }) => key === finding.key);
    // Another process has brought it to its end.
    if (now?.state !== "repairing") return;
    await tables.drifts.save(id, [ended]);
    await tables.audit.append({
      at,
      who: "usher",
      what: "drift.repaired",
      surface: "system",
      subject: id,
      outcome: end.state === "repaired" ? "repaired" : "left",
      detail: { ...finding.drift, ...(end.state === "open" && { note: end.note }) },
    });
    await tables.jobs.wake("deliver", id);
  });
}
