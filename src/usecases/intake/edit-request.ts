import { randomUUID } from "node:crypto";
import type { ConversationId, DraftId, RequestId } from "../../domain/ids.ts";
import type { Caller } from "../../domain/person.ts";
import type { Draft } from "../ports/requests.ts";
import type { World } from "../ports/world.ts";
import type { FormView } from "../telling/request-views.ts";
import { draftFrom, formFor } from "./draft.ts";
import { formOf } from "./form-page.ts";
import { ownRequest, type RequesterRefusal } from "./own-request.ts";

/**
 * Opens the form of a request that was sent back, with everything as it was typed. Nothing changes until it is
 * submitted; then it is the next revision of the same request.
 */
export async function editRequest(
  world: World,
  caller: Caller,
  id: RequestId,
  revision: number | undefined,
  conversationId: ConversationId,
): Promise<{ form: FormView } | RequesterRefusal | { refused: "unknown-blueprint" }> {
  const request = await ownRequest(world, caller, id, revision, "returned");
  if ("refused" in request) return request;
  const draft: Draft = {
    ...(await draftFrom(world, request, randomUUID() as DraftId, conversationId)),
    changes: { requestId: id, revision: request.revision },
  };
  const open = await formFor(world, draft);
  if ("refused" in open) return open;
  await world.store.tables.drafts.insert(draft);
  return { form: formOf(open, 0) };
}
