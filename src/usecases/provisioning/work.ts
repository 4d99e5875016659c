import type { ApplicationObjectId, ClientId, ConversationId, ServicePrincipalId } from "../../domain/ids.ts";
import type { StepName } from "../../domain/provisioning.ts";
import type { In } from "../../domain/request.ts";
import type { Lease, StepRow } from "../ports/steps.ts";

/** One run over one request: what was read when its level began, and the lease under which it writes. */
export type Work = { request: In<"approved">; rows: readonly StepRow[]; lease: Lease };

/** The last step writes its outcome itself, in the transaction that ends the request. */
export class HandedOver {}

/** What was made in Entra so far. Needs the steps "application" and, for its id, "service-principal" to be done. */
export function madeSoFar(work: Work) {
  const rowOf = (step: StepName) => work.rows.find((row) => row.step === step);
  const outcome = (step: StepName) => rowOf(step)?.outcome ?? {};
  const { applicationObjectId, clientId, madeAt } = outcome("application");
  const since = new Date(madeAt ?? 0);
  return {
    applicationObjectId: applicationObjectId as ApplicationObjectId,
    clientId: clientId as ClientId,
    servicePrincipalId: outcome("service-principal").servicePrincipalId as ServicePrincipalId,
    conversationId: outcome("personal-chat").conversationId as ConversationId,
    since,
    /** Its service principal can be half an hour younger, and is not seen everywhere for as long as any new object. */
    principalSince: rowOf("service-principal")?.doneAt ?? since,
  };
}
