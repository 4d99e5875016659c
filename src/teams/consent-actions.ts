import { noteForgedPress } from "../usecases/approval/forged-press.ts";
import { requestNow } from "../usecases/approval/keep-time.ts";
import { lookAgain } from "../usecases/provisioning/look-again.ts";
import { approvalReply } from "./approval-answers.ts";
import { ownReply } from "./own-request-actions.ts";
import { type Action, requestIn } from "./press.ts";
import { whoLooks } from "./refresh.ts";
import { refused } from "./reply.ts";
import { momentWords } from "./words.ts";

const noteAt = (at: Date) =>
  `Usher looks in Entra now, on ${momentWords(at)}. This card changes by itself once there is news.`;

/** The verbs of waiting for an administrator. */
export const consentActions: Readonly<Record<string, Action>> = {
  /** For everybody who sees a card of the request: whoever grants consent in Entra need be nobody to Usher. */
  async "provisioning/check-consent"(turn, data) {
    const { world, caller, pressed } = turn;
    const id = requestIn(data);
    const request = id && (await requestNow(world, id));
    const standing = pressed && (await world.store.tables.posts.standingAt(pressed));
    const isOwn = request?.requester.userId === caller.userId;
    const isSeen = isOwn || (request && (standing?.subject === id || (await whoLooks(turn, request))));
    if (!request || !isSeen) {
      await noteForgedPress(world, caller, "provisioning/check-consent", data);
      return refused({ refused: "unknown-request" });
    }
    await lookAgain(world, request);
    const note = noteAt(world.clock.now());
    // A requester's card may stand in a group, where others press on it too.
    const isOnOwnCard = standing ? standing.purpose !== "approval" : isOwn;
    return isOnOwnCard ? ownReply(turn, request, { note }) : approvalReply(turn, request, { note });
  },
};
