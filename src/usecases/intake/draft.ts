import type { Blueprint } from "../../domain/blueprint.ts";
import { withinRules } from "../../domain/credential-rules.ts";
import type { ConversationId, DraftId } from "../../domain/ids.ts";
import type { Caller } from "../../domain/person.ts";
import type { Request } from "../../domain/request.ts";
import type { Draft } from "../ports/requests.ts";
import type { World } from "../ports/world.ts";
import type { MayAskRefusal } from "./may-ask.ts";
import type { StaffRefusal } from "./staff.ts";
import { credentialRules, type KnownRules } from "./tenant-facts.ts";

export type DraftRefusal =
  | StaffRefusal
  | MayAskRefusal
  | { refused: "draft-of-somebody-else" }
  | { refused: "draft-gone" }
  | { refused: "draft-changed" }
  | { refused: "unknown-blueprint" }
  | { refused: "already-submitted"; request: Request };

/** The caller's own draft, as long as it was not submitted. */
export async function openDraft(world: World, caller: Caller, id: DraftId): Promise<Draft | DraftRefusal> {
  const draft = await world.store.tables.drafts.get(id);
  if (!draft) return { refused: "draft-gone" };
  if (draft.requester.userId !== caller.userId) return { refused: "draft-of-somebody-else" };
  const request = await world.store.tables.requests.ofDraft(id);
  return request ? { refused: "already-submitted", request } : draft;
}

/** A new draft with everything as it was typed into the form of a request. It is not stored yet. */
export async function draftFrom(
  { store, clock }: World,
  request: Request,
  id: DraftId,
  conversationId: ConversationId,
): Promise<Draft> {
  const answers = await store.tables.requests.answers(request.id);
  return {
    id,
    version: 1,
    requester: request.requester,
    conversationId,
    blueprintId: request.plan.blueprint.id,
    ...(answers && { answers }),
    reason: request.reason,
    startedAt: clock.now(),
  };
}

/** A draft with its blueprint as this tenant's rules let it be asked for. The rules are asked once an act. */
export type OpenForm = { draft: Draft; blueprint: Blueprint; about: string[]; known: KnownRules };

export async function openForm(world: World, caller: Caller, id: DraftId): Promise<OpenForm | DraftRefusal> {
  const draft = await openDraft(world, caller, id);
  return "refused" in draft ? draft : formFor(world, draft);
}

export async function formFor(
  world: World,
  draft: Draft,
): Promise<OpenForm | { refused: "unknown-blueprint" }> {
  const original = world.catalog.blueprints.find(({ id }) => id === draft.blueprintId);
  if (!original) return { refused: "unknown-blueprint" };
  const known = await credentialRules(world);
  const { blueprint, about } = withinRules(original, known.rules);
  const changing = draft.changes
    ? `You are changing ${draft.changes.requestId}. It goes back to the approvers when you submit it; nothing changes before.`
    : undefined;
  const sentences = [changing, blueprint.about, ...about].filter((sentence) => sentence !== undefined);
  return { draft, blueprint, about: sentences, known };
}

/**
 * Saves over what was read. While Graph was asked another press may have saved something newer: then this one is
 * dropped, and says so.
 */
export async function saveForm(
  world: World,
  form: OpenForm,
  changes: Partial<Pick<Draft, "answers" | "reason" | "plan">>,
): Promise<OpenForm | { refused: "draft-changed" }> {
  // What was reviewed no longer stands for what is typed now, so a plan is dropped by whatever does not bring one.
  const { plan: _plan, ...rest } = form.draft;
  const draft: Draft = { ...rest, ...changes };
  if (!(await world.store.tables.drafts.update(draft))) return { refused: "draft-changed" };
  return { ...form, draft: { ...draft, version: draft.version + 1 } };
}
