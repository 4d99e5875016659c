import assert from "node:assert/strict";
import type { In, OpenState, RequestState } from "../../src/domain/request.ts";
import {
  counted,
  cut,
  dayWords,
  lengthWords,
  listed,
  momentWords,
  quoted,
  type Refusal,
  refusalSentence,
} from "../../src/teams/words.ts";
import { allStates, aRegistration, aRequest, later, noon } from "./views.ts";

describe("times in words", () => {
  it("name the month and the zone", () => {
    assert.equal(momentWords(later), "20 Nov 2026, 14:05 UTC");
    assert.equal(dayWords(new Date("2027-01-01T23:59:59Z")), "1 Jan 2027");
  });

  it("give a length in its largest whole unit", () => {
    const after = (ms: number) => lengthWords(noon, new Date(noon.getTime() + ms));
    assert.equal(after(59_999), "less than a minute");
    assert.equal(after(60_000), "1 minute");
    assert.equal(after(2 * 3_600_000), "2 hours");
    assert.equal(after(86_400_000 * 1.9), "1 day");
    assert.equal(after(-86_400_000 * 40), "40 days");
  });
});

describe("words in a row", () => {
  it("read as a sentence does", () => {
    assert.deepEqual(
      [listed([]), listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"], "or")],
      ["", "a", "a and b", "a, b or c"],
    );
    assert.deepEqual([counted(1, "step"), counted(0, "step")], ["1 step", "0 steps"]);
  });

  it("are cut without breaking a character in two", () => {
    assert.equal(cut("ab😀cd", 4), "ab…");
    assert.equal(cut("ab😀", 4), "ab😀");
    assert.equal(cut("a\ud83d", 5), "a\ufffd");
  });
});

describe("a quoted name", () => {
  it("is one short line that mentions nobody and turns no direction", () => {
    assert.equal(quoted(" Ada\n<at>All</at>\u202E \u0000x "), "Ada ‹at›All‹/at› x");
    assert.equal(quoted("n".repeat(500)).length, 80);
  });
});

describe("a refusal", () => {
  const decided = (state: Exclude<RequestState, OpenState>) => {
    const request = aRequest(state);
    return { refused: "already-decided", request } as Extract<Refusal, { refused: "already-decided" }>;
  };
  const refusals: Refusal[] = [
    { refused: "own-request" },
    { refused: "not-approver" },
    { refused: "account-disabled" },
    { refused: "guest" },
    { refused: "requester-gone" },
    { refused: "old-revision", revision: 3 },
    decided("denied"),
    decided("withdrawn"),
    decided("approved"),
    decided("provisioned"),
    decided("failed"),
    decided("expired"),
    decided("cleaning"),
    decided("cleaned"),
    { refused: "own-failure", request: aRequest("failed") },
    { refused: "may-not-end" },
    ...allStates
      .filter((state) => state !== "failed")
      .map((state) => ({ refused: "not-failed", request: aRequest(state) }) as Refusal),
    ...allStates.map((state) => ({ refused: "not-waiting", request: aRequest(state) }) as Refusal),
    { refused: "not-waiting", request: aRequest("approved"), from: later },
    { refused: "half-undone", request: aRequest("failed") as In<"failed"> },
    { refused: "requester-gone-since", request: aRequest("failed") as In<"failed"> },
    {
      refused: "policy-since",
      request: aRequest("failed") as In<"failed">,
      sentences: ["Nobody may read all mail here."],
    },
    { refused: "reason-missing" },
    { refused: "fresh-sign-in-needed" },
    { refused: "policy", sentences: ["Nobody may read all mail here."] },
    { refused: "waits-for-requester", request: aRequest("returned") as In<"returned"> },
    { refused: "waits-for-requester", request: aRequest("offered") as In<"offered"> },
    { refused: "not-your-turn", request: aRequest("pending") as In<"pending"> },
    { refused: "not-your-turn", request: aRequest("returned") as In<"returned"> },
    { refused: "not-your-turn", request: aRequest("offered") as In<"offered"> },
    { refused: "nudged-already", againAt: later },
    { refused: "no-such-press" },
    { refused: "no-personal-chat" },
    { refused: "link-unsent" },
    { refused: "too-many-open", most: 5 },
    { refused: "not-changeable", request: aRequest("withdrawn") },
    { refused: "draft-changed" },
    { refused: "may-not-ask" },
    { refused: "may-not-ask", system: "Rewst" },
    { refused: "unknown-request" },
    { refused: "nobody-can-approve" },
    { refused: "group-unreadable" },
    { refused: "directory-unreachable" },
    { refused: "not-staff" },
    { refused: "draft-of-somebody-else" },
    { refused: "draft-gone" },
    { refused: "unknown-blueprint" },
    { refused: "already-submitted", request: aRequest("pending") },
    { refused: "not-admin" },
    { refused: "not-a-channel" },
    { refused: "unknown-registration" },
    { refused: "ambiguous-registration", names: ["REQ-AAAAAA", "REQ-BBBBBB"] },
    { refused: "already-revoked", registration: aRegistration("revoked") },
    { refused: "already-revoked", registration: aRegistration("revoking") },
  ];

  for (const [at, refusal] of refusals.entries()) {
    it(`says what happened, what still holds and what to do: ${refusal.refused} (${at})`, () => {
      const sentence = refusalSentence(refusal);
      const sentences = sentence.split(/(?<=\.) /);
      assert.ok(sentences.length >= 2, sentence);
      assert.match(sentence, /nothing|stands|waits|stays|changed|goes on|lets nobody/i, "what is still true");
      assert.match(
        sentence,
        /\b(ask|say|try|deny|denied|wait|read|has to|nothing left|its card|making|send|go on|press)\b/i,
        "what to do next",
      );
      assert.doesNotMatch(sentence, /undefined|\[object|\$\{/);
    });
  }

  it("tells the second press who decided and when", () => {
    assert.match(refusalSentence(decided("denied")), /denied on 20 Nov 2026, 14:05 UTC by Grace Hopper/);
  });

  it("quotes what policy says without its line breaks and direction marks", () => {
    const sentence = refusalSentence({ refused: "policy", sentences: ["One\n<at>All</at>", "\u202etwo"] });
    assert.match(sentence, /does not allow this as it is: One ‹at›All‹\/at› two The request still waits/);
  });

  it("names the revision that stands now", () => {
    assert.match(refusalSentence({ refused: "old-revision", revision: 3 }), /revision 3/);
  });
});
