import { randomUUID } from "node:crypto";
import type { Blueprint } from "../../domain/blueprint.ts";
import type { ConversationId, DraftId } from "../../domain/ids.ts";
import type { Caller } from "../../domain/person.ts";
import type { Draft } from "../ports/requests.ts";
import type { World } from "../ports/world.ts";
import type { FormView } from "../telling/request-views.ts";
import { type Already, alreadyThere } from "./already-there.ts";
import { type DraftRefusal, formFor, openDraft, openForm, saveForm } from "./draft.ts";
import { findBlueprints } from "./find-blueprint.ts";
import { formOf } from "./form-page.ts";
import { mayAskFor, systemsFor } from "./may-ask.ts";
import { checkStaff } from "./staff.ts";

/**
 * `found` is what the person is asked to choose from; with one only there is a form straight away, or first what they
 * already have of it.
 */
export type Started = {
  draft: Draft;
  form?: FormView;
  already?: Already;
  found: readonly Blueprint[];
  named?: string;
};

/** Begins a request in the conversation where it was asked for. Only the person who began it can go on with it. */
export async function startDraft(
  world: World,
  caller: Caller,
  conversationId: ConversationId,
  named = "",
): Promise<Started | DraftRefusal> {
  const staff = await checkStaff(world, caller);
  if (typeof staff === "object") return staff;
  const own = await systemsFor(world, caller);
  if ("refused" in own) return own;
  const meant = findBlueprints(world.catalog.blueprints, named);
  const found = meant.filter(({ id }) => own.some((each) => each.id === id));
  if (meant.length > 0 && found.length === 0) {
    return { refused: "may-not-ask", system: meant.map(({ title }) => title).join(" or ") };
  }
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
  const already = blueprint && (await alreadyThere(world, caller, blueprint.id));
  const form = blueprint && !already && (await formFor(world, draft));
  return {
    draft,
    ...(already && { already }),
    found: found.length > 0 ? found : own,
    ...(form && !("refused" in form) && { form: formOf(form, 0) }),
    ...(found.length === 0 && { named }),
  };
}

/**
 * Remembers which system it is for. What was typed for another system is forgotten. Who already waits for it, or has
 * it, is shown that first.
 */
export async function chooseBlueprint(
  world: World,
  caller: Caller,
  id: DraftId,
  blueprintId: string,
): Promise<{ form: FormView } | { already: Already; draft: Draft } | DraftRefusal> {
  const draft = await openDraft(world, caller, id);
  if ("refused" in draft) return draft;
  const { answers, ...rest } = draft;
  const isSame = draft.blueprintId === blueprintId;
  const open = await formFor(world, { ...rest, blueprintId, ...(isSame && answers && { answers }) });
  if ("refused" in open) return open;
  const may = await mayAskFor(world, caller, open.blueprint);
  if (typeof may === "object") return may;
  const form = await saveForm(world, open, {});
  if ("refused" in form) return form;
  // Whoever has typed something for it has seen that before.
  const already = form.draft.answers ? undefined : await alreadyThere(world, caller, blueprintId);
  return already ? { already, draft: form.draft } : { form: formOf(form, 0) };
}

/** Asks for a system although something of it is already there. */
export async function goOnAnyway(
  world: World,
  caller: Caller,
  id: DraftId,
): Promise<{ form: FormView } | DraftRefusal> {
  const form = await openForm(world, caller, id);
  return "refused" in form ? form : { form: formOf(form, 0) };
}
