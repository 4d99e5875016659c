import assert from "node:assert/strict";
import { type Drift, driftKey } from "../../src/domain/drift.ts";
import type { Finding } from "../../src/domain/finding.ts";
import { driftCard, messageCard } from "../../src/teams/cards.ts";
import type { DriftView } from "../../src/usecases/telling/registration-views.ts";
import { aPermission, aPlan, aRegistration, ben, noon } from "../support/builders.ts";
import { assertGoodCard, elements, hostile, linesOf, verbsOf, wordsOf } from "./reading.ts";

const finding = (drift: Drift, given: object = {}) =>
  ({ key: driftKey(drift), drift, firstSeen: noon, confirmedAt: noon, state: "open", ...given }) as Finding;
const view = (drifts: readonly Drift[], given: Partial<DriftView> = {}): DriftView => ({
  registration: aRegistration(),
  findings: drifts.map((drift) => finding(drift)),
  ended: [],
  unsure: [],
  lookedAt: noon,
  isForOwner: false,
  isOld: false,
  ...given,
});

const permission = aPermission({ name: "Mail.ReadWrite", kind: "application" });
const everything: Drift[] = [
  { what: "deleted", which: "application" },
  { what: "deleted", which: "principal" },
  ...(["on", "off"] as const).flatMap((to): Drift[] =>
    (["idTokens", "accessTokens", "publicFlows", "mappedClaims"] as const).map((setting) => ({
      what: "setting",
      setting,
      from: to === "on" ? "off" : "on",
      to,
    })),
  ),
  { what: "setting", setting: "groupClaims", from: "None", to: "All" },
  { what: "setting", setting: "tokenVersion", from: "2", to: "1" },
  { what: "owner", change: "added", id: "o", name: "Cleo", onPrincipal: true },
  {
    what: "role",
    change: "added",
    role: { templateId: "t", name: "User Administrator", scope: "/administrativeUnits/1" },
  },
  ...(["added", "removed"] as const).flatMap((change): Drift[] => [
    { what: "role", change, role: { templateId: "t", name: "User Administrator", scope: "/" } },
    { what: "exposed", change, exposed: { kind: "role", value: "Run", to: "Application, User" } },
    { what: "exposed", change, exposed: { kind: "scope", value: "read", to: "Admin" } },
    { what: "exposed", change, exposed: { kind: "identifier", value: "https://x.example" } },
    { what: "exposed", change, exposed: { kind: "client", value: "c" } },
    { what: "consent", change, permission },
    { what: "declared", change, permission },
    { what: "redirect", change, platform: "web", uri: "https://x.example" },
    { what: "owner", change, id: "o", name: "Cleo" },
    { what: "secret", change, id: "s", name: "label" },
    { what: "certificate", change, id: "c", name: "" },
    { what: "federated", change, id: "f", name: "deploy" },
  ]),
  { what: "sign-in", change: "disabled" },
  { what: "sign-in", change: "enabled" },
  { what: "audience", from: "AzureADMyOrg", to: "PersonalMicrosoftAccount" },
  { what: "usher" },
];

/** What can be pressed to decide something. */
const decisionsOf = (of: DriftView) =>
  verbsOf(driftCard(of)).filter((verb) => /^drift\/(?:repair|accept)$/.test(verb));

