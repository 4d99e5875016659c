import assert from "node:assert/strict";
import {
  channel,
  jonas,
  mina,
  personalChat,
  priya,
  readingOf,
  says,
  startJourney,
  verbsOf,
} from "../support/journey.ts";

describe("an answer that comes late", () => {
  it("reaches the person who pressed", async () => {
    const journey = await startJourney();
    try {
      const { id } = await journey.ask();
      const card = await journey.approvalCard(id);
      await journey.sim("PUT", "/settings", { latencyMs: 2000 });
      const answer = await journey.teams.press(jonas, channel, card, "approval/approve");
      await journey.sim("PUT", "/settings", { latencyMs: 0 });
      assert.match(readingOf(answer), /Usher is working on it/);
      await journey.teams.find((each) => says(each, "not one of the approvers"), "the late refusal", 8_000);
    } finally {
      await journey.close();
    }
  });

  it("takes the place of the form that was pressed, once it is there", async () => {
    const journey = await startJourney();
    try {
      await journey.teams.say(mina, personalChat(mina), "request netwrix-identity-manager");
      const form = await journey.teams.find((each) => verbsOf(each).includes("intake/review"), "the form");
      await journey.sim("PUT", "/settings", { latencyMs: 2000 });
      const answers = {
        q_organization: "Larkfield",
        q_fulfill: "false",
        q_secretMonths: "12",
        reason: "It syncs.",
      };
      const answer = await journey.teams.press(mina, personalChat(mina), form, "intake/review", answers);
      await journey.sim("PUT", "/settings", { latencyMs: 0 });
      assert.match(answer.text ?? "", /Microsoft Graph is slow/);
      await journey.until(async () => verbsOf(journey.stands(form)).includes("intake/submit"), "the plan");
    } finally {
      await journey.close();
    }
  });

  it("says so when what was late breaks", async () => {
    const late = Promise.withResolvers<undefined>();
    let isBroken = false;
    const journey = await startJourney({
      adjust: (world) => ({
        ...world,
        directory: {
          ...world.directory,
          person: (id) => (isBroken ? late.promise : world.directory.person(id)),
        },
      }),
    });
    try {
      const { id } = await journey.ask();
      const card = await journey.approvalCard(id);
      isBroken = true;
      const answer = await journey.teams.press(priya, channel, card, "approval/approve");
      assert.match(readingOf(answer), /Usher is working on it/);
      late.reject(new TypeError("broken"));
      await journey.teams.find((each) => says(each, "went wrong"), "a word about it", 5_000);
    } finally {
      await journey.close();
    }
  });

  it("never stands over what was drawn after it", async () => {
    const held = Promise.withResolvers<void>();
    const journey = await startJourney({
      adjust: (world) => ({
        ...world,
        directory: {
          ...world.directory,
          async members(group) {
            const stack = new Error().stack ?? "";
            const isForAnswer =
              stack.includes("teams/intake-actions.ts") && stack.includes("request-view.ts");
            if (isForAnswer) await held.promise;
            return world.directory.members(group);
          },
        },
      }),
    });
    try {
      const review = await journey.fillForm();
      const answer = await journey.teams.press(mina, personalChat(mina), review, "intake/submit");
      assert.match(readingOf(answer), /Usher is working on it/);
      const { id } = await journey.carrier.db.selectFrom("requests").select("id").executeTakeFirstOrThrow();
      await journey.approve(id);
      const ready = () => readingOf(journey.stands(review)).startsWith("Ready");
      await journey.until(async () => ready(), "the end");
      held.resolve();
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      assert.ok(ready(), readingOf(journey.stands(review)));
    } finally {
      await journey.close();
    }
  });
});
