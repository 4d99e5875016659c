import { parseRequestId } from "../domain/ids.ts";
import { findRestorable, restoreRegistration } from "../usecases/lifecycle/restore-registration.ts";
import { confirmRestoreCard, restorationCard } from "./cards.ts";
import { type Action, text } from "./press.ts";
import { type Reply, refused, type Turn } from "./reply.ts";

/** The presses by which a revoked registration comes back, or not. */
export const restoreActions: Readonly<Record<string, Action>> = {
  async "registration/restore"(turn, data) {
    return askToRestore(turn, text(data.registration) ?? "");
  },

  async "registration/confirm-restore"({ world, caller, pressed }, data) {
    const id = parseRequestId(text(data.registration));
    // A card that says by itself how the registration stands is not made to say it twice.
    const standing = pressed && (await world.store.tables.posts.standingAt(pressed));
    const question = standing ? undefined : pressed;
    const outcome = id
      ? await restoreRegistration(world, caller, id, "card", question)
      : ({ refused: "unknown-registration" } as const);
    if (!("refused" in outcome)) return { card: restorationCard(outcome.restoring) };
    // Pressed a second time: what came of the first press is the answer.
    return outcome.refused === "not-revoked" && outcome.registration.state === "restoring"
      ? { card: restorationCard(outcome.registration) }
      : refused(outcome);
  },

  async "registration/leave"({ world, caller }, data) {
    const found = await findRestorable(world, caller, text(data.registration) ?? "");
    return "refused" in found ? refused(found) : { card: restorationCard(found.registration) };
  },
};

/** `restore` and a name: asks once before anything comes back. */
export async function restoreByText(turn: Turn, named: string): Promise<Reply> {
  if (!named) {
    return {
      sentence:
        "Say which one: restore and its name, its client ID or its REQ- id. Say list all to see what was revoked.",
    };
  }
  return askToRestore(turn, named);
}

async function askToRestore({ world, caller }: Turn, named: string): Promise<Reply> {
  const found = await findRestorable(world, caller, named);
  return "refused" in found
    ? refused(found)
    : { card: confirmRestoreCard(found.registration), isQuestion: true };
}
