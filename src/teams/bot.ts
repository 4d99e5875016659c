import { Application, type TeamsAdapter } from "@microsoft/teams-ai";
import { type Activity, ActivityTypes, CardFactory, type TurnContext } from "botbuilder";
import { greetPerson } from "../usecases/intake/meet.ts";
import type { World } from "../usecases/ports.ts";
import { actions, type PressData } from "./actions.ts";
import { callerOf, conversationOf, pressedMessage } from "./activity.ts";
import { commands, help } from "./commands.ts";
import { answerInTime } from "./deadline.ts";
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
    const { isNew } = await greetPerson(world, turn.caller, turn.conversation);
    if (isNew && turn.conversation.kind === "personal") await say(context, await help(turn));
  }

  async function message(context: TurnContext, turn: Turn): Promise<void> {
    await greetPerson(world, turn.caller, turn.conversation);
    // Clients that cannot do Action.Execute send the fallback of the same button as a message without text.
    const fallback = context.activity.value as PressData | undefined;
    if (!context.activity.text?.trim() && typeof fallback?.verb === "string") {
      await say(context, await act(turn, fallback.verb, fallback));
      return;
    }
    const text = spokenText(context.activity.text ?? "");
    for (const command of commands) {
      const match = command.pattern.exec(text);
      if (!match) continue;
      for (const reply of await command.run(turn, match[1]?.trim() ?? "")) await say(context, reply);
      return;
    }
    if (text)
      await say(context, {
        sentence: `Usher does not know "${quoted(text, 60)}". This is what you can say:`,
      });
    await say(context, await help(turn));
  }

  async function press(context: TurnContext, turn: Turn): Promise<void> {
    await greetPerson(world, turn.caller, turn.conversation);
    const { action } = context.activity.value as { action?: { verb?: unknown; data?: unknown } };
    const data = typeof action?.data === "object" && action.data !== null ? (action.data as PressData) : {};
    const reply = await answerInTime(
      act(turn, String(action?.verb ?? data.verb ?? ""), data),
      working,
      (late) => sayLate(adapter, botAppId, context, late),
      (error) => world.log.error({ err: error }, "a late answer could not be given"),
    );
    await answerInvoke(context, reply);
  }

  return app;
}

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

/** The text without what Teams wraps around it: hard spaces, and line breaks at its ends. */
const spokenText = (text: string) => text.replaceAll(/&nbsp;|\u00a0/g, " ").trim();

/** Every turn: who speaks, from where, only for this tenant; and whatever breaks ends in a sentence. */
async function guarded(
  world: World,
  context: TurnContext,
  handle: (context: TurnContext, turn: Turn) => Promise<void>,
): Promise<void> {
  const { activity } = context;
  const answer = (reply: Reply) => (isPress(activity) ? answerInvoke(context, reply) : say(context, reply));
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
    const sentence =
      "Something went wrong in Usher. What was saved before is still there. Try again in a minute; if it stays so, tell an admin the time.";
    await answer({ sentence }).catch((unanswered: unknown) => {
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

/** The turn is over: what came late is written as a message of its own, or over the card that was pressed. */
async function sayLate(
  adapter: TeamsAdapter,
  botAppId: string,
  turn: TurnContext,
  reply: Reply,
): Promise<void> {
  const { activity } = turn;
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
    } else await say(context, reply);
  });
}
