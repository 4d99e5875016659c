import assert from "node:assert/strict";
import type { ConversationId } from "../../src/domain/ids.ts";
import { channel, type Journey, mina, personalChat, says, startJourney } from "../support/journey.ts";

describe("cards of what is being made", () => {
  let journey: Journey;
  beforeEach(async () => {
    journey = await startJourney({ updateEveryMs: 1000, tenant: { settings: { latencyMs: 300 } } });
  });
  afterEach(() => journey.close());

  /** Notes from now on when each card was redrawn. */
  function redrawings() {
    const seen: { at: number; place: string; isProgress: boolean }[] = [];
    journey.teams.onCall(({ method, conversationId, body }) => {
      const text = JSON.stringify(body);
      if (method === "PUT")
        seen.push({ at: Date.now(), place: conversationId, isProgress: /Working: |Not yet: /.test(text) });
      return undefined;
    });
    return seen;
  }
  const stands = (place: { id: string }, text: string) =>
    journey.teams.find((each) => each.conversationId === place.id && says(each, text), `"${text}"`);
  const finished = () =>
    Promise.all([stands(personalChat(mina), "ApplicationId"), stands(channel, "Approved and ready")]);

  it("are redrawn once a second at most in each conversation, and show the end last", async () => {
    const { id } = await journey.ask();
    const seen = redrawings();
    await journey.approve(id);
    await finished();
    for (const place of [personalChat(mina).id, channel.id]) {
      const times = seen.filter((each) => each.place === place).map(({ at }) => at);
      const seconds = ((times.at(-1) ?? 0) - (times[0] ?? 0)) / 1000;
      // The turns are a second apart; on the way each redrawing may lose some of it.
      assert.ok(
        times.length >= 2 && times.length <= seconds + 2,
        `${times.length} in ${seconds} s in ${place}`,
      );
    }
  });

  it("keep nothing from being said, and show the end within a second, however long the line is", async () => {
    const { id } = await journey.ask();
    const seen = redrawings();
    for (const place of [personalChat(mina), channel])
      for (let n = 0; n < 20; n++) await journey.world.chat.updateTurn(place.id as ConversationId, false);
    await journey.approve(id);
    await journey.link();
    await finished();
    // The one redrawing that the approval itself asked for may already show the first steps.
    for (const place of [personalChat(mina).id, channel.id])
      assert.ok(seen.filter((each) => each.isProgress && each.place === place).length <= 1);
  });
});
