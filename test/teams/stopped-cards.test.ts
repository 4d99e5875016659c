import assert from "node:assert/strict";
import type { RequestState } from "../../src/domain/request.ts";
import { actionsOf } from "../../src/local/teams-stand-in.ts";
import { approvalCard, messageCard, requestCard } from "../../src/teams/cards.ts";
import { alan, aRegistration, aRequest, aSaid, aView, later, requestId } from "./views.ts";

const read = (card: object | undefined) => JSON.stringify(card);
const verbsOf = (card: Parameters<typeof actionsOf>[0]) => actionsOf(card).map(({ verb }) => verb);

describe("the approvers' card of a request whose making waits", () => {
  const waiting = aView(aRequest("approved"), { waitsSince: later });

  it("offers to stop it and says what that does, also in words that can be said", () => {
    const card = approvalCard(waiting);
    assert.ok(verbsOf(card).includes("provisioning/stop"));
    assert.match(read(card), /has waited since 20 Nov 2026, 14:05 UTC/);
    assert.match(read(card), new RegExp(`say to Usher: stop ${requestId}`));
  });

  it("offers it to nobody else, nor before it has waited long", () => {
    const others = [
      approvalCard(waiting, { for: "onlooker" }),
      approvalCard(aView(aRequest("approved"))),
      requestCard(waiting),
    ];
    for (const card of others) assert.ok(!verbsOf(card).includes("provisioning/stop"));
  });
});

describe("a request that was stopped", () => {
  const stopped = (state: RequestState) => {
    const request = aRequest(state);
    return aView({ ...request, thread: [aSaid({ kind: "stop", by: alan })] });
  };

  it("is called so on every card, with who stopped it, and not one that could not be made", () => {
    for (const state of ["cleaning", "cleaned", "failed"] as const) {
      const view = stopped(state);
      for (const card of [
        approvalCard(view),
        requestCard(view),
        messageCard({ kind: "decision", view }).card,
      ]) {
        assert.match(read(card), /Stopped/);
        assert.match(read(card), /Stopped on 20 Nov 2026, 14:05 UTC by.*Alan Turing/);
        assert.doesNotMatch(read(card), /could not be made/);
      }
    }
  });

  it("says that nothing stays, unless something does", () => {
    const view = stopped("cleaned");
    assert.match(read(requestCard(view)), /Nothing of it stays/);
    const stays = "An enterprise application stays.";
    const { request } = view;
    assert.ok(request.state === "cleaned");
    const card = read(requestCard({ ...view, request: { ...request, stays } }));
    assert.doesNotMatch(card, /Nothing of it stays/);
    assert.match(card, /An enterprise application stays/);
  });
});

describe("what admins are told of a secret that may be left", () => {
  it("names where to look and how the secret is called, and quotes Entra as text", () => {
    const { card, summary } = messageCard({
      kind: "key-left",
      requestId,
      applicationObjectId: aRegistration("active").applicationObjectId,
      marker: "[0123456789abcdef]",
      why: "Entra refuses this: **no**.",
    });
    assert.match(summary, /may be left/);
    assert.match(read(card), /12345678-0000-4000-8000-000000000002.*\[0123456789abcdef\]/s);
    assert.match(read(card), /"TextRun","text":"Entra refuses this: \*\*no\*\*\."/);
  });
});
