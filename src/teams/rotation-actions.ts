import { cancelRotation, switchSecret } from "../usecases/handover/end-rotation.ts";
import { offerRotation, type RotateAsked, rotateSecret } from "../usecases/handover/rotate-secret.ts";
import { findRevocable } from "../usecases/lifecycle/revoke-registration.ts";
import { confirmRotateCard, notRotatedCard, rotationCancelledCard, rotationCard } from "./cards.ts";
import { type Action, forged, text } from "./press.ts";
import { type Reply, refused, type Turn } from "./reply.ts";

type Act = (turn: Turn, asked: Omit<RotateAsked, "caller">) => Promise<Reply>;

const pressed =
  (verb: string, act: Act): Action =>
  (turn, data) => {
    const named = text(data.registration);
    const keyId = text(data.keyId);
    return named !== undefined && keyId !== undefined
      ? act(turn, { named, surface: "card", keyId })
      : forged(turn, verb, data);
  };

/** A new secret beside the old one: what its owner, an approver or an admin does about it. */
export const rotationActions: Readonly<Record<string, Action>> = {
  "rotation/ask": (turn, data) => askToRotate(turn, text(data.registration) ?? ""),
  "rotation/confirm": pressed("rotation/confirm", async ({ world, caller, pressed: question }, asked) => {
    // A card that says by itself how it stands is not made to say it twice.
    const standing = question && (await world.store.tables.posts.standingAt(question));
    const outcome = await rotateSecret(world, { ...asked, caller }, standing ? undefined : question);
    return "refused" in outcome ? refused(outcome) : { card: rotationCard(outcome.rotation) };
  }),
  async "rotation/leave"({ world, caller }, data) {
    const found = await findRevocable(world, caller, text(data.registration) ?? "");
    return "refused" in found ? refused(found) : { card: notRotatedCard(found.registration) };
  },
  "rotation/switched": pressed("rotation/switched", switched),
  "rotation/cancel": pressed("rotation/cancel", cancelled),
};

/** Asks once before a new secret is made. */
async function askToRotate({ world, caller }: Turn, named: string): Promise<Reply> {
  const outcome = await offerRotation(world, caller, named);
  if ("refused" in outcome) return refused(outcome);
  return {
    card: "offer" in outcome ? confirmRotateCard(outcome.offer) : rotationCard(outcome.rotation),
  };
}

/** `rotate …`, `switched …` and `cancel rotation …`, for when a card does not work: they mean the newest rotation. */
export async function rotateByText(
  turn: Turn,
  verb: "rotate" | "switched" | "cancel rotation",
  named: string,
): Promise<Reply> {
  if (!named.trim())
    return {
      sentence: `Say which one: ${verb} and its name, its client ID or its REQ- id. Say list to see yours.`,
    };
  if (verb === "rotate") return askToRotate(turn, named);
  return (verb === "switched" ? switched : cancelled)(turn, { named, surface: "command" });
}

async function switched({ world, caller }: Turn, asked: Omit<RotateAsked, "caller">): Promise<Reply> {
  const outcome = await switchSecret(world, { ...asked, caller });
  return "refused" in outcome ? refused(outcome) : { card: rotationCard(outcome.rotation) };
}

async function cancelled({ world, caller }: Turn, asked: Omit<RotateAsked, "caller">): Promise<Reply> {
  const outcome = await cancelRotation(world, { ...asked, caller });
  return "refused" in outcome ? refused(outcome) : { card: rotationCancelledCard(outcome.cancelled) };
}
