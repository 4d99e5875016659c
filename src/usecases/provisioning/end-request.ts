import { beginReminders } from "../lifecycle/begin-reminders.ts";
import type { StepRow } from "../ports/steps.ts";
import type { Tables } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import { madeSoFar, type Work } from "./work.ts";

/** What the credential came to: what its step notes, what the audit says of it, and when it stops working. */
export type MadeCredential = {
  outcome: StepRow["outcome"];
  detail: Readonly<Record<string, string>>;
  expiresAt?: Date;
};

/** Inside the last transaction: from here on the request is provisioned and its registration is active. */
export async function endRequest(
  tables: Tables,
  world: World,
  { request, lease, rows }: Work,
  row: StepRow,
  { outcome, detail, expiresAt }: MadeCredential,
): Promise<void> {
  const { clientId, applicationObjectId, servicePrincipalId } = madeSoFar({ request, lease, rows });
  const at = world.clock.now();
  await tables.steps.write(lease, { ...row, state: "done", outcome, doneAt: at });
  if (!(await tables.requests.change(request, { ...request, state: "provisioned" }))) {
    throw new Error(`${request.id} is no longer approved`);
  }
  const registration = {
    state: "active",
    id: request.id,
    owner: request.requester,
    plan: request.plan,
    clientId,
    applicationObjectId,
    servicePrincipalId,
    createdAt: at,
    ...(expiresAt && { expiresAt }),
  } as const;
  await tables.registrations.insert(registration);
  await beginReminders(tables, registration, at);
  await tables.audit.append({
    at,
    who: "usher",
    what: "request.provisioning",
    surface: "system",
    subject: request.id,
    revision: request.revision,
    outcome: "provisioned",
    detail: { fingerprint: request.fingerprint, clientId, ...detail },
  });
  await tables.jobs.wake("deliver", request.id);
}
