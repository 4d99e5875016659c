import { Application, type TeamsAdapter } from "@microsoft/teams-ai";
import { type Activity, ActivityTypes, CardFactory, type TurnContext } from "botbuilder";
import { greetPerson } from "../usecases/intake/meet.ts";
import type { World } from "../usecases/ports.ts";
import { actions } from "./actions.ts";
import { callerOf, conversationOf, pressedMessage } from "./activity.ts";
import { commands, help } from "./commands.ts";
import { answerInTime } from "./deadline.ts";
import type { PressData } from "./press.ts";
import { type Reply, refused, say, type Turn, working } from "./reply.ts";
import { quoted } from "./words.ts";

/** The bot's table: commands that people say, verbs that cards carry, and being met for the first time. */
export function usherBot(world: World, adapter: TeamsAdapter, botAppId: string): Application {
  const app = new Application({ adapter, botAppId, removeRecipientMention: true });
  // The option of that name is ignored by the SDK; the timer would write into the conversation behind our lanes.
  app.startTypingTimer = () => {};

  // What the SDK does by itself is to print the error, with the whole request in it.
  adapter.onTurnError = async (_, error) => world.log.error({ err: error }, "a turn broke");

  app.addRoute(
    async ({ activity }) => isPress(activity),
    (context) => guarded(world, context, press),
    true,
  );
  app.activity("installationUpdate", (context) => guarded(world, context, meet));
  app.activity("conversationUpdate", (context) => guarded(world, context, meet));
  app.activity(ActivityTypes.Message, (context) => guarded(world, context, message));

  async function meet(context: TurnContext, turn: Turn): Promise<void> {
    const { type, action } = context.activity as { type: string; action?: string };
    const isGone = type === "installationUpdate" && action?.startsWith("remove");
    if (isGone) return world.store.tables.conversations.forget(turn.conversation.id);
    if (context.activity.membersRemoved?.length) return;
    const { isNew } = await greetPerson(world, turn.caller, turn.conversation);
    if (isNew && turn.conversation.kind === "personal") await say(context, world, await help(turn));
  }

  async function message(context: TurnContext, turn: Turn): Promise<void> {
    await greetPerson(world, turn.caller, turn.conversation);
    // Clients that cannot do Action.Execute send the fallback of the same button as a message without text.
    const fallback = context.activity.value as PressData | undefined;
    if (!context.activity.text?.trim() && typeof fallback?.verb === "string") {
      await say(context, world, await act(turn, fallback.verb, fallback));
      return;
    }
    const text = spokenText(context.activity.text ?? "");
    for (const command of commands) {
      const match = command.pattern.exec(text);
      if (!match) continue;
      for (const reply of await command.run(turn, match[1]?.trim() ?? "")) await say(context, world, reply);
      return;
    }
    if (text)
      await say(context, world, {
        sentence: `Usher does not know "${quoted(text, 60)}". This is what you can say:`,
      });
    await say(context, world, await help(turn));
  }

  async function press(context: TurnContext, turn: Turn): Promise<void> {
    await greetPerson(world, turn.caller, turn.conversation);
    // Kept for a late answer: when the turn is over, the SDK takes its context away.
    const { activity } = context;
    const { action } = (activity.value ?? {}) as { action?: { verb?: unknown; data?: unknown } };
    const data = typeof action?.data === "object" && action.data !== null ? (action.data as PressData) : {};
    const reply = await answerInTime(
      act(turn, String(action?.verb ?? data.verb ?? ""), data),
      working,
      (late) => sayLate(turn, activity, late),
      async (error) => {
        world.log.error({ err: error }, "a press could not be carried out");
        await sayLate(turn, activity, { sentence: brokenSentence }).catch((unsaid: unknown) => {
          world.log.error({ err: unsaid }, "not even that could be said");
        });
      },
    );
    await answerInvoke(context, reply);
  }

  /**
   * The turn is over. A card that stands in rows is redrawn from them, since more may have happened by now; any other
   * card is put over the one that was pressed, and a sentence becomes a message.
   */
  async function sayLate(turn: Turn, activity: Activity, reply: Reply): Promise<void> {
    const { tables } = world.store;
    const post = "card" in reply && turn.pressed ? await tables.posts.standingAt(turn.pressed) : undefined;
    if (post) return tables.jobs.wake("deliver", post.subject);
    const reference = {
      channelId: activity.channelId,
      serviceUrl: activity.serviceUrl,
      conversation: activity.conversation,
      bot: activity.recipient,
    };
    await adapter.continueConversationAsync(botAppId, reference, async (context) => {
      if ("card" in reply && activity.replyToId) {
        const attachments = [CardFactory.adaptiveCard(reply.card)];
        await context.updateActivity({
          type: "message",
          id: activity.replyToId,
          attachments,
        } as Partial<Activity>);
      } else await say(context, world, reply);
    });
  }

  return app;
}

