import assert from "node:assert/strict";
import type { RequestId } from "../../src/domain/ids.ts";
import { heldCard, messageCard, wentOnCard } from "../../src/teams/cards.ts";
import { heldKinds } from "../../src/usecases/ports/hold.ts";
import { assertGoodCard, wordsOf } from "./reading.ts";

describe("the card of what a restored backup holds", () => {
  const about = { since: "2027-01-02T03:04:05.000Z", madeAt: "2027-01-01T00:00:00.000Z" };
  const some = ["REQ-7K3M9Q", "REQ-8K3M9Q"] as RequestId[];

  it("counts each kind, names some of it, and says what to look at before it goes on", () => {
    const work = heldKinds.map((kind) => ({ kind, count: 12, some }));
    const { card, summary } = messageCard({ kind: "held", ...about, work });
    assertGoodCard(card ?? {});
    assert.match(summary, /restored from a backup/);
    const words = wordsOf(card ?? {});
    assert.equal(words.match(/12: REQ-7K3M9Q, REQ-8K3M9Q and 10 others/g)?.length, heldKinds.length);
    assert.match(words, /Look at each of these in Entra first/);
    assert.match(wordsOf(wentOnCard(work)), /Usher goes on.*12: REQ-7K3M9Q/s);
  });

  it("says that nothing waits where nothing was under way", () => {
    const card = heldCard({ ...about, work: [] });
    assertGoodCard(card);
    assert.match(wordsOf(card), /Nothing is under way, so nothing waits/);
    assert.match(wordsOf(wentOnCard([])), /Nothing was held\. Usher works as always/);
  });
});
