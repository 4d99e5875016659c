import type { RequestId } from "../domain/ids.ts";
import type { WhyNewKey } from "../domain/new-key.ts";
import { askForNewKey, type NewKeyAsked, type NewKeyRefusal } from "../usecases/handover/ask-for-new-key.ts";
import { idNamed } from "./list-actions.ts";
import { ownReply } from "./own-request-actions.ts";
import { type Action, forged, requestIn, text } from "./press.ts";
import { type Reply, refused, type Turn } from "./reply.ts";
import { refusalSentence } from "./words.ts";

const pressed =
  (verb: string, why: WhyNewKey): Action =>
  (turn, data) => {
    const id = requestIn(data);
    const keyId = text(data.keyId);
    return id && keyId !== undefined
      ? renew(turn, { id, why, keyId, surface: "card" })
      : forged(turn, verb, data);
  };

/** What an owner does about a secret that they do not have, or that somebody else has. */
export const keyActions: Readonly<Record<string, Action>> = {
  "key/lost": pressed("key/lost", "lost"),
  "key/not-me": pressed("key/not-me", "not-me"),
  "key/new": pressed("key/new", "unopened"),
};

/** `lost …` and `notme …`, for when a card does not work: they mean whichever secret works now. */
export async function renewByText(turn: Turn, why: "lost" | "not-me", named: string): Promise<Reply> {
  const verb = why === "lost" ? "lost" : "notme";
  if (named.trim() === "") return { sentence: `Say which one: ${verb} REQ-… Say list to see yours.` };
  const id = await idNamed(turn, named);
  return typeof id === "object" ? refused(id) : renew(turn, { id, why, surface: "command" });
}

async function renew(turn: Turn, asked: Omit<NewKeyAsked, "caller">): Promise<Reply> {
  const outcome = await askForNewKey(turn.world, { ...asked, caller: turn.caller });
  if (!("refused" in outcome)) return shown(turn, asked.id);
  return isLate(outcome) ? shown(turn, asked.id, refusalSentence(outcome)) : refused(outcome);
}

/** What was only late is answered by the card as it stands now. */
const isLate = ({ refused: why }: NewKeyRefusal) => why === "new-key-under-way" || why === "key-changed";

async function shown(turn: Turn, id: RequestId, note?: string): Promise<Reply> {
  const request = await turn.world.store.tables.requests.get(id);
  const noted = note === undefined ? {} : { note };
  return request ? ownReply(turn, request, noted) : refused({ refused: "unknown-registration" });
}
