// By their files: the package as a whole loads planners, tokenizers and models too, which takes half a second and 25 MB.
import { Application } from "@microsoft/teams-ai/lib/Application.js";
import { type Activity, ActivityTypes, CardFactory, type TurnContext } from "botbuilder";
import type { ActivityId } from "../domain/ids.ts";
import { noteForgedPress } from "../usecases/approval/forged-press.ts";
import { greetPerson } from "../usecases/intake/meet.ts";
import type { Post } from "../usecases/ports/conversations.ts";
import type { World } from "../usecases/ports/world.ts";
import { markUndrawn } from "../usecases/telling/mark-undrawn.ts";
import { actions } from "./actions.ts";
import { callerOf, conversationOf, pressedMessage } from "./activity.ts";
import { commands, help } from "./commands.ts";
import type { ConversationWriter } from "./conversation-writer.ts";
import { answerInTime } from "./deadline.ts";
import type { GoingOn } from "./going-on.ts";
import { peopleMentioned } from "./mentions.ts";
import type { PressData } from "./press.ts";
import { refreshVerb } from "./refresh.ts";
import { heardBefore, isOnceTooOften, isPress, isRepeated, verbOf } from "./repeats.ts";
import { type Reply, refused, say, sayLater, type Turn, working } from "./reply.ts";
import { quoted } from "./words.ts";
import { workingCard } from "./working-card.ts";

/** The bot's table: commands that people say, verbs that cards carry, and being met for the first time. */
export function usherBot(world: World, writer: ConversationWriter, { add: goesOn }: GoingOn): Application {
  const { adapter, botId } = writer;
  const app = new Application({ adapter, botAppId: botId, removeRecipientMention: true });
  const edge = { world, writer };
  // The option of that name is ignored by the SDK; the timer would write into the conversation behind our lanes.
  app.startTypingTimer = () => {};

  // What the SDK does by itself is to print the error, with the whole request in it.
  adapter.onTurnError = async (_, error) => world.log.error({ err: error }, "a turn broke");

  app.addRoute(
    async ({ activity }) => isPress(activity),
    (context) => guarded(edge, context, press),
    true,
  );
  app.activity("installationUpdate", (context) => guarded(edge, context, meet));
  app.activity("conversationUpdate", (context) => guarded(edge, context, meet));
  app.activity(ActivityTypes.Message, (context) => guarded(edge, context, message));

  async function meet(context: TurnContext, turn: Turn): Promise<void> {
    const { type, action } = context.activity as { type: string; action?: string };
    if (type === "installationUpdate" && action?.startsWith("remove")) {
      // Another version takes its place otherwise, and the chat goes on.
      if (action === "remove") await world.store.tables.conversations.forget(turn.conversation.id);
      return;
    }
    if (context.activity.membersRemoved?.length) return;
    const { isNew } = await greetPerson(world, turn.caller, turn.conversation);
    if (isNew && turn.conversation.kind === "personal") await say(context, edge, await help(turn));
  }

  /** Greets who says or presses something, and answers whether that has been acted upon before. */
  async function isOld(activity: Activity, { caller, conversation }: Turn): Promise<boolean> {
    const id = activity.id as ActivityId | undefined;
    const { arrivals } = await greetPerson(world, caller, conversation, id || undefined);
    return isOnceTooOften(world, activity, arrivals);
  }

  async function message(context: TurnContext, turn: Turn): Promise<void> {
    if (await isOld(context.activity, turn)) return;
    // Clients that cannot do Action.Execute send the fallback of the same button as a message without text.
    const fallback = context.activity.value as PressData | undefined;
    if (!context.activity.text?.trim() && typeof fallback?.verb === "string") {
      const isRefresh = fallback.verb === refreshVerb;
      await say(context, edge, isRefresh ? alwaysTrue : await act(turn, fallback.verb, fallback));
      return;
    }
    const text = spokenText(context.activity.text ?? "");
    for (const command of commands) {
      const match = command.pattern.exec(text);
      if (!match) continue;
      for (const reply of await command.run(turn, match[1]?.trim() ?? "")) await say(context, edge, reply);
      return;
    }
    if (text)
      await say(context, edge, {
        sentence: `Usher does not know "${quoted(text, 60)}". This is what you can say:`,
      });
    await say(context, edge, await help(turn));
  }

  async function press(context: TurnContext, turn: Turn): Promise<void> {
    const { action } = (context.activity.value ?? {}) as { action?: { data?: unknown } };
    const data = typeof action?.data === "object" && action.data !== null ? (action.data as PressData) : {};
    const verb = verbOf(context.activity);
    // It reads rows and nothing else, and what is late about it must not redraw the card for everybody.
    if (verb === refreshVerb) return answerInvoke(context, await act(turn, verb, data));
    const carryOut = async () => {
      if (await isOld(context.activity, turn)) return heardBefore;
      return act(turn, verb, data);
    };
    const reply = await answerInTime(carryOut(), {
      late: () => meanwhile(turn, verb),
      after: (outcome) => sayLate(turn, outcome),
      goesOn,
      async failed(error) {
        world.log.error({ err: error }, "a press could not be carried out");
        await sayLate(turn, { sentence: brokenSentence }).catch((unsaid: unknown) => {
          world.log.error({ err: unsaid }, "not even that could be said");
        });
      },
    });
    await answerInvoke(context, reply);
  }

  /**
   * A card that is kept true gives way to one that says what goes on. It counts as undrawn before that is answered:
   * should this process die now, the sweep draws it again.
   */
  async function meanwhile({ pressed }: Turn, verb: string): Promise<Reply> {
    const post = pressed && (await markUndrawn(world, pressed));
    const card = post && (await workingCard(world, post, verb));
    return card ? { card } : working;
  }

  /**
   * The turn is over. A card that stands in rows is redrawn from them, since more may have happened by now; any other
   * card is put over the one that was pressed, and a sentence becomes a message.
   */
  async function sayLate(turn: Turn, reply: Reply): Promise<void> {
    // Marked anew: between the answer and now somebody else may have drawn it, and the person may not have seen that.
    const post = turn.pressed && (await markUndrawn(world, turn.pressed));
    if (post) {
      await world.store.tables.jobs.wake("deliver", post.subject);
      const isShown = "card" in reply && !reply.isQuestion;
      const isDrawnAgain = isShown && (reply.shows !== undefined || isOwnKind(post));
      // A form in its place is for one person and stands nowhere, so it comes as a message.
      if (!isDrawnAgain) await sayToPerson(turn, reply);
      else if ("note" in reply && reply.note) await sayToPerson(turn, { sentence: reply.note });
    } else if ("card" in reply && turn.pressed) {
      const { conversationId, activityId } = turn.pressed;
      const attachments = [CardFactory.adaptiveCard(reply.card)];
      await writer.within(conversationId, (context) =>
        context.updateActivity({ type: "message", id: activityId, attachments } as Partial<Activity>),
      );
    } else await sayToPerson(turn, reply);
  }

  /** In their own chat with Usher, where that can be had; otherwise where they pressed, and by name. */
  async function sayToPerson({ caller, conversation }: Turn, reply: Reply): Promise<void> {
    const own =
      conversation.kind === "personal" ? conversation.id : await world.chat.personalChat(caller.userId);
    if (own) return sayLater(edge, own, reply);
    const said = "card" in reply ? reply : { sentence: `To ${quoted(caller.name)}: ${reply.sentence}` };
    await sayLater(edge, conversation.id, said);
  }

  return app;
}