const brokenSentence =
  "Something went wrong in Usher. What was saved before is still there. Try again in a minute; if it stays so, tell an admin the time.";

const isPress = (activity: Activity) =>
  activity.type === ActivityTypes.Invoke && activity.name === "adaptiveCard/action";

async function act(turn: Turn, verb: string, data: PressData): Promise<Reply> {
  const action = Object.hasOwn(actions, verb) ? actions[verb] : undefined;
  if (action) return action(turn, data);
  return {
    sentence:
      "This card is from another version of Usher, so nothing was done. Say help to see what you can do.",
  };
}

const escapes: Readonly<Record<string, string>> = {
  nbsp: " ",
  lt: "<",
  gt: ">",
  quot: '"',
  "#39": "'",
  amp: "&",
};

/** The text without what Teams wraps around it: mentions, HTML's escapes, hard spaces, and space at its ends. */
const spokenText = (text: string) =>
  text
    .replaceAll(/<at[^>]*>.*?<\/at>/gis, " ")
    .replaceAll(/&(nbsp|lt|gt|quot|#39|amp);/g, (_, name: string) => escapes[name] ?? "")
    .replaceAll("\u00a0", " ")
    .trim();

/** Every turn: who speaks, from where, only for this tenant; and whatever breaks ends in a sentence. */
async function guarded(
  world: World,
  context: TurnContext,
  handle: (context: TurnContext, turn: Turn) => Promise<void>,
): Promise<void> {
  const { activity } = context;
  const answer = (reply: Reply) =>
    isPress(activity) ? answerInvoke(context, reply) : say(context, world, reply);
  try {
    const caller = callerOf(activity);
    const conversation = conversationOf(activity, world.clock.now());
    const isSpoken = isPress(activity) || activity.type === ActivityTypes.Message;
    if (!caller || !conversation || caller.tenantId !== world.settings.tenantId) {
      if (isSpoken) await answer(refused({ refused: "not-staff" }));
      return;
    }
    await handle(context, { world, caller, conversation, pressed: pressedMessage(activity) });
  } catch (error) {
    world.log.error(
      { err: error, type: activity.type, name: activity.name },
      "an activity could not be handled",
    );
    await answer({ sentence: brokenSentence }).catch((unanswered: unknown) => {
      world.log.error({ err: unanswered }, "not even that could be said");
    });
  }
}

/** The answer to a press: a card takes the place of the one that was pressed; a sentence leaves it standing. */
async function answerInvoke(context: TurnContext, reply: Reply): Promise<void> {
  const body =
    "card" in reply
      ? { statusCode: 200, type: "application/vnd.microsoft.card.adaptive", value: reply.card }
      : { statusCode: 200, type: "application/vnd.microsoft.activity.message", value: reply.sentence };
  await context.sendActivity({ type: ActivityTypes.InvokeResponse, value: { status: 200, body } });
}
