import { type ConversationId, parseRequestId, type UserId } from "../../domain/ids.ts";
import { isOwnedBy, ownersOf, type Registration } from "../../domain/registration.ts";
import { isOpen, openStates, type Request } from "../../domain/request.ts";
import { driftMessage } from "../drift/drift-view.ts";
import { openerOf } from "../handover/who-opens.ts";
import { secondOwnerMessage, unownedMessage } from "../lifecycle/leavers-view.ts";
import { ownershipMessage } from "../lifecycle/ownership-view.ts";
import { expiryMessage, needMessage } from "../lifecycle/reminder-view.ts";
import { ChatFailure } from "../ports/chat.ts";
import type { Post } from "../ports/conversations.ts";
import type { Tables } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import type { Message } from "./messages.ts";
import { requestView, secretView } from "./request-view.ts";
import { rotationView } from "./rotation-view.ts";

/** What the post shows now; undefined when there is nothing to show. What is said to somebody among others names them. */
export async function messageOf(world: World, post: Post): Promise<Message | undefined> {
  const { place } = post;
  if (place.kind === "personal" || !place.for) return ownMessage(world, post);
  // As they would read it alone.
  const { for: userId, copy } = place;
  const alone = { kind: "personal", userId, ...(copy !== undefined && { copy }) } as const;
  const message = await ownMessage(world, { ...post, place: alone });
  return message && { kind: "addressed", to: await nameIn(world, post.subject, userId), message };
}

/** What the owner or requester is called. */
async function nameIn({ store: { tables } }: World, subject: string, userId: UserId): Promise<string> {
  const id = parseRequestId(subject);
  const registration = id && (await tables.registrations.get(id));
  const request = id && (await tables.requests.get(id));
  const known = [...(registration ? ownersOf(registration) : []), ...(request ? [request.requester] : [])];
  return known.find((each) => each.userId === userId)?.name ?? "their owner";
}

async function ownMessage(world: World, post: Post): Promise<Message | undefined> {
  if (post.message) return post.message;
  const id = parseRequestId(post.subject);
  const request = id && (await world.store.tables.requests.get(id));
  if (!request) return undefined;
  switch (post.purpose) {
    case "approval":
      return approvalMessage(world, post, request);
    case "request":
      return { kind: "request", view: await requestView(world, request) };
    case "decision":
    case "failure":
      // Said once: what happens afterwards is on the request's card. A question or an offer that was dealt with before it
      // could be said is not said any more; one that stands in chat loses its buttons then.
      if (post.state === "posted" ? !hasButtons(post) : isPassed(post, request)) return undefined;
      return { kind: "decision", view: await requestView(world, request) };
    case "link":
      return linkMessage(world, post, request);
    case "link-reminder":
      return linkReminder(world, post, request);
    case "revocation":
    case "restoration": {
      const registration = await world.store.tables.registrations.get(request.id);
      if (!registration) return undefined;
      // What was revoked may have been brought back since.
      const isBack = registration.state === "active" || registration.state === "restoring";
      return { kind: isBack ? "restoration" : post.purpose, registration };
    }
    case "rotation": {
      const { tables } = world.store;
      const registration = await tables.registrations.get(request.id);
      if (!registration) return undefined;
      // Where the question was confirmed, no key was there to name it by: there the newest one shows.
      const { place } = post;
      const isQuestion = place.kind === "conversation";
      const view = await rotationView(tables, registration, isQuestion ? undefined : place.copy);
      const isGivenAway = isQuestion
        ? await isGivenAwayIn(tables, registration, place.conversationId)
        : !isOwnedBy(registration, place);
      return { kind: "rotation", view: { ...view, ...(isGivenAway && { isGivenAway }) } };
    }
    case "drift":
      return driftMessage(world, post, request.id);
    case "expiry":
      return expiryMessage(world, post, request.id);
    case "need":
      return needMessage(world, post, request.id);
    case "ownership":
      return ownershipMessage(world, post, request.id);
    case "unowned":
      return unownedMessage(world, post, request.id);
    case "second-owner":
      return secondOwnerMessage(world, post, request.id);
    case "note":
      return undefined;
    default:
      post.purpose satisfies never;
      // It stays due for a newer Usher, which has written it down during a roll-out.
      throw new ChatFailure("only a newer Usher knows this message", "retry");
  }
}

