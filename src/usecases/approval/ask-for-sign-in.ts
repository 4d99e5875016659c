import type { Surface } from "../../domain/audit.ts";
import type { RequestId } from "../../domain/ids.ts";
import type { Caller } from "../../domain/person.ts";
import { type PassRefusal, sendPass } from "../handover/send-pass.ts";
import type { World } from "../ports/world.ts";
import { requestView } from "../telling/request-view.ts";

export type SignInAsked = {
  /** Just judged: all that is missing for their approval is a fresh sign-in. */
  caller: Caller;
  requestId: RequestId;
  revision: number;
  reason?: string;
  surface?: Surface;
};

const linkLifeMs = 10 * 60_000;

/**
 * Sends the approver a link that is bound to them and to this revision; their vote counts once they have signed in
 * there anew. Pressed again, it sends a new link, and the older one is left to expire.
 */
export async function askForSignIn(
  world: World,
  { caller, requestId, revision, reason, surface = "card" }: SignInAsked,
): Promise<{ asked: true; isInChannel: boolean } | { refused: "unknown-request" } | PassRefusal> {
  const { requests, conversations } = world.store.tables;
  const request = await requests.get(requestId);
  if (!request) return { refused: "unknown-request" };
  const view = await requestView(world, request, "what-is-known");
  // Whoever else is in the channel may press it: it opens for the approver only, who signs in.
  const fallback = await conversations.approvalsChannel();
  const sent = await sendPass(world, {
    pass: { kind: "vote", userId: caller.userId, requestId, revision, ...(reason && { reason }) },
    lifeMs: linkLifeMs,
    event: {
      who: caller.userId,
      what: "request.sign-in-asked",
      surface,
      subject: requestId,
      revision,
      outcome: "asked",
      detail: { fingerprint: request.fingerprint },
    },
    message: (url, expiresAt) => ({ kind: "sign-in-to-vote", view, url, expiresAt }),
    ...(fallback && { fallback }),
  });
  return "refused" in sent ? sent : { asked: true, isInChannel: sent.sentTo === fallback };
}
