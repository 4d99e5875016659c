import assert from "node:assert/strict";
import type { RequestId } from "../../src/domain/ids.ts";
import { type CardJson, type ChatMessage, inputsOf, textsOf } from "../../src/local/teams-stand-in.ts";
import { type Journey, mina, personalChat, readingOf, requestIdIn, verbsOf } from "./journey.ts";

export type Typed = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** As a client sends it: several choices with commas, several lines as lines. */
const asSent = (value: Typed[string], { type }: CardJson) =>
  Array.isArray(value) ? value.join(type === "Input.Text" ? "\n" : ",") : String(value);

/** Says `request` and more, and answers the card that comes back, or the form behind what is already there. */
export async function sayRequest(journey: Journey, rest: string, who = mina): Promise<ChatMessage> {
  const before = new Set(journey.teams.messages.map(({ id }) => id));
  const place = personalChat(who);
  await journey.teams.say(who, place, `request ${rest}`);
  const answer = await journey.teams.find(
    (message) =>
      !before.has(message.id) &&
      message.conversationId === place.id &&
      verbsOf(message).some((verb) => verb.startsWith("intake/")),
    `the answer to request ${rest}`,
  );
  return journey.goOnAnyway(answer, who, place);
}

/** What a client sends of a form's page: each field as it stands there, but for those that were answered. */
export function sentOf({ card }: ChatMessage, answers: Typed): Record<string, string> {
  const fields = [...inputsOf(card)].map(([id, input]) => {
    const answer = answers[id.replace(/^q_/, "")] ?? (id === "reason" ? "It is needed." : undefined);
    return [id, answer === undefined ? String(input.value ?? "") : asSent(answer, input)] as const;
  });
  // A client leaves out what is empty.
  return Object.fromEntries(fields.filter(([, value]) => value !== ""));
}

/** Fills a form page after page as a person would, and stops at the review or where something must be mended. */
export async function fillPages(
  journey: Journey,
  message: ChatMessage,
  answers: Typed,
  who = mina,
): Promise<ChatMessage> {
  const asked = new Set<string>();
  let card = journey.stands(message);
  for (let page = 0; page < 12; page++) {
    for (const id of inputsOf(card.card).keys()) asked.add(id.replace(/^q_/, ""));
    await journey.teams.press(who, personalChat(who), card, "intake/review", sentOf(card, answers));
    card = journey.stands(card);
    if (!verbsOf(card).includes("intake/review") || /Please mend/.test(readingOf(card))) break;
  }
  if (verbsOf(card).includes("intake/submit")) {
    const unasked = Object.keys(answers).filter((key) => !asked.has(key));
    assert.deepEqual(unasked, [], "answers that no page asked for");
  }
  return card;
}

/**
 * Says `request <system>` and fills its form; what is not answered keeps what stands in the field. Answers the
 * review, or the page that asks for something to be mended. Every answer must have been asked for.
 */
export async function fillSystem(
  journey: Journey,
  system: string,
  answers: Typed,
  who = mina,
): Promise<ChatMessage> {
  return fillPages(journey, await sayRequest(journey, system, who), answers, who);
}

/** Presses Submit on a review and answers the request's id. */
export async function submitted(journey: Journey, review: ChatMessage, who = mina): Promise<RequestId> {
  assert.ok(verbsOf(review).includes("intake/submit"), `no review: ${readingOf(review)}`);
  await journey.teams.press(who, personalChat(who), review, "intake/submit");
  return requestIdIn(journey.stands(review)) as RequestId;
}

/** What the requester's card has become once its request has ended. */
export const endedCard = (journey: Journey, { id }: ChatMessage) =>
  journey.teams.find(
    (message) => message.id === id && /^(Ready|Approved, but it could not be made)/.test(readingOf(message)),
    "the end of it on the requester's card",
  );

/** From the wish to what was made: fills, submits, approves, waits. Answers the request's id and the requester's card. */
export async function madeFor(
  journey: Journey,
  system: string,
  answers: Typed,
  who = mina,
): Promise<{ id: RequestId; card: ChatMessage; review: string }> {
  const form = await fillSystem(journey, system, answers, who);
  const review = readingOf(form);
  const id = await submitted(journey, form, who);
  await journey.approveFully(id);
  const card = await endedCard(journey, form);
  assert.match(readingOf(card), /^Ready/);
  await told(journey, id);
  return { id, card, review };
}

/** Nothing of it is still to be posted. */
const told = (journey: Journey, id: RequestId) =>
  journey.until(
    async () =>
      (await journey.world.store.tables.posts.of(id)).every(
        ({ state }) => state !== "due" && state !== "sending",
      ),
    `all messages of ${id}`,
  );

/** What the requester's card hands over: the text beside each label, with the place that it goes in. */
export function handedOn({ card }: Pick<ChatMessage, "card">): Record<string, string> {
  const boxes = (card?.body as CardJson[] | undefined) ?? [];
  const box = boxes.find(({ style }) => style === "emphasis");
  const entries = (box?.items as CardJson[] | undefined) ?? [];
  const read = entries.map((entry): [string, string] => {
    const [label = "", ...lines] = textsOf(entry);
    return [label, lines.join(" ").replaceAll(/\s+/g, " ")];
  });
  const repeated = read.map(([label]) => label).filter((label, at, all) => all.indexOf(label) !== at);
  assert.deepEqual(repeated, [], "labels that stand there twice");
  return Object.fromEntries(read);
}

/** What a form asks to be mended, by the field that it stands beside. */
export function complaintsOn({ card }: Pick<ChatMessage, "card">): Record<string, string> {
  const fields = ((card?.body as CardJson[] | undefined) ?? []).flatMap(({ items }) => {
    const input = (items as CardJson[] | undefined)?.find(({ type }) => String(type).startsWith("Input."));
    const [complaint] = (items as CardJson[] | undefined) ?? [];
    const [head, ...words] = textsOf(complaint);
    return input && head === "Please mend: "
      ? [[String(input.id).replace(/^q_/, ""), words.join("")] as const]
      : [];
  });
  return Object.fromEntries(fields);
}

/** What stands in a field. */
export const valueIn = ({ card }: Pick<ChatMessage, "card">, key: string) =>
  (inputsOf(card).get(`q_${key}`) ?? inputsOf(card).get(key))?.value;
