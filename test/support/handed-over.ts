import type { ChatMessage } from "../../src/local/teams-stand-in.ts";
import { type Journey, mina, personalChat, says } from "./journey.ts";

/** The message with the link of this very request, and the link. */
export async function linkMessage(
  journey: Journey,
  id: string,
  who = mina,
): Promise<{ message: ChatMessage; link: string }> {
  const message = await journey.teams.find(
    (each) => each.conversationId === personalChat(who).id && says(each, id) && says(each, "/s/"),
    `the link of ${id}`,
  );
  const link = /https?:[^" ]*\/s\/[\w-]{43}/.exec(JSON.stringify(message.card))?.[0] ?? "";
  await journey.until(async () => (await journey.request(id)).state === "provisioned", `the end of ${id}`);
  return { message, link };
}

/** Asked for, approved and made: its link opens. */
export async function handedOver(journey: Journey, who = mina) {
  const { id, card } = await journey.ask(who);
  await journey.approve(id);
  return { id, card, ...(await linkMessage(journey, id, who)) };
}
