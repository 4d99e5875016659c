import assert from "node:assert/strict";
import type { Credential, Plan } from "../../src/domain/plan.ts";
import type { Registration } from "../../src/domain/registration.ts";
import { confirmRestoreCard, confirmStrayCard, messageCard, restorationCard } from "../../src/teams/cards.ts";
import { assertGoodCard, hostile, verbsOf, wordsOf } from "./reading.ts";
import { aRegistration } from "./views.ts";

type Revoked = Extract<Registration, { state: "revoked" }>;
const revoked = (plan: Partial<Plan> = {}): Revoked => {
  const registration = aRegistration("revoked") as Revoked;
  return { ...registration, plan: { ...registration.plan, ...plan } };
};

describe("the cards of what comes back", () => {
  it("say what comes back, and what does not, before anything does", () => {
    const secret = wordsOf(confirmRestoreCard(revoked()));
    assert.match(secret, /No secret from before works again\. Usher makes a new one/);
    assert.match(secret, /Nothing has been changed yet/);
    assert.deepEqual(verbsOf(confirmRestoreCard(revoked())), [
      "registration/confirm-restore",
      "registration/leave",
    ]);
    const certificate: Credential = {
      kind: "certificate",
      label: "",
      der: "",
      thumbprint: "",
      expiresAt: "",
    };
    assert.match(wordsOf(confirmRestoreCard(revoked({ credential: certificate }))), /leave it revoked/);
    const none = revoked({ permissions: [], directoryRoles: [] });
    assert.match(wordsOf(confirmRestoreCard(none)), /It may do nothing by itself/);
  });

  it("say how it stands, and keep what people typed as text", () => {
    const titles = (["active", "restoring", "revoking", "revoked", "removed"] as const).map((state) => {
      const registration = aRegistration(state);
      const plan = { ...registration.plan, displayName: hostile };
      const card = restorationCard({ ...registration, plan });
      assertGoodCard(card, { mayHoldExpressions: true });
      assert.ok(wordsOf(card).includes(hostile));
      return wordsOf(card).split("\n")[0];
    });
    assert.deepEqual(titles, ["Restored", "Being restored", "Not restored", "Not restored", "Not restored"]);
    const stray = { displayName: hostile, madeAt: new Date(0) };
    const { clientId, applicationObjectId } = aRegistration("active");
    for (const card of [
      confirmRestoreCard(revoked({ displayName: hostile })),
      confirmStrayCard({ ...stray, clientId, applicationObjectId }),
    ]) {
      assertGoodCard(card, { mayHoldExpressions: true });
      assert.ok(wordsOf(card).includes(hostile));
    }
  });

  it("tell the owners and whoever wanted it what became of it", () => {
    const { id, owner } = aRegistration("active");
    const about = { requestId: id, displayName: hostile } as const;
    const told = (isIncomplete: boolean) =>
      messageCard({ kind: "restored", ...about, by: owner, credential: "secret", isIncomplete });
    assert.doesNotMatch(wordsOf(told(false).card ?? {}), /had no right/);
    assert.match(wordsOf(told(true).card ?? {}), /had no right to give back all of it/);
    const not = (isRemoved: boolean) =>
      messageCard({ kind: "not-restored", ...about, failure: "Entra refused it.", isRemoved });
    assert.match(wordsOf(not(false).card ?? {}), /Entra refused it.*say restore/s);
    assert.match(wordsOf(not(true).card ?? {}), /cannot come back/);
  });
});
