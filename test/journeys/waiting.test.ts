import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { sql } from "kysely";
import type { ConversationId } from "../../src/domain/ids.ts";
import { aiko, channel, type Journey, mina, personalChat, says, startJourney } from "../support/journey.ts";

describe("what waits", () => {
  let journey: Journey;
  beforeEach(async () => {
    journey = await startJourney();
  });
  afterEach(() => journey.close());

  it("is looked at again at its own time, whatever else waits", async () => {
    const soon = new Date(Date.now() + 3_600_000);
    const { jobs } = journey.world.store.tables;
    await jobs.wake("provision", "REQ-AAAAAA", soon);
    await jobs.wake("provision", "REQ-BBBBBB", soon);
    const { rows } = await sql<{
      data: { subject: string };
    }>`select data from pgboss.job where name = 'provision' and state = 'created'`.execute(
      journey.carrier.db,
    );
    assert.deepEqual(rows.map(({ data }) => data.subject).toSorted(), ["REQ-AAAAAA", "REQ-BBBBBB"]);
  });

  it("is shown in the channel when that takes messages again and an admin says approvals here", async () => {
    journey.teams.onCall(({ method, conversationId }) =>
      method === "POST" && conversationId === channel.id ? { status: 403 } : undefined,
    );
    const { id } = await journey.ask();
    await journey.teams.find((each) => says(each, "may not have reached"), "the warning");
    journey.teams.onCall(() => undefined);
    await journey.teams.say(aiko, channel, "approvals here");
    await journey.teams.find(
      (each) => each.conversationId === channel.id && says(each, id),
      "the card",
      4_000,
    );
  });

  it("is posted although an earlier message to that channel was never answered", async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const serviceUrl = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/`;
    try {
      const { conversations } = journey.world.store.tables;
      const seen = {
        id: channel.id as ConversationId,
        kind: "channel" as const,
        tenantId: journey.config.tenantId,
        seenAt: new Date(),
      };
      await conversations.remember({ ...seen, serviceUrl });
      const first = await journey.ask();
      await journey.until(
        async () =>
          (
            await journey.carrier.db.selectFrom("posts").selectAll().where("subject", "=", first.id).execute()
          ).some(({ purpose, state }) => purpose === "approval" && state === "sending"),
        "the message under way",
      );
      await conversations.remember({ ...seen, serviceUrl: journey.teams.serviceUrl });
      const second = await journey.ask();
      await journey.teams.find(
        (each) => each.conversationId === channel.id && says(each, second.id),
        "the second card",
        40_000,
      );
    } finally {
      silent.closeAllConnections();
      silent.close();
    }
  });
});

describe("a request that is sent while the approvals channel is being set", () => {
  it("is shown there", async () => {
    const held = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    let isHolding = true;
    const journey = await startJourney({
      hasChannel: false,
      adjust: (world) => ({
        ...world,
        directory: {
          ...world.directory,
          async members(group) {
            if (isHolding && group === world.settings.adminsGroup) {
              isHolding = false;
              asked.resolve();
              await held.promise;
            }
            return world.directory.members(group);
          },
        },
      }),
    });
    try {
      const review = await journey.fillForm();
      const pressing = journey.teams.press(mina, personalChat(mina), review, "intake/submit");
      await asked.promise;
      await journey.teams.say(aiko, channel, "approvals here");
      held.resolve();
      await pressing;
      await journey.teams.find(
        (each) => each.conversationId === channel.id && says(each, "REQ-"),
        "the card",
        5_000,
      );
    } finally {
      await journey.close();
    }
  });
});
