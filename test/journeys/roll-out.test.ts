import assert from "node:assert/strict";
import type { UserId } from "../../src/domain/ids.ts";
import { deliverPosts } from "../../src/usecases/telling/deliver-posts.ts";
import { newPost } from "../../src/usecases/telling/new-post.ts";
import { channel, type Journey, jonas, mina, personalChat, says, startJourney } from "../support/journey.ts";

describe("beside a newer Usher", () => {
  let journey: Journey;
  beforeEach(async () => {
    journey = await startJourney();
  });
  afterEach(() => journey.close());

  it("leaves due what only the newer one can say, and says everything else", async () => {
    await journey.teams.say(jonas, personalChat(jonas), "help");
    const { id } = await journey.ask(mina);
    await journey.approvalCard(id);
    const { posts } = journey.world.store.tables;
    const at = journey.world.clock.now();
    const place = { kind: "personal", userId: jonas.id as UserId } as const;
    // As the version that comes next might write them down.
    const purpose = { ...newPost(id, "novelty" as "note", at), place };
    const message = { kind: "novelty", text: "New." } as never;
    const kind = { ...newPost(id, "note", at), place: { ...place, copy: "novel" }, message };
    const known = {
      ...newPost(id, "decision", at),
      place: { kind: "personal", userId: mina.id as UserId, copy: "known" } as const,
    };
    for (const each of [purpose, kind, known]) await posts.add(each);
    const before = journey.teams.messages.length;
    assert.equal(await deliverPosts(journey.world, id), false, "somebody is to try it again");
    const states = new Map((await posts.of(id)).map((each) => [each.id, each.state]));
    assert.deepEqual(
      [purpose, kind, known].map((each) => states.get(each.id)),
      ["due", "due", "posted"],
    );
    const said = journey.teams.messages.slice(before);
    assert.ok(said.some((each) => each.conversationId === personalChat(mina).id && says(each, id)));
    assert.ok(said.every((each) => each.conversationId !== personalChat(jonas).id));
  });

  it("does nothing on a button that only the newer one knows, and says so", async () => {
    const { id } = await journey.ask(mina);
    const card = await journey.approvalCard(id);
    const answer = await journey.teams.press(jonas, channel, card, "approval/approve");
    assert.equal(answer.status, 200);
    const drawn = JSON.stringify(card.card).replaceAll("approval/approve", "approval/novelty");
    const novel = { ...card, card: JSON.parse(drawn) };
    const unknown = await journey.teams.press(jonas, channel, novel, "approval/novelty");
    assert.match(unknown.text ?? "", /another version of Usher, so nothing was done/);
    assert.equal((await journey.request(id)).state, "pending");
  });
});
