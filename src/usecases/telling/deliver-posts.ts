import { createHash } from "node:crypto";
import { ChatFailure, type Place, type Posted } from "../ports/chat.ts";
import type { Post } from "../ports/conversations.ts";
import type { World } from "../ports/world.ts";
import { fallBack, tellRequester } from "./fall-back.ts";
import { lanes } from "./lanes.ts";
import type { Message } from "./messages.ts";
import { messageOf } from "./post-message.ts";
import { knownAt, postToPerson } from "./post-to-person.ts";

/** A sender that claimed a message this long ago is dead. */
export const stuckAfterMs = 60_000;

/** A delivery that is to be tried again is, at the soonest, after this long. */
const jobRetriedAfterMs = 1_000;

/** As long as the end of something may wait to be shown. */
const soonMs = 1_000;

/** So often a card is redrawn in one go. */
const mostRounds = 5;

const inLane = lanes();

type Later = { at: number; timer: NodeJS.Timeout; store: World["store"]; subject: string };
/** Posts whose card this process redraws a little later, and when. */
const later = new Map<Post["id"], Later>();

/**
 * Brings what stands in chat in line with the rows: posts what is due, redraws what has changed. Runs again and
 * again; it ends when nothing differs. Answers false when something must be tried again later. One at a time for each
 * subject in this process; between processes every change of a post is made only over what was seen of it.
 */
export function deliverPosts(world: World, subject: string): Promise<boolean> {
  return deliver(world, subject);
}

/** `turnOf`: the post whose turn to be redrawn this is. */
function deliver(world: World, subject: string, turnOf?: Post["id"]): Promise<boolean> {
  return inLane(subject, async () => {
    let complete = true;
    let broken: unknown;
    const posts = await world.store.tables.posts.of(subject);
    /** Places where an earlier message is still to come, and whether soon: what follows on it is said after it. */
    const held = new Map<string, boolean>();
    // Approvers first: the request waits for them.
    for (const post of posts.toSorted(
      (a, b) => Number(b.purpose === "approval") - Number(a.purpose === "approval"),
    )) {
      if (post.state === "due" && held.has(whereOf(post.place))) {
        if (held.get(whereOf(post.place))) complete = false;
        continue;
      }
      if (post.state === "sending" && !isStuck(world, post)) {
        held.set(whereOf(post.place), true);
        // Its sender may be dead, and nobody else is woken for it then.
        const stuckAt = new Date(post.changedAt.getTime() + stuckAfterMs + 1);
        await world.store.tables.jobs.wake("deliver", subject, stuckAt);
      }
      try {
        await bringInLine(world, post, post.id === turnOf);
      } catch (error) {
        world.log.warn({ err: error, subject, purpose: post.purpose }, "a message did not get through");
        // What is broken about one message must not keep the others from being sent.
        if (!(error instanceof ChatFailure)) {
          broken ??= error;
          continue;
        }
        if (error.kind !== "retry") continue;
        held.set(whereOf(post.place), error.retryAfterMs <= jobRetriedAfterMs);
        if (error.retryAfterMs <= jobRetriedAfterMs) complete = false;
        else await wakeAfter(world, subject, error.retryAfterMs);
      }
    }
    if (broken) throw broken;
    return complete;
  });
}

/** Teams wants to be left alone for longer than a job that is tried again would leave it. */
async function wakeAfter({ store, clock }: World, subject: string, waitMs: number): Promise<void> {
  await store.tables.jobs.wake("deliver", subject, new Date(clock.now().getTime() + waitMs));
}

const whereOf = (place: Place) => (place.kind === "personal" ? place.userId : place.conversationId);

const isStuck = ({ clock }: World, { changedAt }: Post) =>
  clock.now().getTime() - changedAt.getTime() > stuckAfterMs;

async function bringInLine(world: World, post: Post, isItsTurn: boolean): Promise<void> {
  if (post.state === "due") await postAndKeepTrue(world, post);
  else if (post.state === "sending") await takeFromDead(world, post);
  else if (post.state === "posted" && post.purpose !== "note") await redraw(world, post, isItsTurn);
}

/** A message whose sender died may stand twice afterwards; standing nowhere would be worse, since a request would wait unseen. */
async function takeFromDead(world: World, post: Post): Promise<void> {
  if (!isStuck(world, post)) return;
  const due = await changed(world, post, { state: "due" });
  if (due) await postAndKeepTrue(world, due);
}

