import { randomUUID } from "node:crypto";
import type { Blueprint } from "../../domain/blueprint.ts";
import type { ConversationId, DraftId } from "../../domain/ids.ts";
import type { Caller } from "../../domain/person.ts";
import type { Draft, World } from "../ports.ts";
import type { FormView } from "../telling/messages.ts";
import { type DraftRefusal, formFor, openDraft, saveForm } from "./draft.ts";
import { findBlueprints } from "./find-blueprint.ts";
import { formOf } from "./form-page.ts";
import { checkStaff } from "./staff.ts";

/** `found` is what the person is asked to choose from; with one only there is a form straight away. */
export type Started = { draft: Draft; form?: FormView; found: readonly Blueprint[]; named?: string };

/** Begins a request in the conversation where it was asked for. Only the person who began it can go on with it. */
export async function startDraft(
  world: World,
  caller: Caller,
  conversationId: ConversationId,
  named = "",
): Promise<Started | DraftRefusal> {
  const staff = await checkStaff(world, caller);
  if (typeof staff === "object") return staff;
  const found = findBlueprints(world.catalog.blueprints, named);
  const blueprint = found.length === 1 && named.trim() !== "" ? found[0] : undefined;
  const draft: Draft = {
    id: randomUUID() as DraftId,
    version: 1,
    requester: { userId: caller.userId, name: caller.name },
    conversationId,
    startedAt: world.clock.now(),
    ...(blueprint && { blueprintId: blueprint.id }),
  };
  await world.store.tables.drafts.insert(draft);
  const form = blueprint && (await formFor(world, draft));
  return {
    draft,
    found: found.length > 0 ? found : world.catalog.blueprints,
    ...(form && !("refused" in form) && { form: formOf(form, 0) }),
    ...(found.length === 0 && { named }),
  };
}

/** Remembers which system it is for. What was typed for another system is forgotten. */
export async function chooseBlueprint(
  world: World,
  caller: Caller,
  id: DraftId,
  blueprintId: string,
): Promise<{ form: FormView } | DraftRefusal> {
  const draft = await openDraft(world, caller, id);
  if ("refused" in draft) return draft;
  const { answers, ...rest } = draft;
  const isSame = draft.blueprintId === blueprintId;
  const open = await formFor(world, { ...rest, blueprintId, ...(isSame && answers && { answers }) });
  if ("refused" in open) return open;
  const form = await saveForm(world, open, {});
  return "refused" in form ? form : { form: formOf(form, 0) };
}
