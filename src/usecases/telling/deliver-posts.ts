import { createHash } from "node:crypto";
import { parseRequestId } from "../../domain/ids.ts";
import { ChatFailure, type Place, type Post, type Posted, type World } from "../ports.ts";
import type { Message } from "./messages.ts";
import { newPost } from "./new-post.ts";
import { requestView } from "./request-view.ts";

/** A sender that claimed a message this long ago is dead. */
export const stuckAfterMs = 60_000;

/**
 * Brings what stands in chat in line with the rows: posts what is due, redraws what has changed. Runs again and
 * again; it ends when nothing differs. Answers false when something must be tried again later.
 */
export async function deliverPosts(world: World, subject: string): Promise<boolean> {
  let complete = true;
  for (const post of await world.store.tables.posts.of(subject)) {
    try {
      await bringInLine(world, await unstick(world, post));
    } catch (error) {
      if (!(error instanceof ChatFailure)) throw error;
      world.log.warn({ err: error, subject, purpose: post.purpose }, "a message did not get through");
      if (error.kind === "retry") complete = false;
    }
  }
  return complete;
}

/** A message whose sender died may stand twice afterwards; standing nowhere would be worse, since a request would wait unseen. */
async function unstick(world: World, post: Post): Promise<Post> {
  const isStuck =
    post.state === "sending" && world.clock.now().getTime() - post.changedAt.getTime() > stuckAfterMs;
  if (!isStuck) return post;
  const due: Post = { ...post, state: "due", changedAt: world.clock.now() };
  await world.store.tables.posts.update(due);
  return due;
}

async function bringInLine(world: World, post: Post): Promise<void> {
  if (post.state === "due") await postOnce(world, post);
  else if (post.state === "posted" && post.purpose !== "note") await redraw(world, post);
}

async function postOnce(world: World, post: Post): Promise<void> {
  const { posts } = world.store.tables;
  const message = await messageOf(world, post);
  if (!message) return;
  if (!(await posts.claim(post.id, world.clock.now()))) return;
  const settle = (changes: Partial<Post>) =>
    posts.update({ ...post, ...changes, changedAt: world.clock.now() });
  try {
    const conversationId = await conversationOf(world, post.place);
    if (!conversationId) {
      await settle({ state: "undeliverable" });
      world.log.warn({ subject: post.subject, purpose: post.purpose }, "no conversation takes this message");
      return;
    }
    const posted = await postWithFallback(world, post.place, conversationId, message);
    await settle({ state: "posted", posted, drawn: drawingOf(message) });
  } catch (error) {
    if (!(error instanceof ChatFailure)) throw error;
    if (error.kind === "retry") await settle({ state: "due" });
    else {
      await settle({ state: error.kind === "unknown" ? "unclear" : "undeliverable" });
      await tellRequesterOfLostApproval(world, post);
    }
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

/** Redraws until what stands is what the rows say: a change during the update is drawn as well. */
async function redraw(world: World, post: Post): Promise<void> {
  const { posts } = world.store.tables;
  for (let drawn = post.drawn, round = 0; round < 5; round++) {
    const message = post.posted && (await messageOf(world, post));
    if (!message || !post.posted || message.kind === "link" || drawingOf(message) === drawn) return;
    const outcome = await updateOrForget(world, post, post.posted, message);
    if (outcome === "gone") {
      // Teams loses about one message in a thousand; a card that people need is posted anew.
      const isNeeded = post.purpose === "approval" || post.purpose === "request";
      await posts.update({
        ...post,
        state: isNeeded ? "due" : "undeliverable",
        changedAt: world.clock.now(),
      });
      if (isNeeded) await postOnce(world, { ...post, state: "due" });
      return;
    }
    drawn = drawingOf(message);
    await posts.update({ ...post, drawn, changedAt: world.clock.now() });
  }
}

/** A card that could not be redrawn is not known to be true any more: the sweep finds it by that. */
async function updateOrForget(world: World, post: Post, posted: Posted, message: Message) {
  try {
    return await world.chat.update(posted, message);
  } catch (error) {
    const { drawn: _, ...undrawn } = post;
    await world.store.tables.posts.update({ ...undrawn, changedAt: world.clock.now() });
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