/** While the message was on its way the rows may have changed, and whoever was woken for that found nothing to redraw. */
async function postAndKeepTrue(world: World, due: Post): Promise<void> {
  await postOnce(world, due);
  const stands = await standing(world, due);
  if (stands && stands.purpose !== "note") await redraw(world, stands);
}

/** The post as it is after the change; undefined when somebody else has changed it since it was seen. */
async function changed(world: World, seen: Post, changes: Partial<Post>): Promise<Post | undefined> {
  const to: Post = { ...seen, ...changes, changedAt: nextMoment(world, seen) };
  return (await world.store.tables.posts.change(seen, to)) ? to : undefined;
}

/** Always later than what was seen, so that the same moment is never mistaken for no change. */
const nextMoment = ({ clock }: World, { changedAt }: Post) =>
  new Date(Math.max(clock.now().getTime(), changedAt.getTime() + 1));

async function postOnce(world: World, due: Post): Promise<void> {
  const first = await knownAt(world, due.place);
  if (first) await world.chat.postTurn(first);
  // Only now: while it waited for its turn, what it says may have changed or passed.
  const message = await messageOf(world, due);
  if (!message) {
    await changed(world, due, { state: "undeliverable" });
    return;
  }
  const sending = await changed(world, due, { state: "sending" });
  if (!sending) return;
  try {
    const posted =
      due.place.kind === "conversation"
        ? await world.chat.post(due.place.conversationId, message, true)
        : await postToPerson(world, due.place.userId, message, first);
    await changed(world, sending, { state: "posted", posted, drawn: drawingOf(message) });
  } catch (error) {
    if (!(error instanceof ChatFailure)) throw error;
    await settle(world, sending, error);
    throw error;
  }
}

/** Somebody is asked, and nothing goes on until they answer: rather than nowhere, such a card may stand twice. */
const asks: ReadonlySet<Post["purpose"]> = new Set(["ownership", "unowned", "second-owner", "need"]);

async function settle(world: World, sending: Post, failure: ChatFailure): Promise<void> {
  if (failure.kind === "retry") {
    await changed(world, sending, { state: "due" });
    return;
  }
  if (failure.kind === "unknown") {
    if (asks.has(sending.purpose) && sending.drawn === undefined) {
      // Nobody knows what stands there: the next sweep posts it once more, and once only.
      await changed(world, sending, { state: "due", drawn: "" });
      return;
    }
    const unclear: Post = { ...sending, state: "unclear", changedAt: nextMoment(world, sending) };
    await world.store.inTransaction(async (tables) => {
      if (await tables.posts.change(sending, unclear))
        await tellRequester(tables, unclear, unclear.changedAt);
    });
    return;
  }
  try {
    await fallBack(world, sending);
  } catch (error) {
    // Where to say it instead is not known yet: it begins again here, where nothing was said.
    await changed(world, sending, { state: "due" });
    throw error;
  }
}

/**
 * Redraws until what stands is what the rows say: a change during the update is drawn as well. Before each update the
 * post counts as undrawn, so that the sweep finds a card whose update did not go through. Where another process draws
 * beside us, nobody knows whose update came last: whoever drew something older draws anew.
 */
async function redraw(world: World, post: Post, isItsTurn = false): Promise<void> {
  let seen: Post | undefined = post;
  /** What we drew while another did: it may stand there, whatever the row says. */
  let mayStand: string | undefined;
  // What is redrawn within a second anyway need not be drawn up before: also the end is shown in time then.
  if (!isItsTurn && post.drawn === "" && isDrawnSoon(world, post)) return;
  for (let round = 0; seen?.posted && round < mostRounds; round++) {
    const message = await messageOf(world, seen);
    if (!message || message.kind === "link") return;
    const drawn = drawingOf(message);
    if (drawn === (mayStand ?? seen.drawn)) return;
    const isFinal = !isProgress(message);
    // What is redrawn soon shows this too.
    if (!isFinal && seen.drawn === "" && later.has(seen.id)) return;
    const undrawn: Post | undefined = await changed(world, seen, { drawn: "" });
    if (!undrawn) {
      // Who was faster goes on until it is true; only what we left there is ours to mend.
      if (mayStand === undefined) return;
      seen = await standing(world, post);
      continue;
    }
    const hasTurn = round === 0 && isItsTurn;
    if (!hasTurn && !(await takesTurn(world, undrawn, seen.posted, isFinal))) return;
    const outcome = await updateCard(world, undrawn, seen.posted, message, !hasTurn);
    if (outcome === "gone") {
      // Teams loses about one message in a thousand; a card that people need is posted anew.
      const isCopy = post.place.copy !== undefined;
      const isNeeded = !isCopy && (post.purpose === "approval" || post.purpose === "request");
      const lost = await changed(
        world,
        undrawn,
        isNeeded ? { state: "due" } : { state: "undeliverable", drawn },
      );
      if (lost && isNeeded) await postAndKeepTrue(world, lost);
      return;
    }
    seen = await changed(world, undrawn, { drawn });
    mayStand = seen ? undefined : drawn;
    seen ??= await standing(world, post);
  }
  // It changes faster than it can be drawn. Others rely on whoever draws, so somebody goes on.
  if (seen?.posted) await world.store.tables.jobs.wake("deliver", post.subject);
}

