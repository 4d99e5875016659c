import { randomUUID } from "node:crypto";
import { type FieldErrors, type RawAnswers, readAnswers, readReason } from "../../domain/answers.ts";
import { type Blueprint, resolvePlan } from "../../domain/blueprint.ts";
import type { ConversationId, DraftId } from "../../domain/ids.ts";
import { rankPermissions } from "../../domain/permission.ts";
import type { Caller } from "../../domain/person.ts";
import type { Request } from "../../domain/request.ts";
import type { Draft, World } from "../ports.ts";
import type { DraftView } from "../telling/messages.ts";
import { checkStaff, type StaffRefusal } from "./staff.ts";

export type DraftRefusal =
  | StaffRefusal
  | { refused: "draft-of-somebody-else" }
  | { refused: "draft-gone" }
  | { refused: "unknown-blueprint" }
  | { refused: "already-submitted"; request: Request };

/** Begins a request in the conversation where it was asked for. Only the person who began it can go on with it. */
export async function startDraft(
  world: World,
  caller: Caller,
  conversationId: ConversationId,
  blueprintId?: string,
): Promise<{ draft: Draft; blueprint?: Blueprint } | DraftRefusal> {
  const blueprint = blueprintId === undefined ? undefined : blueprintOf(world, blueprintId);
  const staff = await checkStaff(world, caller);
  if (typeof staff === "object") return staff;
  if (blueprintId !== undefined && !blueprint) return { refused: "unknown-blueprint" };
  const draft: Draft = {
    id: randomUUID() as DraftId,
    requester: { userId: caller.userId, name: caller.name },
    conversationId,
    startedAt: world.clock.now(),
    ...(blueprint && { blueprintId: blueprint.id }),
  };
  await world.store.tables.drafts.insert(draft);
  return { draft, ...(blueprint && { blueprint }) };
}

/** The caller's own draft, as long as it was not submitted. */
export async function openDraft(world: World, caller: Caller, id: DraftId): Promise<Draft | DraftRefusal> {
  const draft = await world.store.tables.drafts.get(id);
  if (!draft) return { refused: "draft-gone" };
  if (draft.requester.userId !== caller.userId) return { refused: "draft-of-somebody-else" };
  const request = await world.store.tables.requests.ofDraft(id);
  return request ? { refused: "already-submitted", request } : draft;
}

export const blueprintOf = (world: World, id: string) =>
  world.catalog.blueprints.find((blueprint) => blueprint.id === id);

/** Remembers which system it is for. */
export async function chooseBlueprint(
  world: World,
  caller: Caller,
  id: DraftId,
  blueprintId: string,
): Promise<{ draft: Draft; blueprint: Blueprint } | DraftRefusal> {
  const draft = await openDraft(world, caller, id);
  if ("refused" in draft) return draft;
  const blueprint = blueprintOf(world, blueprintId);
  if (!blueprint) return { refused: "unknown-blueprint" };
  const chosen: Draft = { ...draft, blueprintId };
  await world.store.tables.drafts.update(chosen);
  return { draft: chosen, blueprint };
}

export type Filled =
  | { reviewed: DraftView }
  | { errors: FieldErrors; sentence?: string; blueprint: Blueprint };

/**
 * Checks a filled form and remembers it. Answers the plan that it leads to, or what must be mended; then nothing
 * is stored, and the form is shown again with what the person typed.
 */
export async function reviewDraft(
  world: World,
  caller: Caller,
  id: DraftId,
  raw: RawAnswers,
  rawReason: unknown,
): Promise<Filled | DraftRefusal> {
  const draft = await openDraft(world, caller, id);
  if ("refused" in draft) return draft;
  const blueprint = blueprintOf(world, draft.blueprintId ?? "");
  if (!blueprint) return { refused: "unknown-blueprint" };

  const read = readAnswers(blueprint, raw);
  const reason = readReason(rawReason);
  if ("errors" in read || "error" in reason) {
    const errors = {
      ...("errors" in read && read.errors),
      ...("error" in reason && { reason: reason.error }),
    };
    return { errors, blueprint };
  }
  const plan = resolvePlan(blueprint, read.answers, world.catalog.apis);
  if ("refused" in plan) return { errors: {}, sentence: plan.sentence, blueprint };

  await world.store.tables.drafts.update({ ...draft, answers: read.answers, reason: reason.reason, plan });
  const permissions = rankPermissions(plan.permissions, world.catalog.permissionFacts);
  return { reviewed: { draftId: id, plan, permissions, reason: reason.reason } };
}
