import assert from "node:assert/strict";
import type { In } from "../../src/domain/request.ts";
import { alreadyCard, messageCard, requestCard } from "../../src/teams/cards.ts";
import type { RequestView } from "../../src/usecases/telling/request-views.ts";
import { aWaiting, someTermsNow } from "../support/builders.ts";
import { assertGoodCard, elements, verbsOf, wordsOf } from "./reading.ts";
import {
  allDifferences,
  aRegistration,
  aRequest,
  aSaid,
  aView,
  aVote,
  draftId,
  later,
  noon,
} from "./views.ts";

const day = 86_400_000;
const pending = (of: Partial<In<"pending">> = {}, changes: Partial<RequestView> = {}) =>
  aView({ ...(aRequest("pending") as In<"pending">), ...of }, changes);

describe("the requester's card", () => {
  it("says how many approvals there are of how many, and until when it waits", () => {
    const terms = someTermsNow({ approvals: 2 });
    const card = requestCard(pending({ votes: [aVote()] }, { terms }), { now: later });
    assertGoodCard(card);
    assert.match(
      wordsOf(card),
      /Waits since: .* \(2 hours\)\nWaits until: 4 Dec 2026, 12:00 UTC, then it expires/,
    );
    assert.match(wordsOf(card), /1 of 2 approvals\. .*\nApproved on .* by: Grace Hopper/);
  });

  it("lets the requester nudge, but not again within a day", () => {
    const nudged = pending({ waiting: aWaiting({ nudgedAt: noon }) });
    const before = requestCard(nudged, { now: new Date(noon.getTime() + day - 1) });
    assertGoodCard(before);
    assert.ok(!verbsOf(before).includes("request/nudge"));
    assert.match(
      wordsOf(before),
      /You nudged .* 20 Nov 2026, 12:00 UTC\. You can again from 21 Nov 2026, 12:00/,
    );
    assert.ok(
      verbsOf(requestCard(nudged, { now: new Date(noon.getTime() + day) })).includes("request/nudge"),
    );
    // Drawn by itself nobody knows the time at which it will be read: Refresh tells.
    assert.deepEqual(verbsOf(requestCard(nudged)), ["request/withdraw", "request/show"]);
    assert.ok(verbsOf(requestCard(pending())).includes("request/nudge"));
  });

  it("asks the approver's question in full, and takes an answer", () => {
    const question = "漢".repeat(1000);
    const returned = { ...(aRequest("returned") as In<"returned">), question };
    for (const card of [
      requestCard(aView(returned)),
      messageCard({ kind: "decision", view: aView(returned) }).card!,
    ]) {
      assertGoodCard(card);
      assert.ok(wordsOf(card).includes(`Question: ${question}`));
      assert.match(wordsOf(card), /Nothing is decided\. Answer the question, or edit the request/);
      const answer = elements(card).find(({ id }) => id === "answer");
      assert.deepEqual([answer?.isRequired, answer?.maxLength], [true, 1000]);
    }
  });

  it("shows what was offered in words, with the approver's note, and what either answer means", () => {
    const offered = {
      ...aRequest("offered"),
      thread: [aSaid(), aSaid({ kind: "offer", text: "Reading is enough." })],
    };
    const view = aView(offered, { changes: allDifferences });
    for (const card of [requestCard(view), messageCard({ kind: "decision", view }).card!]) {
      assertGoodCard(card);
      assert.match(wordsOf(card), /No longer asked for: Mail\.Read [\s\S]*They say: Reading is enough\./);
      assert.match(
        wordsOf(card),
        /Nothing is made before you accept what is left\. If you withdraw, nothing is made/,
      );
      assert.match(wordsOf(card), /accept REQ-7K3M9Q r2/);
    }
  });

  it("says what is said at its top only once", () => {
    const returned = {
      ...(aRequest("returned") as In<"returned">),
      thread: [aSaid({ text: "First?" }), aSaid({ text: "Why all of it?" })],
    };
    const text = wordsOf(requestCard(aView(returned)));
    assert.equal(text.split("Why all of it?").length, 2);
    assert.ok(text.includes("First?"));
  });

  it("names all that was taken away of sixty permissions", () => {
    const changes = Array.from({ length: 60 }, (_, at) => ({
      what: "permission" as const,
      change: "dropped" as const,
      permission: {
        api: "x",
        apiName: "x",
        name: `SomeResourceName${at}.Read.All`,
        kind: "application" as const,
      },
    }));
    const thread = [1, 2, 3].map(() => aSaid({ text: "漢".repeat(1000) }));
    const card = requestCard(aView({ ...aRequest("offered"), thread }, { changes }));
    assertGoodCard(card);
    for (const { permission } of changes) assert.ok(wordsOf(card).includes(permission.name), permission.name);
  });

  it("lets what has expired be sent again", () => {
    const card = requestCard(aView(aRequest("expired")));
    assertGoodCard(card);
    assert.match(
      wordsOf(card),
      /Expired on .*\. Nothing was made\.[\s\S]*Press Send again if you still need it\./,
    );
  });

  it("says with what reason it was approved", () => {
    const approved = { ...aRequest("approved"), votes: [aVote({ reason: "It is needed." })] };
    const view = aView(approved);
    for (const card of [requestCard(view), messageCard({ kind: "decision", view }).card!]) {
      assert.match(wordsOf(card), /Approved on .* by: Grace Hopper\nReason: It is needed\./);
    }
  });
});

describe("asking for what is already there", () => {
  it("shows each with its state and since when, and lets the person ask for another", () => {
    const card = alreadyCard({
      draftId,
      requests: [aRequest("pending") as In<"pending">, aRequest("returned") as In<"returned">],
      registrations: [aRegistration("active")],
    });
    assertGoodCard(card);
    const text = wordsOf(card);
    assert.match(text, /^You already have this\n/);
    assert.match(text, /REQ-7K3M9Q waits for an approver, since 20 Nov 2026, 12:00 UTC/);
    assert.match(text, /REQ-7K3M9Q waits for your answer/);
    assert.match(text, /REQ-7K3M9Q is made and works, since/);
    assert.deepEqual(verbsOf(card), ["request/show", "request/show", "request/show", "intake/anyway"]);
  });

  it("stays small, however much there is", () => {
    const requests = Array.from({ length: 30 }, () => aRequest("pending") as In<"pending">);
    const card = alreadyCard({ draftId, requests, registrations: [] });
    assertGoodCard(card);
    assert.match(wordsOf(card), /… and 22 more\./);
  });
});