function isDrawnSoon({ clock }: World, { id }: Post): boolean {
  const waits = later.get(id);
  return waits !== undefined && waits.at - clock.now().getTime() <= soonMs;
}

/** How far something is, which changes again by itself soon. */
function isProgress(said: Message): boolean {
  const message = said.kind === "addressed" ? said.message : said;
  const state = "view" in message && "request" in message.view ? message.view.request.state : undefined;
  return state === "approved" || state === "cleaning";
}

/**
 * Whether the card may be redrawn now. Otherwise this process does it when its turn comes, whatever stands in the rows
 * by then; the card counts as undrawn, so that the sweep finds it when the process dies before.
 */
async function takesTurn(world: World, { id, subject }: Post, { conversationId }: Posted, isFinal: boolean) {
  const waits = later.get(id);
  if (waits && !isFinal) return false;
  const { inMs, isTaken } = await world.chat.updateTurn(conversationId, isFinal);
  const at = world.clock.now().getTime() + inMs;
  if (waits && inMs > 0 && waits.at <= at) return false;
  clearTimeout(waits?.timer);
  later.delete(id);
  if (inMs === 0) return true;
  const timer = setTimeout(() => {
    later.delete(id);
    void drawLate(world, subject, isTaken ? id : undefined);
  }, inMs);
  later.set(id, { at, timer: timer.unref(), store: world.store, subject });
  return false;
}

/** What this process would redraw a little later, whoever is woken now redraws instead: it stops. */
export async function leaveRedraws({ store }: World): Promise<void> {
  const subjects: string[] = [];
  for (const [id, waits] of later) {
    if (waits.store !== store) continue;
    clearTimeout(waits.timer);
    later.delete(id);
    subjects.push(waits.subject);
  }
  await store.tables.jobs.wakeAll("deliver", subjects);
}

async function drawLate(world: World, subject: string, turnOf: Post["id"] | undefined): Promise<void> {
  try {
    if (!(await deliver(world, subject, turnOf))) await world.store.tables.jobs.wake("deliver", subject);
  } catch (error) {
    world.log.warn({ err: error, subject }, "a card was not redrawn when its turn came; the sweep will");
  }
}

/** The post as it is by now, if its message still stands. */
async function standing({ store }: World, { id, subject }: Post): Promise<Post | undefined> {
  const posts = await store.tables.posts.of(subject);
  return posts.find((post) => post.id === id && post.state === "posted");
}

/** The approvers' card of a request that can still be decided: without it nobody knows of the request. */
const isWaitedFor = ({ place }: Post, message: Message) =>
  message.kind === "approval" &&
  message.view.request.state === "pending" &&
  place.kind === "conversation" &&
  place.copy === undefined;

/** Where nobody takes a message any more, it is tried again only once somebody writes to Usher there. */
async function updateCard(world: World, post: Post, posted: Posted, message: Message, isCounted: boolean) {
  try {
    return await world.chat.update(posted, message, isCounted);
  } catch (error) {
    if (error instanceof ChatFailure && error.kind === "unreachable") {
      if (isWaitedFor(post, message)) await fallBack(world, post);
      else await changed(world, post, { state: "undeliverable" });
    }
    throw error;
  }
}

const drawingOf = (message: Message) =>
  createHash("sha256").update(JSON.stringify(message)).digest("base64url");
