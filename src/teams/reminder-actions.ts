import { confirmNeed, knowOfExpiry } from "../usecases/lifecycle/answer-reminder.ts";
import { messageOf } from "../usecases/telling/post-message.ts";
import { messageCard } from "./cards.ts";
import { idNamed } from "./list-actions.ts";
import { type Action, forged, requestIn } from "./press.ts";
import { type Reply, refused, type Turn } from "./reply.ts";

const answers = {
  know: {
    act: knowOfExpiry,
    noted: "Noted. Usher says it once more on the day before the credential of",
    after: "stops working.",
  },
  needed: {
    act: confirmNeed,
    noted: "Noted: somebody needs",
    after: "It stays, and Usher asks again in a year.",
  },
} as const;
type Answer = keyof typeof answers;

const pressed =
  (verb: string, answer: Answer): Action =>
  async (turn, data) => {
    const id = requestIn(data);
    if (!id) return forged(turn, verb, data);
    const { world, caller } = turn;
    const outcome = await answers[answer].act(world, { caller, id, surface: "card" });
    if ("refused" in outcome) return refused(outcome);
    return (await cardAsItStands(turn)) ?? noted(answer, id);
  };

/** What owners answer to a reminder. */
export const reminderActions: Readonly<Record<string, Action>> = {
  "expiry/know": pressed("expiry/know", "know"),
  "need/confirm": pressed("need/confirm", "needed"),
};

/** `know REQ-…` and `needed REQ-…`, for when a card does not work. */
export async function answerByText(turn: Turn, answer: Answer, named: string): Promise<Reply> {
  if (named.trim() === "") return { sentence: `Say which one: ${answer} REQ-… Say list to see yours.` };
  const { world, caller } = turn;
  const id = await idNamed(turn, named);
  if (typeof id === "object") return refused(id);
  const outcome = await answers[answer].act(world, { caller, id, surface: "command" });
  return "refused" in outcome ? refused(outcome) : noted(answer, id);
}

function noted(answer: Answer, id: string): Reply {
  const { noted: said, after } = answers[answer];
  return { sentence: `${said} ${id}${answer === "needed" ? "." : ""} ${after}` };
}

/** The card that was pressed on, drawn from the rows. */
export async function cardAsItStands({ world, pressed: message }: Turn): Promise<Reply | undefined> {
  const post = message && (await world.store.tables.posts.standingAt(message));
  const stands = post && (await messageOf(world, post));
  const card = stands && messageCard(stands).card;
  return card && { card };
}
