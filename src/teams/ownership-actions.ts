import { parseRequestId, parseUserId } from "../domain/ids.ts";
import {
  acceptOwnership,
  declineOwnership,
  type OfferAnswer,
  withdrawOffer,
} from "../usecases/lifecycle/answer-offer.ts";
import { askToOwn, findOwn } from "../usecases/lifecycle/ask-to-own.ts";
import { type DecideOfferRefusal, decideOffer } from "../usecases/lifecycle/decide-offer.ts";
import type { PersonNamed } from "../usecases/lifecycle/person-to-own.ts";
import { removeCoOwner } from "../usecases/lifecycle/remove-co-owner.ts";
import type { OwnershipView } from "../usecases/telling/registration-views.ts";
import { askedCard, ownersCard, ownershipCard, ownersNowCard } from "./cards.ts";
import { type Action, forged, text, writtenText } from "./press.ts";
import { type Reply, refused, type Turn } from "./reply.ts";
import { quoted } from "./words.ts";

type Kind = "transfer" | "co-owner";
type Surface = OfferAnswer["surface"];

export const missingReason =
  "Nothing was decided: say why, because the owner and the person read it. For example: deny ownership REQ-… mark They leave next month.";

/** By whom a registration is owned: asked by an owner, answered by the person, and agreed to by an approver. */
export const ownershipActions: Readonly<Record<string, Action>> = {
  "ownership/ask": (turn, data) => openOwners(turn, text(data.registration) ?? "", "card"),
  "ownership/transfer": (turn, data) => chosen(turn, "transfer", data, text(data.transferTo)),
  "ownership/co-owner": (turn, data) => chosen(turn, "co-owner", data, text(data.coOwner)),
  // A card from before said nothing of whom it showed: it is drawn again.
  "ownership/remove": (turn, data) =>
    remove(turn, { named: text(data.registration) ?? "", meant: text(data.person) ?? "", surface: "card" }),
  async "ownership/leave"({ world, caller }, data) {
    const named = text(data.registration) ?? "";
    const found = await findOwn(world, { caller, named, surface: "card" });
    return "refused" in found
      ? refused(found)
      : { card: ownersNowCard(found.registration, "Its owners stay as they are") };
  },
  "ownership/accept": pressed("ownership/accept", acceptOwnership),
  "ownership/decline": pressed("ownership/decline", declineOwnership),
  "ownership/withdraw": pressed("ownership/withdraw", withdrawOffer),
  "ownership/approve": pressed("ownership/approve", decideOffer),
  async "ownership/deny"(turn, data) {
    const offer = offerIn(data.offer);
    if (!offer) return forged(turn, "ownership/deny", data);
    const typed = writtenText(data.reason, missingReason);
    if ("error" in typed) return { sentence: typed.error };
    const { world, caller } = turn;
    return answered(await decideOffer(world, { caller, offer, denial: typed.text, surface: "card" }));
  },
};

type Act = (
  world: Turn["world"],
  answer: OfferAnswer,
) => Promise<{ view: OwnershipView } | DecideOfferRefusal>;

function pressed(verb: string, act: Act): Action {
  return async (turn, data) => {
    const offer = offerIn(data.offer);
    if (!offer) return forged(turn, verb, data);
    return answered(await act(turn.world, { caller: turn.caller, offer, surface: "card" }));
  };
}

/** As Usher draws them; nothing else is looked for. */
const offerIn = (value: unknown) => {
  const id = text(value);
  return id !== undefined && /^[\w-]{8,40}$/.test(id) ? id : undefined;
};

/** The card as it stands by now, also for whoever came too late. */
export function answered(outcome: { view: OwnershipView } | DecideOfferRefusal, note?: string): Reply {
  if (!("refused" in outcome)) return { card: ownershipCard(outcome.view, note) };
  return outcome.refused === "offer-passed"
    ? { card: ownershipCard(outcome.view, "Your press changed nothing: this is how it stands by now.") }
    : refused(outcome);
}

