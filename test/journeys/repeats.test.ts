import assert from "node:assert/strict";
import type { ChatMessage, InvokeAnswer } from "../../src/local/teams-stand-in.ts";
import { forEachUsherDatabase } from "../support/carriers.ts";
import { heldDirectory } from "../support/held-directory.ts";
import {
  channel,
  type Journey,
  mina,
  personalChat,
  priya,
  readingOf,
  says,
  startJourney,
  tomas,
} from "../support/journey.ts";

type Press = (who?: typeof priya, invoke?: string) => Promise<InvokeAnswer>;

/** How the same press arrives more than once. */
const repeats: { what: string; press: (press: Press) => Promise<InvokeAnswer[]> }[] = [
  {
    what: "the same invoke again, after the first was answered",
    press: async (press) => [await press(priya, "f:once"), await press(priya, "f:once")],
  },
  {
    what: "the same invoke twice at once",
    press: (press) => Promise.all([press(priya, "f:once"), press(priya, "f:once")]),
  },
  {
    what: "a new invoke of a second press",
    press: async (press) => [await press(priya, "f:first"), await press(priya, "f:second")],
  },
  {
    what: "two presses at once",
    press: (press) => Promise.all([press(priya, "f:first"), press(priya, "f:second")]),
  },
  {
    what: "two approvers at once",
    press: (press) => Promise.all([press(priya), press(tomas)]),
  },
];

forEachUsherDatabase((_, open) => {
  describe("what is pressed more than once", () => {
    const directory = heldDirectory();
    let journey: Journey;
    before(async () => {
      journey = await startJourney({ carrier: open, adjust: directory.adjust });
    });
    afterEach(() => directory.letGo());
    after(() => journey.close());

    const pressing =
      (card: ChatMessage, verb: string, inputs: object): Press =>
      (who = priya, invoke) =>
        journey.teams.press(who, channel, card, verb, inputs, invoke && `${invoke} on ${card.id}`);

    async function decidedOnce(id: string, card: ChatMessage, state: "Approved" | "Denied"): Promise<void> {
      await journey.until(
        async () => JSON.stringify(journey.teams.shared(card)).includes(state),
        `${state} for everybody`,
      );
      const decisions = (await journey.audited(id)).filter(({ what }) => what === "request.decided");
      assert.equal(decisions.length, 1);
      const told = (await journey.world.store.tables.posts.of(id)).filter(
        ({ purpose }) => purpose === "decision",
      );
      assert.equal(told.length, 1);
    }
    async function madeOnce(id: string): Promise<void> {
      await journey.until(async () => (await journey.request(id)).state === "provisioned", "the end of it");
      const made = (await journey.applications()).filter((each) => JSON.stringify(each).includes(id));
      assert.equal(made.length, 1);
      assert.equal(made[0]?.passwordCredentials.length, 1);
    }
    /** What a card says of the decision, in every answer the same. */
    const decisionsIn = (answers: InvokeAnswer[]) =>
      new Set(answers.map((answer) => /Approved on .{10,25} UTC by: +\S+ \S+/.exec(readingOf(answer))?.[0]));

    for (const { what, press } of repeats) {
      it(`is decided once and made once, with the same answer: ${what}`, async () => {
        const { id } = await journey.ask();
        const card = await journey.approvalCard(id);
        const answers = await press(pressing(card, "approval/approve", {}));
        const [decision, ...others] = decisionsIn(answers);
        assert.ok(decision, answers[0]?.text);
        assert.deepEqual(others, []);
        await decidedOnce(id, card, "Approved");
        await madeOnce(id);
      });

      it(`is decided once while Microsoft Graph is slow: ${what}`, async () => {
        const { id } = await journey.ask();
        const card = await journey.approvalCard(id);
        directory.hold();
        const answers = await press(pressing(card, "approval/deny", { denial: "Not needed." }));
        for (const answer of answers) assert.match(readingOf(answer), /Usher is working on it/);
        assert.ok(directory.waiting > 0);
        directory.letGo();
        await decidedOnce(id, card, "Denied");
      });
    }

    it("is one request, whatever arrives twice of its submission", async () => {
      const review = await journey.fillForm();
      const submit = () =>
        journey.teams.press(mina, personalChat(mina), review, "intake/submit", {}, "f:submit");
      const answers = await Promise.all([submit(), submit()]);
      const ids = new Set(answers.map((answer) => /REQ-[0-9A-Z]{6}/.exec(JSON.stringify(answer.card))?.[0]));
      assert.equal(ids.size, 1);
      const [id = ""] = ids;
      const card = await journey.approvalCard(id);
      assert.equal(
        journey.teams.messages.filter((each) => each.conversationId === channel.id && says(each, id)).length,
        1,
      );
      assert.equal((await journey.audited(id)).filter(({ what }) => what === "request.submitted").length, 1);
      await journey.teams.press(priya, channel, card, "approval/deny", { denial: "Not needed." });
    });
  });
});
