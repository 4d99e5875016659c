import assert from "node:assert/strict";
import type { GroupId, UserId } from "../../src/domain/ids.ts";
import { SecretText } from "../../src/domain/secret-text.ts";
import { approvalCard, messageCard, requestCard } from "../../src/teams/cards.ts";
import type { Message } from "../../src/usecases/telling/messages.ts";
import type { Opener } from "../../src/usecases/telling/request-views.ts";
import { assertGoodCard, elements, hostile, verbsOf, wordsOf } from "./reading.ts";
import { aPlan, aRequest, aView, grace, later, noon, requestId } from "./views.ts";

const about = { requestId, displayName: hostile, keyId: "k" };
const drawn = (message: Message) => {
  const { card = {}, summary } = messageCard(message);
  assertGoodCard(card, { mayHoldExpressions: true });
  return { card, words: wordsOf(card), summary };
};
const person: Opener = { openedBy: { person: grace.userId as UserId }, name: hostile };
const group: Opener = {
  openedBy: { group: "bbbbbbbb-0000-4000-8000-000000000001" as GroupId },
  name: hostile,
};

describe("cards, where policy lets somebody else open the link,", () => {
  const openers: [what: string, opener: Opener, words: RegExp][] = [
    ["a colleague", person, /opened only by the colleague whom policy names, not by the requester: \[pay\]/],
    [
      "a group",
      group,
      /opened only by members of the group that policy names, not by the requester: \[pay\]/,
    ],
    [
      "a colleague whose name is not known",
      { openedBy: person.openedBy },
      /opened only by the colleague whom policy names, not by the requester\./,
    ],
    [
      "an account that is stopped",
      { ...person, isGone: true },
      /\[pay\][^\n]*\nThat account is not enabled here, so nobody can open the link/,
    ],
    [
      "a group that is gone",
      { openedBy: group.openedBy, isGone: true },
      /not by the requester\.\nThere is no such group any more, so nobody can open the link/,
    ],
  ];
  for (const [what, opener, words] of openers)
    it(`say so to both sides: ${what}`, () => {
      for (const state of ["pending", "returned", "offered"] as const) {
        const view = aView(aRequest(state), { opener });
        for (const card of [approvalCard(view), requestCard(view)]) {
          assertGoodCard(card, { mayHoldExpressions: true });
          assert.match(wordsOf(card), words, state);
        }
      }
      assert.match(wordsOf(requestCard(aView(aRequest("approved"), { opener }))), words);
      const url = new SecretText("https://usher.contoso.example/s/token");
      const link = { kind: "link", requestId, displayName: "x", url, expiresAt: later } as const;
      const { card, words: said, summary } = drawn({ ...link, opener });
      assert.match(said, words);
      assert.match(said, /You cannot open it yourself\. Send them this address; it works once, until 20 Nov/);
      assert.doesNotMatch(said, /Only you/);
      assert.equal(said.split(url.reveal()).length, 2, "it can be copied");
      assert.ok(!summary.includes(url.reveal()));
      assert.deepEqual(elements(card).filter(({ type }) => type === "Action.OpenUrl").length, 1);
    });

  it("say nothing where the requester opens it, or where there is no secret", () => {
    for (const state of ["pending", "approved", "provisioned"] as const) {
      const view = aView(aRequest(state, { plan: aPlan({ credential: { kind: "none" } }) }));
      for (const card of [approvalCard(view), requestCard(view), requestCard(aView(aRequest(state)))])
        assert.doesNotMatch(wordsOf(card), /opened only by/);
    }
  });

  it("say it on the requester's card until it is opened, and then who did", () => {
    const link = { expiresAt: later } as const;
    const card = (secret: object) =>
      wordsOf(
        requestCard(aView(aRequest("provisioned"), { opener: group, secret: { keyId: "k", ...secret } })),
      );
    assert.match(card({ link: { ...link, state: "sealed" } }), /opened only by members of the group/);
    const opening = { device: "iPhone, Safari", by: grace };
    const opened = card({ link: { ...link, state: "revealed", revealedAt: noon, opening } });
    assert.match(
      opened,
      /opened on 20 Nov 2026, 12:00 UTC\. Device: iPhone, Safari\.\nOpened by: Grace Hopper/,
    );
    assert.doesNotMatch(opened, /opened only by/);
  });
});

describe("the requester's news of a link", () => {
  const at = noon.toISOString();

  it("of a try has the time, what is still true and what to do, but nobody's name", () => {
    const { card, words } = drawn({ kind: "link-tried", ...about, at, isLast: false });
    assert.match(words, /On 20 Nov 2026, 12:00 UTC somebody signed in/);
    assert.match(words, /nothing was used up, and the link works as before/);
    assert.match(words, new RegExp(`press It was not me, or say notme ${requestId}`));
    assert.doesNotMatch(words, /no more tries/);
    assert.deepEqual(verbsOf(card), ["key/not-me"]);
    assert.match(
      drawn({ kind: "link-tried", ...about, at, isLast: true }).words,
      /no more tries on this link/,
    );
  });

  it("of its opening has the time and the kind of device, and a name only where it was somebody else", () => {
    const own = drawn({ kind: "link-opened", ...about, at, opening: { device: "unknown device" } });
    assert.match(own.words, /opened on 20 Nov 2026, 12:00 UTC\. Device: unknown device\./);
    assert.match(
      own.words,
      new RegExp(`If that was not you, press It was not me, or say notme ${requestId}`),
    );
    assert.doesNotMatch(own.words, /Opened by/);
    const others = drawn({
      kind: "link-opened",
      ...about,
      at,
      opening: { device: "Windows, Edge", by: { ...grace, name: hostile } },
    });
    assert.match(others.words, /Opened by: \[pay\]/);
    assert.match(others.words, /If that should not have been, press It was not me/);
    for (const { card } of [own, others]) assert.deepEqual(verbsOf(card), ["key/not-me"]);
  });

  it("that it waits has its end, and the way to another one", () => {
    const { card, words } = drawn({ kind: "link-waits", ...about, expiresAt: later, opener: person });
    assert.match(words, /Its link works until 20 Nov 2026, 14:05 UTC; then it expires/);
    assert.match(words, /opened only by the colleague whom policy names/);
    assert.match(words, new RegExp(`press I lost it, or say lost ${requestId}`));
    assert.deepEqual(verbsOf(card), ["key/lost"]);
  });
});
