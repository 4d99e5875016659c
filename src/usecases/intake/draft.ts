import type { DraftId } from "../../domain/ids.ts";
import type { Caller } from "../../domain/person.ts";
import type { Request } from "../../domain/request.ts";
import type { Draft, World } from "../ports.ts";
import type { StaffRefusal } from "./staff.ts";

export type DraftRefusal =
  | StaffRefusal
  | { refused: "draft-of-somebody-else" }
  | { refused: "draft-gone" }
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

export const blueprintOf = (world: World, id: string | undefined) =>
  world.catalog.blueprints.find((blueprint) => blueprint.id === id);
