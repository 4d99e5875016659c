import { derivedId } from "../../domain/derived-id.ts";
import { type ActivityId, type ConversationId, parseRequestId, type UserId } from "../../domain/ids.ts";
import { isOwnedBy, ownersOf } from "../../domain/registration.ts";
import type { Actor, Request } from "../../domain/request.ts";
import { adminsNow } from "../approval/tell-admins.ts";
import { ChatFailure } from "../ports/chat.ts";
import type { Post } from "../ports/conversations.ts";
import { DirectoryFailure } from "../ports/entra.ts";
import type { Tables } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import type { Message } from "./messages.ts";
import { newPost } from "./new-post.ts";

/** Cards that are kept true: of use to their person also when others have read them. */
const live: ReadonlySet<string> = new Set(["rotation", "restoration", "expiry", "need"]);

/**
 * What may be said by name where the request was made, since its card says the same there. News of a secret's link, and
 * whatever else is not named here, is for its person alone.
 */
const forTheThread: ReadonlySet<string> = new Set([
  ...live,
  "decision",
  "failure",
  "revocation",
  "ready",
  "revoked",
  "restored",
  "not-restored",
  "rotation-over",
  "overlap-ends",
  "approval-card-lost",
]);

/** Said to admins, of whom another may be reached; of those who cannot be there is nobody else to tell. */
const forAdmins: ReadonlySet<string> = new Set([
  "no-approvals-channel",
  "no-approvers",
  "waits-too-long",
  "key-left",
  "not-me",
  "unreached",
]);

/** What kind of message it is. */
const kindOf = ({ purpose, message }: Post) => (purpose === "note" && message ? message.kind : purpose);

/** The same for people: a decision with the state that it tells of. */
export function aboutOf(post: Post): string {
  const kind = kindOf(post);
  return kind === "decision" ? `${kind} ${(post.place.copy ?? "").split(" ")[0]}` : kind;
}

export type NextPlace = {
  to: NonNullable<Post["fellTo"]>;
  /** The posts that say it there. */
  add: Post[];
  /** It is said in its own place too, once that takes messages again. */
  isSaidAgain: boolean;
};

/** Where a message is said that its place does not take. */
export async function nextPlace(world: World, post: Post): Promise<NextPlace> {
  const { tables } = world.store;
  const id = parseRequestId(post.subject);
  const request = id && (await tables.requests.get(id));
  const kind = kindOf(post);
  // The one message about no request tells a channel that it is none any more.
  if (!request) return { to: "nobody", add: [], isSaidAgain: false };
  const isAlternates = kind === "approval" && post.place.kind === "personal";
  const isForAdmin = forAdmins.has(kind) && post.place.kind === "personal";
  if (isForAdmin || (isAlternates && (await isSaidToAnother(tables, post)))) {
    return { to: "nobody", add: [], isSaidAgain: true };
  }
  const registration = await tables.registrations.get(request.id);
  const known: Actor[] = [request.requester, ...(registration ? ownersOf(registration) : [])];
  const whose = personOf(post, request);
  const at = world.clock.now();
  const insteadOf = post.insteadOf ?? post.id;

  if (post.purpose === "request" && post.place.kind === "conversation") {
    const place = { kind: "personal", userId: request.requester.userId } as const;
    return { to: "nobody", add: [{ ...newPost(request.id, "request", at), place }], isSaidAgain: false };
  }
  // Whoever has it from somebody else was never in that thread, and those who are there have it no longer.
  const isTheirs =
    whose === request.requester.userId && (!registration || isOwnedBy(registration, { userId: whose }));
  if (isTheirs && forTheThread.has(kind)) {
    const said = await inThread(tables, post, at);
    if (said) return { to: "thread", add: [said], isSaidAgain: live.has(kind) };
  }
  const heard = post.message?.kind === "unreached" ? post.message : undefined;
  const to = heard?.to ?? (whose && (await nameOf(world, known, whose)));
  const unreached: Message = {
    kind: "unreached",
    ...(to !== undefined && { to }),
    requestId: request.id,
    displayName: registration?.plan.displayName ?? request.plan.displayName,
    about: heard?.about ?? aboutOf(post),
  };
  const note = { ...newPost(request.id, "note", at), insteadOf };
  const channel = await tables.conversations.approvalsChannel();
  const isThere = post.place.kind === "conversation" && post.place.conversationId === channel;
  // An approver who cannot be reached alone has the card in the channel.
  if (channel && whose && !isThere && kind !== "approval") {
    const place = { kind: "conversation", conversationId: channel } as const;
    const said: Post = { ...note, id: derivedId("channel", insteadOf), place, message: unreached };
    return { to: "channel", add: [said], isSaidAgain: true };
  }
  const admins = await adminsNow(world);
  if (!admins) throw new ChatFailure("the directory does not say who the admins are", "retry");
  const add = admins
    .filter((userId) => userId !== whose)
    .map((userId): Post => {
      const place = { kind: "personal", userId } as const;
      const message: Message = { ...unreached, isForAdmin: true };
      return { ...note, id: derivedId("admin", insteadOf, userId), place, message };
    });
  return { to: add.length > 0 ? "admins" : "nobody", add, isSaidAgain: true };
}

/** Of several people who are told the same, such as the admins, another was told, or may still be. */
export async function isSaidToAnother(tables: Tables, post: Post): Promise<boolean> {
  const posts = await tables.posts.of(post.subject);
  return posts.some(
    (each) =>
      each.id !== post.id &&
      each.place.kind === "personal" &&
      each.insteadOf === post.insteadOf &&
      aboutOf(each) === aboutOf(post) &&
      each.state !== "undeliverable",
  );
}

/** Whom a message is for; undefined where it is for whoever is in the channel. */
function personOf({ place, message }: Post, { requester }: Request): UserId | undefined {
  if (place.kind === "personal") return place.userId;
  return place.for ?? (message?.kind === "open-personal-chat" ? requester.userId : undefined);
}

/** The post that says it where the request was made, if others are there: somebody's own chat is nobody else's. */
async function inThread(tables: Tables, post: Post, at: Date): Promise<Post | undefined> {
  const { subject, purpose, place, message } = post;
  const id = parseRequestId(subject);
  if (!id || place.kind !== "personal") return undefined;
  const thread = place.fallback ?? (await tables.requests.origin(id));
  const found = thread && (await tables.conversations.get(thread));
  if (!thread || !found || found.kind === "personal") return undefined;
  const { copy, userId } = place;
  const insteadOf = post.insteadOf ?? post.id;
  return {
    ...newPost(subject, purpose, at),
    id: derivedId("thread", insteadOf),
    place: placeIn(thread, userId, copy),
    insteadOf,
    ...(message && { message }),
  };
}

const placeIn = (conversationId: ConversationId, userId: UserId, copy: string | undefined) =>
  ({
    kind: "conversation",
    conversationId,
    for: userId,
    ...(copy !== undefined && { copy: copy as ActivityId }),
  }) as const;

async function nameOf(world: World, known: readonly Actor[], userId: UserId): Promise<string> {
  const name = known.find((each) => each.userId === userId)?.name;
  if (name !== undefined) return name;
  try {
    return (await world.directory.person(userId))?.name ?? userId;
  } catch (error) {
    if (!(error instanceof DirectoryFailure)) throw error;
    return userId;
  }
}
