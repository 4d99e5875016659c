import assert from "node:assert/strict";
import type { RequestId, UserId } from "../../src/domain/ids.ts";
import type { ConnectorFault } from "../../src/local/teams-stand-in.ts";
import { deliverPosts } from "../../src/usecases/telling/deliver-posts.ts";
import { newPost } from "../../src/usecases/telling/new-post.ts";
import { type Journey, mina, personalChat, startJourney } from "../support/journey.ts";

type Outcome = {
  what: string;
  fault: ConnectorFault;
  /** Of the post, once it was tried. */
  state: "due" | "unclear" | "undeliverable";
  /** The chat is forgotten; it is opened once more, which Teams refuses. */
  isForgotten?: true;
  /** How long nothing else is sent there, at the least. */
  closedForMs?: number;
};

const outcomes: Outcome[] = [
  {
    what: "the bot was removed",
    fault: { status: 403, code: "BotNotInConversationRoster" },
    state: "undeliverable",
    isForgotten: true,
  },
  {
    what: "the person has blocked it",
    fault: { status: 403, code: "MessageWritesBlocked" },
    state: "undeliverable",
    isForgotten: true,
  },
  {
    what: "an administrator has blocked it for all",
    fault: { status: 403, code: "BotDisabledByAdmin" },
    state: "undeliverable",
  },
  { what: "a 403 that says nothing more", fault: { status: 403 }, state: "undeliverable" },
  {
    what: "the conversation is gone",
    fault: { status: 404, code: "ConversationNotFound" },
    state: "undeliverable",
    isForgotten: true,
  },
  { what: "an address that knows nothing of it", fault: { status: 404 }, state: "undeliverable" },
  {
    what: "the message is not understood",
    fault: { status: 400, code: "BadSyntax" },
    state: "undeliverable",
  },
  {
    what: "the message is too large",
    fault: { status: 413, code: "MessageSizeTooBig" },
    state: "undeliverable",
  },
  { what: "the token has run out", fault: { status: 401 }, state: "due" },
  { what: "two writes at once", fault: { status: 412, code: "PreconditionFailed" }, state: "due" },
  {
    what: "too many, for so long",
    fault: { status: 429, retryAfter: 20 },
    state: "due",
    closedForMs: 19_000,
  },
  { what: "too many, for nobody knows how long", fault: { status: 429 }, state: "due", closedForMs: 2_000 },
  { what: "no answer in time", fault: { status: 408, afterwards: true }, state: "unclear" },
  { what: "broken", fault: { status: 500, afterwards: true }, state: "unclear" },
  { what: "a broken gateway", fault: { status: 502, afterwards: true }, state: "unclear" },
  { what: "unavailable", fault: { status: 503, afterwards: true }, state: "unclear" },
  { what: "a gateway that waited too long", fault: { status: 504, afterwards: true }, state: "unclear" },
  { what: "a connection that was cut", fault: { status: 0, afterwards: true }, state: "unclear" },
];

describe("a message that Teams answers with", () => {
  let journey: Journey;
  before(async () => {
    journey = await startJourney();
  });
  after(() => journey.close());

  for (const [n, { what, fault, state, isForgotten, closedForMs }] of outcomes.entries()) {
    const way = { due: "is tried again", unclear: "is not posted again", undeliverable: "is given up there" };
    const chat = isForgotten ? ", and the chat is forgotten" : "";
    it(`${fault.status || "nothing"} ${fault.code ?? ""} (${what}) ${way[state]}${chat}`, async () => {
      const { posts, conversations } = journey.world.store.tables;
      const subject = `REQ-00000${String.fromCharCode(65 + n)}` as RequestId;
      const place = { ...personalChat(mina), id: `a:mina-${n}` };
      journey.teams.onCall(() => undefined);
      await journey.teams.say(mina, place, "help");
      journey.teams.onCall(({ method, conversationId }) =>
        method === "POST" && conversationId === place.id ? fault : undefined,
      );
      const calls = () =>
        journey.teams.calls.filter((each) => each.method === "POST" && each.conversationId === place.id)
          .length;
      const before = calls();
      await posts.add({
        ...newPost(subject, "note", journey.world.clock.now()),
        place: { kind: "personal", userId: mina.id as UserId },
        message: { kind: "ready", requestId: subject, displayName: "Larkfield", system: "x" },
      });
      await deliverPosts(journey.world, subject);
      assert.equal(calls() - before, 1);
      assert.deepEqual(
        (await posts.of(subject)).map((post) => post.state),
        [state],
      );
      const known = await conversations.get(place.id as never);
      assert.equal(known === undefined, isForgotten === true);

      if (closedForMs !== undefined) {
        await deliverPosts(journey.world, subject);
        assert.equal(calls() - before, 1, "left alone");
        journey.turnClock(closedForMs + 3_000);
      }
      journey.teams.onCall(() => undefined);
      await deliverPosts(journey.world, subject);
      const isTriedAgain = state === "due";
      assert.equal(calls() - before, isTriedAgain ? 2 : 1);
      assert.deepEqual(
        (await posts.of(subject)).map((post) => post.state),
        [isTriedAgain ? "posted" : state],
      );
      // Not known any more, or the next one would be tried in the one before.
      await conversations.forget(place.id as never);
    });
  }
});
