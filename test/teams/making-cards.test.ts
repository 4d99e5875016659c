import assert from "node:assert/strict";
import type { Request } from "../../src/domain/request.ts";
import { alreadyCard, approvalCard, messageCard, requestCard, reviewCard } from "../../src/teams/cards.ts";
import type { RequestView, StepView } from "../../src/usecases/telling/request-views.ts";
import { assertGoodCard, verbsOf, wordsOf } from "./reading.ts";
import { aPlan, aRegistration, aRequest, aSaid, aView, draftId, later, requestId } from "./views.ts";

const both = (view: RequestView) => [approvalCard(view), requestCard(view)].map(wordsOf);
const step = (name: StepView["step"], given: Partial<StepView> = {}): StepView => ({
  step: name,
  state: "waiting",
  ...given,
});
const waits = (name: StepView["step"], given: Partial<StepView> = {}) =>
  step(name, { since: later, note: "Something is waited for.", ...given });

describe("the cards of what is being made", () => {
  const approved = (...steps: StepView[]) => aView(aRequest("approved"), { steps });
  const titles = (...steps: StepView[]) => both(approved(...steps)).map((words) => words.split("\n")[0]);

  it("say at their top who or what is waited for", () => {
    assert.deepEqual(titles(step("application")), ["Approved, being made", "Approved, being made"]);
    for (const name of ["admin-consent", "missing-apis"] as const) {
      const title = "Approved, waits for an administrator";
      assert.deepEqual(titles(waits(name), waits("application", { isSlow: true })), [title, title]);
    }
    assert.deepEqual(titles(waits("personal-chat")), [
      "Approved, waits for the requester",
      "Approved, waits for you",
    ]);
    const slow = titles(waits("application", { isSlow: true }));
    assert.deepEqual(slow, ["Approved, waits for Entra", "Approved, waits for Entra"]);
    assert.deepEqual(titles(waits("application")), ["Approved, being made", "Approved, being made"]);
  });

  it("say the same while a step is tried again, and until when Graph wants to be left alone", () => {
    const until = new Date(later.getTime() + 100_000);
    const trying = waits("application", { until });
    assert.deepEqual(both(approved(trying)), both(approved({ ...trying, state: "intended" })));
    for (const words of both(approved(trying)))
      assert.match(words, /Trying since 20 Nov 2026, 14:05 UTC: .* Not before 20 Nov 2026, 14:06 UTC\./);
  });

  it("say who grants the consent, already when it is reviewed", () => {
    const review = { draftId, plan: aPlan(), permissions: [], roles: [], reason: "So.", offers: [] };
    const left = /Consent: an administrator grants these permissions/;
    const own = /Consent: Usher grants these permissions/;
    assert.match(wordsOf(reviewCard({ ...review, isConsentLeft: true })), left);
    assert.match(wordsOf(reviewCard(review)), own);
    assert.match(wordsOf(approvalCard(aView(aRequest("pending"), { isConsentLeft: true }))), left);
  });
});

describe("the cards of what could not be made", () => {
  const failed = (given: object = {}) => ({ ...aRequest("failed"), ...given }) as Request;
  const why = "The tenant forbids it.";

  it("say once why, and when it failed, and promise nothing that will not come", () => {
    const steps = [
      step("application", { state: "failed", since: later, endedAt: later, note: why }),
      step("credential"),
    ];
    for (const words of both(aView(failed({ failure: `${why} Nothing of it is in Entra.` }), { steps }))) {
      assert.equal(words.split(why).length - 1, 1, words);
      assert.match(words, /Failed on 20 Nov 2026, 14:05 UTC: the application\nNot made: the secret/);
      assert.doesNotMatch(words, /Not yet/);
    }
  });

  it("say that it was tried again and failed again", () => {
    const view = aView(failed({ thread: [aSaid({ kind: "retry" })] }));
    for (const words of both(view))
      assert.match(
        words,
        /Failed again, after it was tried again on 20 Nov 2026, 14:05 UTC by: Grace Hopper/,
      );
    for (const words of both(aView(failed()))) assert.doesNotMatch(words, /again on/);
  });

  it("lead to the clean-up alone once one was begun, and list only what is to be undone", () => {
    const steps = [
      step("application", { state: "done", since: later }),
      step("service-principal", { state: "undoing", since: later }),
      step("application-permissions", { state: "undone", since: later }),
      step("personal-chat", { state: "done", since: later }),
      step("credential"),
    ];
    const view = aView(failed({ isHalfUndone: true }), { steps });
    for (const words of both(view)) {
      assert.match(words, /^It could not be made, nor cleaned up yet/);
      assert.match(words, /Not undone: the application\nNot undone: its enterprise/);
      assert.match(words, /Undone: consent/);
      assert.doesNotMatch(words, /personal chat for|handed over by|press Retry/);
    }
    assert.deepEqual(verbsOf(approvalCard(view)), ["provisioning/clean"]);
  });

  it("ask once more before they clean up", () => {
    const card = approvalCard(aView(failed()));
    assertGoodCard(card);
    const { actions } = card as { actions: { title: string; type: string }[] };
    assert.equal(actions.find(({ title }) => title === "Clean up")?.type, "Action.ShowCard");
  });

  it("keep saying why once it is cleaned up, and speak of a deleted registration only where there was one", () => {
    const cleaned = (wasMade: NonNullable<RequestView["wasMade"]>) =>
      both(aView({ ...aRequest("cleaned"), failure: why } as Request, { wasMade }));
    for (const words of cleaned("yes")) {
      assert.match(words, /What happened before the clean-up: The tenant forbids it\./);
      assert.match(words, /Entra lists the deleted app registration for 30 days/);
    }
    for (const words of cleaned("no")) {
      assert.match(words, /Usher had made no app registration/);
      assert.doesNotMatch(words, /30 days/);
    }
  });

  it("are told to the approvals channel by a message that is true whenever it is read", () => {
    for (const kind of ["failed", "half-undone", "admin-consent", "missing-apis"] as const) {
      const { card, summary } = messageCard({
        kind: "needs-a-hand",
        requestId,
        displayName: "**Payroll**",
        system: "Payroll",
        why: kind,
        note: why,
      });
      assert.ok(card);
      assertGoodCard(card);
      assert.match(summary, new RegExp(`^${requestId}: `));
      assert.match(wordsOf(card), new RegExp(`Say approve ${requestId} to see how it stands now`));
    }
  });
});

describe("a registration with which nothing signs in, because somebody changed it in Entra", () => {
  it("is not called ready on its cards, nor working where it is asked for again", () => {
    for (const stops of ["deleted", "disabled", "no-credential"] as const) {
      for (const words of both(aView(aRequest("provisioned"), { stops }))) {
        assert.match(words, /^Somebody (?:deleted|disabled|removed)/);
        assert.match(
          words,
          new RegExp(`Nothing can sign in with it as it is now: .* Say drift ${requestId}`),
        );
      }
      const registration = aRegistration("active");
      const card = alreadyCard({
        draftId,
        requests: [],
        registrations: [registration],
        stops: new Map([[registration.id, stops]]),
      });
      assert.match(wordsOf(card), /is made, but somebody .*; say drift REQ-/);
      assert.doesNotMatch(wordsOf(card), /works/);
    }
  });
});
