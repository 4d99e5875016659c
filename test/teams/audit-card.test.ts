import assert from "node:assert/strict";
import { SecretText } from "../../src/domain/secret-text.ts";
import { auditCard, messageCard } from "../../src/teams/cards.ts";
import type { AuditView } from "../../src/usecases/audit/show-audit.ts";
import type { AuditRow } from "../../src/usecases/ports/store.ts";
import type { Message } from "../../src/usecases/telling/messages.ts";
import { assertGoodCard, elements, hostile, linesOf, verbsOf, wordsOf } from "./reading.ts";
import { ada, aRequest, aView, grace, later, noon, requestId } from "./views.ts";

const aRow = (given: Partial<AuditRow> = {}): AuditRow => ({
  n: 640,
  at: noon,
  who: ada.userId,
  what: "request.submitted",
  surface: "card",
  subject: requestId,
  revision: 1,
  outcome: "pending",
  detail: { fingerprint: "0b6c4f" },
  hash: "ab".repeat(32),
  ...given,
});
const aPage = (given: Partial<AuditView> = {}): AuditView => ({
  subject: requestId,
  head: { n: 812, hash: "5f0c2a9be41d".padEnd(64, "0") },
  rows: [aRow()],
  names: new Map([[ada.userId, ada.name]]),
  ...given,
});

describe("the card of the audit", () => {
  it("says of each line what, when, from where, on which revision, who, and what else is known", () => {
    const card = auditCard(aPage());
    assertGoodCard(card);
    assert.deepEqual(linesOf(card).slice(0, 6), [
      `The audit of ${requestId}`,
      "Newest line of the whole audit: number 812, hash 5f0c2a9be41d…",
      "request.submitted: pending",
      "Number 640 · 20 Nov 2026, 12:00 UTC · by card · revision 1",
      "Who: Ada Lovelace",
      "fingerprint: 0b6c4f",
    ]);
    assert.deepEqual(verbsOf(card), ["audit/export", "audit/export"]);
  });

  it("names Usher and policy, and shows the id of whom nobody knows", () => {
    const rows = ["usher", "policy", grace.userId].map((who) => aRow({ who }));
    assert.deepEqual(
      linesOf(auditCard(aPage({ rows }))).filter((line) => line.startsWith("Who: ")),
      ["Who: Usher", "Who: Policy", `Who: ${grace.userId}`],
    );
  });

  it("goes on where there is more", () => {
    const card = auditCard(aPage({ next: 651 }));
    assertGoodCard(card);
    const [button] = elements(card).filter(({ verb }) => verb === "audit/page");
    assert.deepEqual(button?.data, { verb: "audit/page", subject: requestId, after: 651 });
  });

  it("of all says what a line is about, and how to see all of one request", () => {
    const { subject: _, ...all } = aPage();
    const words = wordsOf(auditCard(all));
    assert.match(words, new RegExp(`About: ${requestId}`));
    assert.match(words, /say audit and its REQ-… name/);
  });

  it("takes what people typed for text, and fits however much it is", () => {
    const long = { reason: hostile.repeat(20), list: [hostile, { deep: hostile }], [hostile]: 1 };
    const rows = Array.from({ length: 10 }, () => aRow({ outcome: hostile.repeat(3), detail: long }));
    const card = auditCard(aPage({ rows, names: new Map([[ada.userId, hostile]]), next: 1 }));
    assertGoodCard(card, { mayHoldExpressions: true });
    assert.equal(linesOf(card).filter((line) => line.startsWith("Who: ")).length, 10);
    assert.ok(
      !elements(card).some(({ type, text }) => type === "TextBlock" && String(text).includes("evil")),
    );
  });

  it("says so where there is nothing", () => {
    const card = auditCard(aPage({ rows: [] }));
    assertGoodCard(card);
    assert.match(wordsOf(card), /There are no lines here/);
  });
});

describe("the messages with a one-time link", () => {
  const url = new SecretText("https://usher.contoso.example/s/token");
  const request = aRequest("pending", { requester: { ...ada, name: hostile } });
  const messages: Message[] = [
    { kind: "sign-in-to-vote", view: aView(request), url, expiresAt: later },
    { kind: "audit-export", format: "csv", url, expiresAt: later },
    { kind: "audit-export", format: "jsonl", subject: requestId, url, expiresAt: later },
  ];
  for (const [at, message] of messages.entries())
    it(`show it on their button only, and say for whom and until when: ${message.kind} (${at})`, () => {
      const { card, summary } = messageCard(message);
      assert.ok(card);
      assertGoodCard(card, { mayHoldExpressions: true });
      const opens = elements(card).filter(({ type }) => type === "Action.OpenUrl");
      assert.deepEqual(
        opens.map((each) => each.url),
        [url.reveal()],
      );
      assert.equal(JSON.stringify({ card, summary }).split(url.reveal()).length, 2);
      assert.match(wordsOf(card), /opens? only for|Only you can open it/);
      assert.match(wordsOf(card), /until 20 Nov 2026, 14:05 UTC/);
    });

  it("say what would be approved, and that nothing is yet", () => {
    const { card, summary } = messageCard({
      kind: "sign-in-to-vote",
      view: aView(request),
      url,
      expiresAt: later,
    });
    const words = wordsOf(card!);
    assert.match(words, new RegExp(`^Sign in to approve ${requestId}\n${requestId}, revision 2: `));
    assert.match(words, /High risk[\s\S]*nothing is approved yet/);
    assert.match(summary, /nothing is approved yet/);
  });
});
