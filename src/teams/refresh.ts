import { parseRequestId } from "../domain/ids.ts";
import type { Request } from "../domain/request.ts";
import type { KnownDeciders } from "../usecases/ports/requests.ts";
import { requestView } from "../usecases/telling/request-view.ts";
import { channelOf } from "./activity.ts";
import { type ApprovalReader, approvalCard } from "./cards/approval.ts";
import { type Action, text } from "./press.ts";
import { refused, type Turn } from "./reply.ts";

export const refreshVerb = "approval/refresh";

/**
 * The approvers' card as this person is to see it. Clients ask by themselves, for up to sixty people at every change
 * of the card, so it is answered from rows only and changes nothing.
 */
export const refreshApproval: Action = async (turn, data) => {
  const { world, chatId } = turn;
  const id = parseRequestId(text(data.request));
  const request = id && (await world.store.tables.requests.get(id));
  const reader = request && (await whoLooks(turn, request));
  if (!request || !reader) return refused({ refused: "unknown-request" });
  const view = await requestView(world, request, "what-is-known");
  const card = approvalCard(view, {
    for: reader,
    // Only this person's client gets this card: naming them keeps it asking. «The User Specific Card returned by the
    // bot is sent only to the specific client that requested for it» (Microsoft Learn, User Specific Views).
    refreshFor: reader === "onlooker" ? [chatId] : [],
  });
  return { card };
};

/** As whom the caller may see the approvers' card without the directory being asked; undefined when not at all. */
export async function whoLooks(turn: Turn, request: Request): Promise<ApprovalReader | undefined> {
  const known = await turn.world.store.tables.requests.knownDeciders(request.id);
  const reader = readerOf(turn, request, known);
  const isInvolved = known && (reader !== "onlooker" || turn.caller.userId === request.requester.userId);
  return isInvolved || (await standsHere(turn, request)) ? reader : undefined;
}

/** Who may decide is looked up at every press, so where nobody is known, the buttons do no harm. */
export function readerOf(
  { caller }: Turn,
  request: Request,
  known: KnownDeciders | undefined,
): ApprovalReader {
  if (caller.userId === request.requester.userId) return "onlooker";
  // Admins may retry and clean up as well as approvers; who is one is looked up at the press.
  if (request.state === "failed") return "decider";
  const isAmong = (people: KnownDeciders["approvers"]) =>
    people.some(({ userId }) => userId === caller.userId);
  if (!known || isAmong(known.approvers)) return "decider";
  return isAmong(known.alternates) ? "alternate" : "onlooker";
}

/** Whoever is in a conversation where the card stands has seen it already. */
async function standsHere({ world, conversation }: Turn, request: Request): Promise<boolean> {
  const here = channelOf(conversation.id);
  const posts = await world.store.tables.posts.of(request.id);
  return posts.some(({ purpose, place, posted }) => {
    if (purpose !== "approval") return false;
    const stands =
      posted?.conversationId ?? (place.kind === "conversation" ? place.conversationId : undefined);
    return stands !== undefined && channelOf(stands) === here;
  });
}
