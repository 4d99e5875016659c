import type { RequestId } from "../../src/domain/ids.ts";
import { offerMark } from "../../src/domain/ownership.ts";
import type { Plan } from "../../src/domain/plan.ts";
import type { ChatMessage } from "../../src/local/teams-stand-in.ts";
import { company } from "../../src/local/tenant/company.ts";
import { approved } from "./approved.ts";
import { aPermission, aPlan } from "./builders.ts";
import { cardIn } from "./drifting.ts";
import { type Journey, mina, personalChat, readingOf, says } from "./journey.ts";

type Person = typeof mina;

/** Of high risk, so that nobody but Usher owns it in Entra. */
export const high: Partial<Plan> = {
  permissions: [aPermission({ name: "Group.ReadWrite.All", kind: "application" })],
  owner: "nobody",
};

/** A registration that Mina owns, without a secret unless that matters. */
export async function owned(journey: Journey, given: Partial<Plan> = {}): Promise<RequestId> {
  const plan = aPlan({ redirects: [], owner: "requester", credential: { kind: "none" }, ...given });
  const id = await approved(journey, plan);
  await journey.until(async () => (await journey.request(id)).state === "provisioned", "the end of it");
  return id;
}

/** The first one first. */
export async function ownersNow(journey: Journey, id: RequestId): Promise<(string | undefined)[]> {
  const registration = await journey.world.store.tables.registrations.get(id);
  return [registration?.owner.name, registration?.coOwner?.name].filter((name) => name !== undefined);
}
export const offersOf = async (journey: Journey, id: RequestId) =>
  (await journey.world.store.tables.ownership.of(id)).map(({ state }) => state);

/** The mark of its newest offer, as cards have it. */
export async function markOf(journey: Journey, id: RequestId): Promise<string> {
  const offer = (await journey.world.store.tables.ownership.of(id)).at(-1);
  return offer ? offerMark(offer) : "none";
}

export const inChatOf = (journey: Journey, who: Person, ...texts: string[]) =>
  cardIn(journey, personalChat(who), ...texts);

/** What was answered to what somebody said in their own chat, by words that it has. */
export async function said(journey: Journey, who: Person, text: string, answer = ""): Promise<string> {
  const before = new Set(journey.teams.messages.map(({ id }) => id));
  await journey.teams.say(who, personalChat(who), text);
  const message = await journey.teams.find(
    (each) => each.conversationId === personalChat(who).id && !before.has(each.id) && says(each, answer),
    `the answer to ${text}`,
  );
  return readingOf(message);
}

export const addressOf = (who: Person) =>
  `${company.directory.find(({ id }) => id === who.id)?.alias}@${company.domain}`;

/** The card that asks somebody to own it. */
export const question = (journey: Journey, who: Person, id: RequestId): Promise<ChatMessage> =>
  journey.teams.find(
    (each) =>
      each.conversationId === personalChat(who).id && says(each, id) && /^Will you/.test(readingOf(each)),
    `the question to ${who.name}`,
  );

/** An owner asks somebody, who has the card then. */
export async function ask(
  journey: Journey,
  id: RequestId,
  to: Person,
  kind: "transfer" | "co-owner" = "transfer",
  by = mina,
): Promise<ChatMessage> {
  await said(journey, by, `${kind} ${id} ${addressOf(to)}`, "They have a card");
  return question(journey, to, id);
}

/** So that Usher can write to them. */
export async function meet(journey: Journey, ...people: Person[]): Promise<void> {
  for (const who of people) await journey.teams.say(who, personalChat(who), "help");
}
