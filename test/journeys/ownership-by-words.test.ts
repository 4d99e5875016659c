import assert from "node:assert/strict";
import type { RequestId } from "../../src/domain/ids.ts";
import { cardIn } from "../support/drifting.ts";
import {
  channel,
  type Journey,
  jonas,
  mina,
  personalChat,
  priya,
  startJourney,
  tomas,
} from "../support/journey.ts";
import {
  addressOf,
  ask,
  high,
  markOf,
  meet,
  offersOf,
  owned,
  ownersNow,
  question,
  said,
} from "../support/owned.ts";

describe("a change of owners that is answered in words", () => {
  let journey: Journey;
  before(async () => {
    journey = await startJourney();
    await meet(journey, mina, jonas, priya, tomas);
  });
  after(() => journey.close());

  /** The next offer, which its person has accepted. */
  async function accepted(id: RequestId, who: typeof mina): Promise<string> {
    await said(journey, mina, `transfer ${id} ${addressOf(who)}`, "They have a card");
    const card = await question(journey, who, id);
    await journey.teams.press(who, personalChat(who), card, "ownership/accept");
    return markOf(journey, id);
  }

  it("is approved as it was read, and not as another one that has come since", async () => {
    const id = await owned(journey, high);
    const read = await accepted(id, jonas);
    await cardIn(journey, channel, id, `approve ownership ${id} ${read}`);
    await said(journey, mina, `withdraw ownership ${id}`, "Taken back");
    const other = await accepted(id, tomas);
    assert.notEqual(read, other);
    for (const words of [`approve ownership ${id} ${read}`, `deny ownership ${id} ${read} They leave.`]) {
      const answer = await said(journey, priya, words, "Approve this change of owner?");
      assert.match(answer, /has changed since.*New owner: +Tom/s);
    }
    assert.deepEqual(await offersOf(journey, id), ["withdrawn", "accepted"]);
    await said(journey, priya, `approve ownership ${id} ${other.toUpperCase()}`, "The owner has changed");
    assert.deepEqual(await ownersNow(journey, id), [tomas.name]);
  });

  it("is only shown to an approver or to the person where no mark is said", async () => {
    const id = await owned(journey, high);
    await ask(journey, id, jonas);
    const mark = await markOf(journey, id);
    const asked = await said(
      journey,
      jonas,
      `accept ownership ${id}`,
      "Will you take this registration over?",
    );
    assert.match(asked, new RegExp(`Nothing was changed.*accept ownership ${id} ${mark}`, "s"));
    await said(journey, jonas, `accept ownership ${id} 000000`, "has changed since");
    assert.deepEqual(await offersOf(journey, id), ["offered"]);
    await said(journey, jonas, `accept ownership ${id} ${mark}`, "An approver must agree");
    for (const words of [`approve ownership ${id}`, `deny ownership ${id} They leave.`])
      await said(journey, priya, words, `approve ownership ${id} ${mark}`);
    assert.match(await said(journey, mina, `approve ownership ${id}`), /somebody else decides/);
    assert.deepEqual(await offersOf(journey, id), ["accepted"]);
    assert.match(await said(journey, priya, `deny ownership ${id} ${mark}`), /say why/);
    await said(journey, priya, `deny ownership ${id} ${mark} They leave.`, "Not approved");
  });

  it("is named by its REQ- id alone, since others may have the same name", async () => {
    const id = await owned(journey);
    await ask(journey, id, jonas);
    const mark = await markOf(journey, id);
    for (const words of ["accept", "decline", "approve", "deny", "withdraw"])
      assert.match(
        await said(journey, jonas, `${words} ownership Payroll export ${mark}`),
        /Say which one.*REQ-/,
      );
    assert.deepEqual(await offersOf(journey, id), ["offered"]);
    assert.match(await said(journey, tomas, `accept ownership ${id} ${mark}`), /no such question/);
    await said(journey, jonas, `decline ownership ${id}`, "Declined");
  });
});
