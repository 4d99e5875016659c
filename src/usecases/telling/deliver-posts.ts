import { createHash } from "node:crypto";
import { parseRequestId } from "../../domain/ids.ts";
import { ChatFailure, type Place, type Post, type Posted, type World } from "../ports.ts";
import { lanes } from "./lanes.ts";
import type { Message } from "./messages.ts";
import { newPost } from "./new-post.ts";
import { requestView } from "./request-view.ts";

/** A sender that claimed a message this long ago is dead. */
export const stuckAfterMs = 60_000;

const inLane = lanes();

/**
 * Brings what stands in chat in line with the rows: posts what is due, redraws what has changed. Runs again and
 * again; it ends when nothing differs. Answers false when something must be tried again later. One at a time for each
 * subject in this process; between processes every change of a post is made only over what was seen of it.
 */
export function deliverPosts(world: World, subject: string): Promise<boolean> {
  return inLane(subject, async () => {
    let complete = true;
    const posts = await world.store.tables.posts.of(subject);
    // Approvers first: the request waits for them.
    for (const post of posts.toSorted(
      (a, b) => Number(b.purpose === "approval") - Number(a.purpose === "approval"),
    )) {
      try {
        await bringInLine(world, post);
      } catch (error) {
        if (!(error instanceof ChatFailure)) throw error;
        world.log.warn({ err: error, subject, purpose: post.purpose }, "a message did not get through");
        if (error.kind === "retry") complete = false;
      }
    }
    return complete;
  });
}

async function bringInLine(world: World, post: Post): Promise<void> {
  if (post.state === "due") await postOnce(world, post);
  else if (post.state === "sending") await takeFromDead(world, post);
  else if (post.state === "posted" && post.purpose !== "note") await redraw(world, post);
}

/** A message whose sender died may stand twice afterwards; standing nowhere would be worse, since a request would wait unseen. */
async function takeFromDead(world: World, post: Post): Promise<void> {
  if (world.clock.now().getTime() - post.changedAt.getTime() <= stuckAfterMs) return;
  const due = await changed(world, post, { state: "due" });
  if (due) await postOnce(world, due);
}

/** The post as it is after the change; undefined when somebody else has changed it since it was seen. */
async function changed(world: World, seen: Post, changes: Partial<Post>): Promise<Post | undefined> {
  // Always later than what was seen, so that the same moment is never mistaken for no change.
  const changedAt = new Date(Math.max(world.clock.now().getTime(), seen.changedAt.getTime() + 1));
  const to: Post = { ...seen, ...changes, changedAt };
  return (await world.store.tables.posts.change(seen, to)) ? to : undefined;
}

async function postOnce(world: World, due: Post): Promise<void> {
  const message = await messageOf(world, due);
  if (!message) return;
  const sending = await changed(world, due, { state: "sending" });
  if (!sending) return;
  try {
    const conversationId = await conversationOf(world, due.place);
    if (!conversationId) throw new ChatFailure("no conversation takes this message", "unreachable");
    const posted = await postWithFallback(world, due.place, conversationId, message);
    await changed(world, sending, { state: "posted", posted, drawn: drawingOf(message) });
  } catch (error) {
    if (!(error instanceof ChatFailure)) throw error;
    const states = { retry: "due", unknown: "unclear", unreachable: "undeliverable" } as const;
    await changed(world, sending, { state: states[error.kind] });
    if (error.kind !== "retry") await tellRequesterOfLostApproval(world, due);
    throw error;
  }
}

async function postWithFallback(
  world: World,
  place: Place,
  conversationId: Parameters<World["chat"]["post"]>[0],
  message: Message,
) {
  try {
    return await world.chat.post(conversationId, message);
  } catch (error) {
    const fallback = place.kind === "personal" ? place.fallback : undefined;
    if (
      !(error instanceof ChatFailure) ||
      error.kind !== "unreachable" ||
      !fallback ||
      fallback === conversationId
    ) {
      throw error;
    }
    return world.chat.post(fallback, message);
  }
}

