import { randomUUID } from "node:crypto";
import type { ConversationId, DraftId } from "../../src/domain/ids.ts";
import type { Plan } from "../../src/domain/plan.ts";
import type { Registration } from "../../src/domain/registration.ts";
import { beginReminders } from "../../src/usecases/lifecycle/begin-reminders.ts";
import { personOf } from "./approved.ts";
import { aPendingRequest, aPlan, aRegistration } from "./builders.ts";
import { type Journey, mina, personalChat } from "./journey.ts";

type Given = {
  owner?: typeof mina;
  coOwner?: typeof mina;
  /** Where it was asked for. */
  origin?: { id: string };
  plan?: Partial<Plan>;
  createdAt?: Date;
  expiresAt?: Date;
};

const never = new Date("2100-01-01T00:00:00Z");

/**
 * A registration straight into the rows, with what is due about it, for tests of what comes with time. Entra knows
 * nothing of it, so it is not compared with its plan.
 */
export async function aStanding({ world, carrier }: Journey, given: Given = {}): Promise<Registration> {
  const { owner = mina, coOwner, origin = personalChat(owner), expiresAt } = given;
  const plan = aPlan(given.plan);
  const requester = personOf(owner);
  const request = aPendingRequest({ requester, plan });
  const { expiresAt: _, ...made } = aRegistration({
    id: request.id,
    owner: requester,
    plan,
    clientId: randomUUID() as never,
    applicationObjectId: randomUUID() as never,
    servicePrincipalId: randomUUID() as never,
    createdAt: given.createdAt ?? world.clock.now(),
  });
  const registration = { ...made, ...(expiresAt && { expiresAt }) };
  await world.store.inTransaction(async (tables) => {
    const asked = { draft: randomUUID() as DraftId, origin: origin.id as ConversationId, answers: {} };
    await tables.requests.insert(request, asked);
    const decided = { decidedBy: requester, decidedAt: request.submittedAt };
    await tables.requests.change(request, { ...request, ...decided, state: "provisioned" });
    await tables.registrations.insert(registration);
    await tables.registrations.checkAt(request.id, never);
    if (expiresAt && plan.credential.kind === "secret")
      await tables.keys.insert({
        marker: randomUUID(),
        requestId: request.id,
        applicationObjectId: registration.applicationObjectId,
        state: "current",
        keyId: randomUUID(),
        expiresAt,
        changedAt: registration.createdAt,
      });
    await beginReminders(tables, registration, registration.createdAt);
  });
  if (coOwner) {
    const columns = { co_owner_id: coOwner.id, co_owner_name: coOwner.name };
    await carrier.db.updateTable("registrations").set(columns).where("id", "=", request.id).execute();
  }
  return registration;
}
