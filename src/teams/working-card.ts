import { parseRequestId } from "../domain/ids.ts";
import type { Post } from "../usecases/ports/conversations.ts";
import type { World } from "../usecases/ports/world.ts";
import { requestView } from "../usecases/telling/request-view.ts";
import type { RequestView } from "../usecases/telling/request-views.ts";
import { approvalTitle } from "./cards/approval.ts";
import { noticeCard } from "./cards/notices.ts";
import { requestTitle } from "./cards/request.ts";
import { fact, said } from "./cards/text.ts";
import type { Card } from "./expand.ts";

/** What the buttons are called whose outcome can take long. */
const buttons: Readonly<Record<string, string>> = {
  "approval/approve": "Approve",
  "approval/deny": "Deny",
  "approval/return": "Ask for a change",
  "approval/narrow": "Approve with changes",
  "approval/offer": "Approve with changes",
  "request/withdraw": "Withdraw",
  "request/accept": "Accept",
  "request/answer": "Answer",
  "request/edit": "Edit",
  "request/nudge": "Nudge",
  "request/again": "Send again",
  "key/lost": "I lost it",
  "key/not-me": "It was not me",
  "key/new": "Get a new link",
  "drift/repair": "Repair",
  "drift/accept": "Accept",
  "drift/check": "Check now",
  "registration/confirm-restore": "Yes, restore it",
  "expiry/know": "I know",
  "need/confirm": "Still needed",
  "provisioning/retry": "Retry",
  "provisioning/clean": "Clean up",
};

function titleOf({ purpose }: Post, view: RequestView): string {
  if (purpose === "drift") return "What differs from what was approved";
  if (purpose === "expiry") return "A credential that ends";
  if (purpose === "need") return "Is this still needed?";
  return purpose === "approval" ? approvalTitle(view) : requestTitle(view);
}

/**
 * What takes the place of a request's card for the person who pressed, until the card is drawn again. It asks nobody:
 * it is needed because somebody does not answer.
 */
export async function workingCard(world: World, post: Post, verb: string): Promise<Card | undefined> {
  const id = parseRequestId(post.subject);
  const request = id && (await world.store.tables.requests.get(id));
  if (!request) return undefined;
  const view = await requestView(world, request, "what-is-known");
  const button = buttons[verb];
  return noticeCard({
    title: titleOf(post, view),
    lines: [
      fact(request.id, request.plan.displayName),
      ...(button ? [fact("You pressed", button)] : []),
      said(
        "Usher is working on it: Microsoft Graph is slow right now. This card changes by itself. If its buttons come back, nothing was changed: press again.",
      ),
    ],
  });
}