describe("the card about what differs from an approved plan", () => {
  for (const drift of everything)
    it(`says "${driftKey(drift)}" and what it means`, () => {
      const card = driftCard(view([drift]));
      assertGoodCard(card);
      const about = linesOf(card).findIndex((line) => /than was approved|What happened/.test(line));
      assert.ok(about > 0);
      assert.ok((linesOf(card)[about + 2] ?? "").length > 20, wordsOf(card));
    });

  it("says how dangerous a consent is, as its approver would have read it", () => {
    const ranked = { ...permission, rank: "tier0", sentence: "It can change every mailbox." } as const;
    const card = driftCard(
      view([], { findings: [{ ...finding({ what: "consent", change: "added", permission }), ranked }] }),
    );
    assert.match(wordsOf(card), /Highest risk\. It can change every mailbox\./);
  });

  it("offers Repair for what Usher brings back, Accept for what is less, and neither for what is lost", () => {
    const buttons = (...drifts: Drift[]) => decisionsOf(view(drifts));
    const [added, removed] = (["added", "removed"] as const).map(
      (change): Drift => ({ what: "secret", change, id: "s", name: "" }),
    );
    assert.deepEqual(buttons(added!), ["drift/repair"]);
    assert.deepEqual(buttons(removed!), ["drift/accept"]);
    assert.deepEqual(buttons({ what: "sign-in", change: "disabled" }), ["drift/repair", "drift/accept"]);
    assert.deepEqual(buttons({ what: "deleted", which: "application" }), []);
    assert.deepEqual(buttons({ what: "usher" }), []);
    assert.deepEqual(buttons(), []);
  });

  it("has no button for the owner, on an older card, or while it is being repaired", () => {
    const drift: Drift = { what: "sign-in", change: "disabled" };
    assert.deepEqual(decisionsOf(view([drift], { isForOwner: true })), []);
    assert.deepEqual(verbsOf(driftCard(view([drift], { isOld: true }))), []);
    const repairing = finding(drift, { state: "repairing", by: ben, at: noon });
    const twice = view([], { findings: [repairing, { ...repairing, key: "another" }] });
    assert.deepEqual(decisionsOf(twice), []);
    const words = wordsOf(driftCard(twice));
    assert.match(words, /^Being repaired.*Being repaired for: Ben Boss/s);
    assert.equal(words.match(/Being repaired for/g)?.length, 1, "said once");
  });

  it("says who settled what, and why something was not repaired", () => {
    const drift: Drift = { what: "sign-in", change: "disabled" };
    const ended = [
      finding(drift, { state: "repaired", by: ben, at: noon }),
      finding({ what: "usher" }, { state: "gone", at: noon }),
    ];
    const words = wordsOf(driftCard(view([], { ended })));
    assert.match(words, /^Nothing differed when Usher looked last/);
    assert.match(
      words,
      /It was disabled\. Repaired on 1 Mar 2027, 12:00 UTC, as it was decided by Ben Boss\./,
    );
    assert.match(words, /Usher itself owns it no more\. It is no longer so\./);
    const left = driftCard(view([], { findings: [finding(drift, { note: "Usher may not." })] }));
    assert.match(wordsOf(left), /Not repaired: Usher may not\./);
  });

  it("says when Usher looked, and gives no all-clear where it has not", () => {
    const looked = driftCard(view([]));
    assert.match(wordsOf(looked), /^Nothing differed when Usher looked last/);
    assert.match(wordsOf(looked), /Usher looked last: 1 Mar 2027, 12:00 UTC/);
    const { lookedAt: _never, ...unseen } = view([]);
    const words = wordsOf(driftCard(unseen));
    assert.match(words, /^Not compared with Entra yet/);
    assert.match(words, /Usher looked last: not yet; it looks once a day/);
    for (const each of [view([]), unseen, view([], { isForOwner: true })])
      assert.deepEqual(verbsOf(driftCard(each)), ["drift/check"]);
  });

  it("shows what was seen once, and that it cannot be decided upon yet", () => {
    const { confirmedAt: _not, ...once } = finding({ what: "sign-in", change: "disabled" });
    const card = driftCard(view([], { unsure: [once] }));
    assert.match(wordsOf(card), /^Something may have been changed in Entra/);
    assert.match(wordsOf(card), /Seen once\nIt was disabled\n/);
    assert.match(wordsOf(card), /once it is seen again, half an hour later/);
    assert.deepEqual(verbsOf(card), ["drift/check"]);
  });

  it("does not call in order what was accepted although nothing signs in with it", () => {
    const drifts: Drift[] = [
      { what: "sign-in", change: "disabled" },
      { what: "secret", change: "removed", id: "s", name: "mine" },
    ];
    for (const drift of drifts) {
      const accepted = finding(drift, { state: "accepted", by: ben, at: noon, note: "So be it." });
      const words = wordsOf(driftCard(view([], { ended: [accepted] })));
      assert.match(words, /^It differs as it was accepted, and not more/);
      assert.match(words, /Nothing signs in with it as long as it stays so/);
    }
  });

  it("promises no repair where one was refused, nor of a secret", () => {
    const drift: Drift = { what: "sign-in", change: "disabled" };
    const refused = wordsOf(driftCard(view([], { findings: [finding(drift, { note: "No right." })] })));
    assert.match(refused, /Mend what is said under Not repaired first\. Then press Repair/);
    assert.doesNotMatch(refused, /Repair brings back/);
    const lost = view([drift, { what: "secret", change: "removed", id: "s", name: "" }]);
    assert.match(wordsOf(driftCard(lost)), /Repair brings back what was approved, but for the secret\./);
  });

  it("asks nobody to decide on what was deleted, and says how to end it", () => {
    const deleted: Drift = { what: "deleted", which: "application" };
    for (const isForOwner of [true, false]) {
      const card = driftCard(view([deleted], { isForOwner, portal: "https://entra.example/app" }));
      assert.doesNotMatch(wordsOf(card), /decides|Repair/);
      assert.match(wordsOf(card), /Say revoke REQ-\w{6} to end it/);
      assert.deepEqual(verbsOf(card), ["drift/check", "registration/revoke"]);
      assert.ok(elements(card).some(({ url }) => url === "https://entra.example/app"));
    }
  });

  it("is told in a notification, in one sentence", () => {
    const registration = aRegistration();
    const { summary } = messageCard({
      kind: "drift",
      view: view([{ what: "deleted", which: "application" }], { registration }),
    });
    assert.equal(summary, `${registration.id}: Somebody deleted this in Entra.`);
  });

  it("leaves what people named as they named it", () => {
    const drifts: Drift[] = [
      { what: "owner", change: "added", id: "o", name: hostile },
      { what: "secret", change: "added", id: "s", name: hostile },
      { what: "redirect", change: "added", platform: "web", uri: hostile },
      { what: "role", change: "added", role: { templateId: "t", name: hostile, scope: "/" } },
      { what: "exposed", change: "added", exposed: { kind: "role", value: hostile, to: "User" } },
      { what: "setting", setting: "groupClaims", from: "None", to: hostile },
    ];
    const registration = aRegistration({ plan: aPlan({ displayName: hostile }) });
    const findings = drifts.map((drift) => finding(drift, { note: hostile }));
    const ended = drifts.map((drift) =>
      finding(drift, { state: "accepted", by: { ...ben, name: hostile }, at: noon, note: hostile }),
    );
    const card = driftCard(view([], { registration, findings, ended }));
    assertGoodCard(card, { mayHoldExpressions: true });
    for (const { type, text } of elements(card))
      if (type === "TextBlock") assert.ok(!String(text).includes("evil"), String(text));
  });

  it("shows the most dangerous of hundreds, and how many there are more", () => {
    const many = Array.from(
      { length: 400 },
      (_, n): Drift => ({
        what: "redirect",
        change: "added",
        platform: "web",
        uri: `https://${n}.example/${"x".repeat(200)}`,
      }),
    );
    const card = driftCard(view([{ what: "secret", change: "added", id: "s", name: "mine" }, ...many]));
    assertGoodCard(card);
    assert.match(wordsOf(card), /A secret was added in Entra: mine/);
    assert.match(wordsOf(card), /There are \d+ more differences\./);
    assert.deepEqual(verbsOf(card), ["drift/repair", "drift/check", "registration/revoke"]);
  });
});
