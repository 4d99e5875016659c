import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import {
  type ConversationId,
  type DraftId,
  parseUserId,
  type RequestId,
  type UserId,
} from "../../src/domain/ids.ts";
import { fingerprintOf, type Plan } from "../../src/domain/plan.ts";
import { aPendingRequest, aPlan } from "./builders.ts";
import { type Journey, mina, personalChat, priya, says } from "./journey.ts";

export const personOf = ({ id, name }: { id: string; name: string }) => ({
  userId: parseUserId(id) as UserId,
  name,
});

/** Puts an approved request with the plan into the rows, with the card that it would have, and wakes its making. */
export async function approved(
  { world, teams }: Journey,
  plan: Plan,
  place = personalChat(mina),
): Promise<RequestId> {
  await teams.say(mina, place, "help");
  const requester = personOf(mina);
  const request = aPendingRequest({ requester, plan, fingerprint: fingerprintOf(plan) });
  const origin = place.id as ConversationId;
  await world.store.inTransaction(async (tables) => {
    await tables.requests.insert(request, { draft: randomUUID() as DraftId, origin, answers: {} });
    const decision = { decidedBy: personOf(priya), decidedAt: world.clock.now() };
    await tables.requests.change(request, { ...request, ...decision, state: "approved" });
    await tables.posts.add({
      id: randomUUID(),
      subject: request.id,
      purpose: "request",
      place: { kind: "conversation", conversationId: origin },
      state: "due",
      changedAt: world.clock.now(),
    });
    await tables.jobs.wake("provision", request.id);
  });
  return request.id;
}

/** Lets a plan be made to its end; answers the request and what stands in Entra for it. */
export async function made(journey: Journey, given: Partial<Plan>) {
  const id = await approved(journey, aPlan({ redirects: [], ...given }));
  const { requests } = journey.world.store.tables;
  await journey.until(async () => (await requests.get(id))?.state === "provisioned", "the end of it");
  const [application] = await journey.applications();
  assert.ok(application);
  const { body } = await journey.graph(`/applications/${application.id}`);
  return { id, objectId: application.id, clientId: application.appId, application: body };
}

export const inOwnChat = ({ teams }: Journey, ...texts: string[]) =>
  teams.find(
    (each) => each.conversationId === personalChat(mina).id && texts.every((text) => says(each, text)),
    `"${texts.join('", "')}" in the requester's chat`,
  );