/** The card on which an owner chooses a person. */
async function openOwners({ world, caller }: Turn, named: string, surface: Surface): Promise<Reply> {
  const found = await findOwn(world, { caller, named, surface });
  return "refused" in found ? refused(found) : { card: ownersCard(found.registration), isQuestion: true };
}

/** The people picker sends a person's id in Entra. */
async function chosen(
  turn: Turn,
  kind: Kind,
  data: Parameters<Action>[1],
  person: string | undefined,
): Promise<Reply> {
  const userId = parseUserId(person);
  const named = text(data.registration);
  if (!userId || named === undefined) return forged(turn, `ownership/${kind}`, data);
  return askedFor(turn, kind, named, { userId }, "card");
}

async function askedFor(
  { world, caller }: Turn,
  kind: Kind,
  named: string,
  person: PersonNamed,
  surface: Surface,
): Promise<Reply> {
  const outcome = await askToOwn(world, { caller, named, kind, person, surface });
  if ("refused" in outcome) return refused(outcome);
  return "offered" in outcome
    ? { card: askedCard(outcome.offered) }
    : { card: ownershipCard(outcome.open, "Nobody else was asked: this question is still open.") };
}

async function remove(
  { world, caller }: Turn,
  asked: { named: string; meant?: string; surface: Surface },
): Promise<Reply> {
  const outcome = await removeCoOwner(world, { caller, ...asked });
  if ("refused" in outcome) return refused(outcome);
  return "another" in outcome
    ? {
        card: ownersCard(outcome.another, "Nothing was changed: these are its owners by now."),
        isQuestion: true,
      }
    : { card: ownersNowCard(outcome.removed, "The second owner was removed") };
}

const sayWhich = (words: string) => ({
  sentence: `Say which one: ${words} and its name, its client ID or its REQ- id. Say list to see yours.`,
});

/** An email address or a user principal name at the end of what was typed. */
const addressed = /^(.*?)\s*<?(?:mailto:)?([^\s<>@]{1,64}@[^\s<>@]{1,255})>?$/s;

/** Which one, and whom, of what was typed after the words of a command; a sentence where that cannot be told. */
export async function personTyped(
  turn: Turn,
  words: string,
  rest: string,
): Promise<{ named: string; person?: PersonNamed } | { sentence: string }> {
  const [, before, address] = addressed.exec(rest.trim()) ?? [];
  const named = (before ?? rest).trim();
  const mentioned = await turn.mentioned();
  if (mentioned.length > 1)
    return { sentence: "Nothing was changed: you named several people. Name one of them, and say it again." };
  const [person] = mentioned;
  if (person === "unknown")
    return {
      sentence: `Nothing was changed: Teams does not say who that is. Say ${words} with the person's email address, or choose them on the card that show opens.`,
    };
  if (person) return { named, person: { userId: person } };
  if (address !== undefined) return { named, person: { address } };
  const [, first, name] = /^(REQ-\S+)\s+(.+)$/is.exec(named) ?? [];
  const id = parseRequestId(first);
  if (id && name)
    return {
      sentence: `Nothing was changed: Usher does not know people by their names alone. Say ${words} ${id} with the email address of ${quoted(name, 60)}, or mention them with @.`,
    };
  return { named };
}

/** `transfer … @person` and `co-owner … @person`; without a person it opens the card on which one is chosen. */
export async function giveByText(turn: Turn, kind: Kind, rest: string): Promise<Reply> {
  const typed = await personTyped(turn, kind, rest);
  if ("sentence" in typed) return typed;
  const { named, person } = typed;
  if (named === "") return sayWhich(kind);
  return person ? askedFor(turn, kind, named, person, "command") : openOwners(turn, named, "command");
}

export const removeByText = (turn: Turn, named: string): Promise<Reply> =>
  named.trim() === ""
    ? Promise.resolve(sayWhich("remove co-owner"))
    : remove(turn, { named, surface: "command" });
