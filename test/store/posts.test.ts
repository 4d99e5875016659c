import assert from "node:assert/strict";
import type { ActivityId, RequestId } from "../../src/domain/ids.ts";
import type { Post } from "../../src/usecases/ports/conversations.ts";
import { ada, afterNoon, aPost, aRequestId, ben, chat, noon } from "../support/builders.ts";
import { byId, forEachStore, later, odd, twenty } from "./each-store.ts";

forEachStore("the store keeps posts", ({ one, tables }) => {
  const of = async (subject: string) => (await tables().posts.of(subject)).toSorted(byId);
  const posted = { conversationId: chat, activityId: "1:a" as ActivityId };
  const personal = { kind: "personal", userId: ada.userId } as const;

  it("as they were written, in every state and place", async () => {
    const subject = aRequestId();
    const message = {
      kind: "revoked",
      requestId: subject,
      displayName: odd,
      by: { ...ben, name: odd },
    } as const;
    const posts: Post[] = [
      aPost({ subject, purpose: "approval" }),
      aPost({ subject, purpose: "request", place: personal, state: "sending" }),
      aPost({ subject, purpose: "decision", place: { ...personal, fallback: chat }, state: "unclear" }),
      aPost({ subject, purpose: "link", place: personal, state: "undeliverable", changedAt: later }),
      aPost({ subject, purpose: "failure", state: "posted", posted, drawn: "abc" }),
      aPost({ subject, purpose: "note", state: "posted", posted, drawn: "", message }),
    ];
    for (const post of posts) await tables().posts.add(post);
    assert.deepEqual(await of(subject), posts.toSorted(byId));
  });

  it("and follows one from due until it stands", async () => {
    const subject = aRequestId();
    const due = aPost({ subject });
    await tables().posts.add(due);
    const sending: Post = { ...due, state: "sending", changedAt: later };
    assert.equal(await tables().posts.change(due, sending), true);
    assert.equal(await tables().posts.change(due, sending), false, "only over what was seen");
    assert.deepEqual(await of(subject), [sending]);
    const message = { ...posted, activityId: `${subject}-1` as typeof posted.activityId };
    const stands: Post = {
      ...due,
      state: "posted",
      posted: message,
      drawn: "abc",
      changedAt: afterNoon(9),
    };
    assert.equal(await tables().posts.change(sending, stands), true);
    assert.deepEqual(await of(subject), [stands]);
    assert.deepEqual(await tables().posts.standingAt(message), stands);
  });

  it("one for each purpose and place of a subject, but any number of notes", async () => {
    const subject = aRequestId();
    const places = [personal, { kind: "conversation", conversationId: chat }] as const;
    const first: Post[] = [];
    for (const purpose of ["approval", "request", "decision", "failure", "link"] as const)
      for (const place of places) first.push(aPost({ subject, purpose, place }));
    const notes = [aPost({ subject, purpose: "note" }), aPost({ subject, purpose: "note" })];
    for (const post of [...first, ...notes]) await tables().posts.add(post);
    for (const { purpose, place } of first)
      await tables().posts.add(aPost({ subject, purpose, place, changedAt: later }));
    // The same chat with another fallback is the same place.
    await tables().posts.add(aPost({ subject, purpose: "request", place: { ...personal, fallback: chat } }));
    assert.deepEqual(await of(subject), [...first, ...notes].toSorted(byId));
  });

  it("one more for each further copy in the same place", async () => {
    const subject = aRequestId();
    const conversation = { kind: "conversation", conversationId: chat } as const;
    const all = [
      aPost({ subject, purpose: "decision", place: personal }),
      aPost({ subject, purpose: "decision", place: { ...personal, copy: "returned r1 v1" } }),
      aPost({ subject, purpose: "decision", place: { ...personal, copy: "returned r2 v3", fallback: chat } }),
      aPost({ subject, purpose: "decision", place: conversation }),
      aPost({ subject, purpose: "decision", place: { ...conversation, copy: "1:b" as ActivityId } }),
    ];
    for (const post of all) await tables().posts.add(post);
    for (const { place } of all) await tables().posts.add(aPost({ subject, purpose: "decision", place }));
    assert.deepEqual(await of(subject), all.toSorted(byId));
  });

  it("one, when it is added twenty times at once", async () => {
    const subject = aRequestId();
    await Promise.all(twenty.map((n) => one(n).tables.posts.add(aPost({ subject, purpose: "approval" }))));
    assert.equal((await of(subject)).length, 1);
  });

  it("and lets one of twenty senders at once have it", async () => {
    const post = aPost({ subject: aRequestId() });
    await tables().posts.add(post);
    const sending: Post = { ...post, state: "sending", changedAt: later };
    const won = await Promise.all(twenty.map((n) => one(n).tables.posts.change(post, sending)));
    assert.equal(won.filter(Boolean).length, 1);
  });

  it("and posts again at a place what may not have arrived there", async () => {
    const place = { kind: "conversation", conversationId: aRequestId() as never } as const;
    const lost = aPost({ subject: aRequestId(), purpose: "approval", place, state: "undeliverable" });
    const unclear = aPost({ subject: aRequestId(), purpose: "approval", place, state: "unclear" });
    const stands = aPost({ subject: aRequestId(), purpose: "approval", place, state: "posted", posted });
    for (const post of [lost, unclear, stands]) await tables().posts.add(post);
    const again = await tables().posts.postAgain(place, later);
    assert.deepEqual(again.toSorted(), [lost.subject, unclear.subject].toSorted());
    assert.deepEqual(
      (await of(lost.subject)).map(({ state }) => state),
      ["due"],
    );
  });

  it("and finds every card whose redrawing was cut off, and no note and no link that waits", async () => {
    const purposes = [
      "approval",
      "request",
      "decision",
      "revocation",
      "rotation",
      "restoration",
      "drift",
      "expiry",
      "need",
      "ownership",
      "unowned",
      "second-owner",
      "link",
    ] as const;
    const cutOff = await Promise.all(
      purposes.map(async (purpose) => {
        const subject = aRequestId();
        await tables().posts.add(aPost({ subject, purpose, state: "posted", posted, drawn: "" }));
        return { purpose, subject };
      }),
    );
    const left = [aRequestId(), aRequestId(), aRequestId()] as const;
    await tables().posts.add(
      aPost({ subject: left[0], purpose: "note", state: "posted", posted, drawn: "" }),
    );
    await tables().posts.add(aPost({ subject: left[1], purpose: "link", state: "posted", posted }));
    await tables().posts.add(
      aPost({ subject: left[2], purpose: "rotation", state: "posted", posted, drawn: "as it is" }),
    );
    const found = await tables().posts.dueSubjects(noon);
    assert.deepEqual(
      cutOff.filter(({ subject }) => !found.includes(subject)).map(({ purpose }) => purpose),
      [],
    );
    assert.ok(left.every((subject) => !found.includes(subject)));
  });

  it("and finds each subject once that has something due, or a sender who died", async () => {
    const [due, stuck, sending, done] = [aRequestId(), aRequestId(), aRequestId(), aRequestId()];
    const add = (subject: RequestId, given: Partial<Post>) =>
      tables().posts.add(aPost({ subject, purpose: "note", ...given }));
    await add(due, {});
    await add(due, {});
    await add(stuck, { state: "sending", changedAt: afterNoon(-1) });
    await add(sending, { state: "sending", changedAt: noon });
    for (const state of ["posted", "unclear", "undeliverable"] as const) await add(done, { state });
    const found = await tables().posts.dueSubjects(noon);
    assert.equal(found.filter((subject) => subject === due).length, 1);
    assert.ok(found.includes(stuck));
    assert.ok(!found.includes(sending) && !found.includes(done));
  });
});
