import assert from "node:assert/strict";
import type { RequestId } from "../../src/domain/ids.ts";
import { channel, type Journey, mina, personalChat, says, startJourney } from "../support/journey.ts";

describe("writing into chat", () => {
  let journey: Journey;
  beforeEach(async () => {
    journey = await startJourney();
  });
  afterEach(() => journey.close());

  const postsTo = (conversation: string) =>
    journey.teams.calls.filter(
      ({ method, conversationId }) => method === "POST" && conversationId === conversation,
    );

  for (const status of [503, 408, 0]) {
    it(`posts a message once when the answer is unclear (${status || "cut"}), and tells the requester`, async () => {
      journey.teams.onCall(({ method, conversationId }) =>
        method === "POST" && conversationId === channel.id ? { status, afterwards: true } : undefined,
      );
      const { id } = await journey.ask();
      await journey.teams.find(
        (each) => each.conversationId === personalChat(mina).id && says(each, "may not have reached"),
        "the warning",
      );
      assert.equal(postsTo(channel.id).length, 1);
      const posts = await journey.world.store.tables.posts.of(id as RequestId);
      assert.deepEqual(
        posts.filter(({ purpose }) => purpose === "approval").map(({ state }) => state),
        ["unclear"],
      );
    });
  }

  it("tries again when it was told to wait", async () => {
    let refusals = 0;
    journey.teams.onCall(({ method, conversationId }) =>
      method === "POST" && conversationId === channel.id && refusals++ < 1
        ? { status: 429, retryAfter: 1 }
        : undefined,
    );
    const { id } = await journey.ask();
    await journey.approvalCard(id);
    assert.equal(postsTo(channel.id).length, 2);
  });

  it("posts a card that Teams has lost anew, once, and keeps that one true", async () => {
    const { id } = await journey.ask();
    const card = await journey.approvalCard(id);
    journey.teams.onCall(({ method, activityId }) =>
      method === "PUT" && activityId === card.id ? { status: 404 } : undefined,
    );
    await journey.approve(id);
    await journey.link();
    const isNew = (each: { id: string; conversationId: string }) =>
      each.conversationId === channel.id && each.id !== card.id;
    await journey.teams.find((each) => isNew(each) && says(each, "Approved and ready"), "the new card");
    assert.equal(journey.teams.messages.filter(isNew).length, 1);
  });

  it("makes a new key and a new link when it is unclear whether the link arrived", async () => {
    const { id } = await journey.ask();
    const links: string[] = [];
    journey.teams.onCall(({ method, body }) => {
      const link = /"url":"([^"]*\/s\/[^"]*)"/.exec(JSON.stringify(body))?.[1];
      if (method !== "POST" || !link) return undefined;
      links.push(link);
      return links.length === 1 ? { status: 502, afterwards: true } : undefined;
    });
    await journey.approve(id);
    await journey.until(
      async () => (await journey.applications())[0]?.passwordCredentials.length === 1,
      "one key",
    );
    await journey.until(
      async () => (await journey.world.store.tables.requests.get(id as RequestId))?.state === "provisioned",
      "the end",
    );
    assert.equal((await journey.applications())[0]?.passwordCredentials.length, 1);
    const [first = "", second = "", ...more] = links;
    assert.deepEqual(more, []);
    assert.equal((await journey.openAs(first, mina)).status, 410);
    assert.equal((await journey.openAs(second, mina)).status, 200);
  });
});