/** Whether it is the chat of somebody who owned it before: an approver's is none. */
async function isGivenAwayIn(
  { conversations, ownership }: Tables,
  registration: Registration,
  chat: ConversationId,
): Promise<boolean> {
  const userId = (await conversations.get(chat))?.userId;
  if (!userId || isOwnedBy(registration, { userId })) return false;
  const offers = await ownership.of(registration.id);
  return offers.some(({ state, from }) => state === "done" && from?.userId === userId);
}

/** Nobody is reminded of what was opened, has expired or was cancelled by the time that the reminder is sent. */
async function linkReminder(world: World, { place }: Post, request: Request): Promise<Message | undefined> {
  const link = await world.store.tables.links.newestOf(request.id);
  const isWaiting = link?.state === "sealed" && link.expiresAt > world.clock.now();
  if (!isWaiting || link.keyId !== place.copy) return undefined;
  const opener = openerOf(link);
  return {
    kind: "link-waits",
    requestId: request.id,
    displayName: request.plan.displayName,
    keyId: link.keyId,
    expiresAt: link.expiresAt,
    ...(opener && { opener }),
  };
}

/** What became of the link that the message held; the last one offers another, once no secret works. */
async function linkMessage(
  { store: { tables } }: World,
  { place }: Post,
  { id, plan }: Request,
): Promise<Message | undefined> {
  const links = await tables.links.of(id);
  const link = links.find(({ keyId }) => keyId === place.copy);
  if (!link || link.state === "sealed") return undefined;
  const registration = await tables.registrations.get(id);
  const { secret } = registration ? await secretView(tables, registration) : {};
  const isReplaced =
    secret !== undefined && secret.keyId !== link.keyId && secret.retiring?.keyId !== link.keyId;
  const isTheirs = registration && place.kind === "personal" && isOwnedBy(registration, place);
  const canRenew = isTheirs && secret && !secret.keyId && !secret.newKey && link === links.at(-1);
  return {
    kind: "link-gone",
    requestId: id,
    displayName: plan.displayName,
    state: link.state,
    ...(isReplaced && { isReplaced }),
    ...(link.state === "cancelled" && secret?.keyId === link.keyId && !secret.newKey && { isRestored: true }),
    ...(canRenew && { canRenew }),
  };
}

/** Messages with something to press: they are kept true. */
const hasButtons = ({ place }: Post) =>
  [...openStates, "expired"].some((state) => place.copy?.startsWith(`${state} `));

const isPassed = ({ place }: Post, { state }: Request) =>
  [...openStates, "failed"].some((said) => place.copy?.startsWith(`${said} `) && said !== state) ||
  // What has failed by now is said by a message of its own.
  (place.copy?.startsWith("approved ") && ["failed", "cleaning", "cleaned"].includes(state));

/** Teams asks by itself for the views of at most so many people. */
const mostRefreshed = 60;

/** In a channel, people who cannot decide see the state without buttons, as far as Teams says who is there. */
async function approvalMessage(world: World, { place }: Post, request: Request): Promise<Message> {
  const view = await requestView(world, request);
  if (place.kind !== "conversation" || !isOpen(request)) return { kind: "approval", view };
  const [roster, known] = await Promise.all([
    world.chat.roster(place.conversationId),
    world.store.tables.requests.knownDeciders(request.id),
  ]);
  if (!known) return { kind: "approval", view };
  const deciders = new Set([...known.approvers, ...known.alternates].map(({ userId }) => userId));
  const chat = await world.store.tables.conversations.get(place.conversationId);
  if (chat?.kind === "personal" && chat.userId) {
    return { kind: "approval", view, ...(!deciders.has(chat.userId) && { isForOnlooker: true }) };
  }
  const refreshFor = roster
    .filter(({ userId }) => !deciders.has(userId))
    .map(({ chatId }) => chatId)
    .slice(0, mostRefreshed);
  return { kind: "approval", view, ...(refreshFor.length > 0 && { refreshFor }) };
}
