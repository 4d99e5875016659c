import { randomUUID } from "node:crypto";
import {
  type ConversationId,
  type DraftId,
  newRequestId,
  type RequestId,
  type TenantId,
  type UserId,
} from "../../src/domain/ids.ts";
import { fingerprintOf } from "../../src/domain/plan.ts";
import { company } from "../../src/local/tenant/company.ts";
import { aPendingRequest, aPermission, aPlan } from "./builders.ts";
import type { Fleet } from "./fleet.ts";

export type ApprovedInRows = { id: RequestId; userId: UserId; chat: ConversationId };

/** An approved request of somebody of their own, with the card that it would have; nobody is woken for it yet. */
export async function approvedInRows(
  { tables, teams }: Pick<Fleet, "tables" | "teams">,
  n: number,
  { at, roles }: { at: Date; roles: readonly string[] },
): Promise<ApprovedInRows> {
  const userId = randomUUID() as UserId;
  const chat = `a:storm-${n}` as ConversationId;
  await tables.conversations.remember({
    id: chat,
    kind: "personal",
    serviceUrl: teams.serviceUrl,
    tenantId: company.tenantId as TenantId,
    userId,
    seenAt: at,
  });
  const permissions = [
    aPermission({ name: "User.Read", kind: "delegated" }),
    ...roles.map((name) => aPermission({ name, kind: "application" })),
  ];
  const plan = aPlan({ displayName: `Storm ${n}`, permissions, owner: "nobody" });
  const requester = { userId, name: `Requester ${n}` };
  const request = aPendingRequest({
    id: newRequestId(),
    requester,
    plan,
    fingerprint: fingerprintOf(plan),
    submittedAt: at,
  });
  await tables.requests.insert(request, { draft: randomUUID() as DraftId, origin: chat, answers: {} });
  const decidedBy = { userId: company.people.approverOne as UserId, name: "Approver" };
  await tables.requests.change(request, { ...request, state: "approved", decidedBy, decidedAt: at });
  await tables.posts.add({
    id: randomUUID(),
    subject: request.id,
    purpose: "request",
    place: { kind: "conversation", conversationId: chat },
    state: "due",
    changedAt: at,
  });
  return { id: request.id, userId, chat };
}