/** A client that cannot show one person another card shows the one that stands for all. */
const alwaysTrue: Reply = {
  sentence:
    "That card changes by itself, so it already shows how things stand. Say status or pending to see it again.",
};

const brokenSentence =
  "Something went wrong in Usher. What was saved before is still there. Try again in a minute; if it stays so, tell an admin the time.";

/** Its press is answered by the card itself, as it stands then. */
const isOwnKind = ({ purpose }: Post) =>
  ["drift", "expiry", "need", "ownership", "unowned", "second-owner"].includes(purpose);

async function act(turn: Turn, verb: string, data: PressData): Promise<Reply> {
  const action = Object.hasOwn(actions, verb) ? actions[verb] : undefined;
  if (action) return action(turn, data);
  await noteForgedPress(turn.world, turn.caller, verb, data);
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
  edge: { world: World; writer: ConversationWriter },
  context: TurnContext,
  handle: (context: TurnContext, turn: Turn) => Promise<void>,
): Promise<void> {
  const { world } = edge;
  const { activity } = context;
  const answer = (reply: Reply) =>
    isPress(activity) ? answerInvoke(context, reply) : say(context, edge, reply);
  try {
    const caller = callerOf(activity);
    const conversation = conversationOf(activity, world.clock.now());
    const isSpoken = isPress(activity) || activity.type === ActivityTypes.Message;
    if (!caller || !conversation || caller.tenantId !== world.settings.tenantId) {
      if (isSpoken) await answer(refused({ refused: "not-staff" }));
      return;
    }
    // What somebody says or presses is looked at where they are greeted.
    if (!isSpoken && (await isRepeated(world, activity))) return;
    await handle(context, {
      world,
      caller,
      chatId: activity.from.id,
      conversation,
      pressed: pressedMessage(activity),
      mentioned: () => peopleMentioned(context, world.log),
    });
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
