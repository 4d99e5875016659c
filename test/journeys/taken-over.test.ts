import assert from "node:assert/strict";
import type { ConversationId, RequestId } from "../../src/domain/ids.ts";
import { actionsOf } from "../../src/local/teams-stand-in.ts";
import type { World } from "../../src/usecases/ports/world.ts";
import type { Message } from "../../src/usecases/telling/messages.ts";
import { mina, personalChat, startJourney } from "../support/journey.ts";

/** What another process does that takes the work over, as after a pause that was longer than the lease. */
async function takeOver(world: World, requestId: RequestId): Promise<void> {
  await world.store.inTransaction(async (tables) => {
    await tables.steps.takeOver(requestId);
    await tables.links.cancel({ requestId });
    for (const key of await tables.keys.of(requestId))
      await tables.keys.update({ ...key, state: "abandoned", changedAt: world.clock.now() });
    await tables.jobs.wake("provision", requestId);
  });
}

describe("a process that was slower than its lease", () => {
  it("takes back the message of a link that opens nothing, also when another one has gone on", async () => {
    let links = 0;
    const journey = await startJourney({
      adjust: (world) => ({
        ...world,
        chat: {
          ...world.chat,
          async post(conversation: ConversationId, message: Message) {
            const posted = await world.chat.post(conversation, message);
            if (message.kind === "link" && links++ === 0) await takeOver(world, message.requestId);
            return posted;
          },
        },
      }),
    });
    try {
      await journey.provisioned();
      assert.equal(links, 2, "each process posted a link");
      const standing = () =>
        journey.teams.messages.filter(
          ({ conversationId, card }) =>
            conversationId === personalChat(mina).id &&
            actionsOf(card).some(({ url }) => String(url).includes("/s/")),
        ).length;
      await journey.until(async () => standing() === 1, "one link in the chat");
    } finally {
      await journey.close();
    }
  });
});