async function conversationOf(world: World, place: Place) {
  if (place.kind === "conversation") return place.conversationId;
  return (await world.chat.personalChat(place.userId)) ?? place.fallback;
}

/**
 * Redraws until what stands is what the rows say: a change during the update is drawn as well. Before each update the
 * post counts as undrawn, so that the sweep finds a card whose update did not go through.
 */
async function redraw(world: World, post: Post): Promise<void> {
  let seen: Post | undefined = post;
  for (let round = 0; seen && round < 5; round++) {
    const message = await messageOf(world, seen);
    if (!message || !seen.posted || message.kind === "link" || drawingOf(message) === seen.drawn) return;
    const { posted } = seen;
    const undrawn: Post | undefined = await changed(world, seen, { drawn: "" });
    if (!undrawn) return;
    const outcome = await updateCard(world, undrawn, posted, message);
    if (outcome === "gone") {
      // Teams loses about one message in a thousand; a card that people need is posted anew.
      const isCopy = post.place.kind === "conversation" && post.place.copy !== undefined;
      const isNeeded = !isCopy && (post.purpose === "approval" || post.purpose === "request");
      const lost = await changed(world, undrawn, { state: isNeeded ? "due" : "undeliverable" });
      if (lost && isNeeded) await postOnce(world, lost);
      return;
    }
    seen = await changed(world, undrawn, { drawn: drawingOf(message) });
  }
}

/** Where nobody takes a message any more, it is not tried again. */
async function updateCard(world: World, post: Post, posted: Posted, message: Message) {
  try {
    return await world.chat.update(posted, message);
  } catch (error) {
    if (error instanceof ChatFailure && error.kind === "unreachable") {
      await changed(world, post, { state: "undeliverable" });
    }
    throw error;
  }
}

const drawingOf = (message: Message) =>
  createHash("sha256").update(JSON.stringify(message)).digest("base64url");

/** What the post shows now; undefined when there is nothing to show. */
async function messageOf(world: World, post: Post): Promise<Message | undefined> {
  if (post.message) return post.message;
  const id = parseRequestId(post.subject);
  const request = id && (await world.store.tables.requests.get(id));
  if (!request) return undefined;
  switch (post.purpose) {
    case "approval":
      return { kind: "approval", view: await requestView(world, request) };
    case "request":
      return { kind: "request", view: await requestView(world, request) };
    case "decision":
    case "failure":
      // Said once: what happens afterwards is on the request's card.
      return post.state === "posted"
        ? undefined
        : { kind: "decision", view: await requestView(world, request) };
    case "link": {
      const link = await world.store.tables.links.newestOf(request.id);
      if (!link || link.state === "sealed") return undefined;
      return {
        kind: "link-gone",
        requestId: request.id,
        displayName: request.plan.displayName,
        state: link.state,
      };
    }
    case "revocation": {
      const registration = await world.store.tables.registrations.get(request.id);
      return registration && { kind: "revocation", registration };
    }
    case "note":
      return undefined;
    default:
      return post.purpose satisfies never;
  }
}

/** The approvers may not have seen it: nobody waits in silence. */
async function tellRequesterOfLostApproval(world: World, post: Post): Promise<void> {
  const id = parseRequestId(post.subject);
  const request = post.purpose === "approval" && id ? await world.store.tables.requests.get(id) : undefined;
  if (request?.state !== "pending") return;
  await world.store.inTransaction(async (tables) => {
    const origin = await tables.requests.origin(request.id);
    await tables.posts.add({
      ...newPost(request.id, "note", world.clock.now()),
      place: { kind: "personal", userId: request.requester.userId, ...(origin && { fallback: origin }) },
      message: { kind: "approval-card-lost", requestId: request.id },
    });
    await tables.jobs.wake("deliver", request.id);
  });
}
