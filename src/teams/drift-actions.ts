import { parseRequestId, type RequestId } from "../domain/ids.ts";
import {
  acceptDrift,
  checkDrift,
  type DriftPress,
  type DriftRefusal,
  repairDrift,
  showDrift,
} from "../usecases/drift/decide-drift.ts";
import type { DriftView } from "../usecases/telling/registration-views.ts";
import { driftCard } from "./cards.ts";
import { idNamed } from "./list-actions.ts";
import { type Action, forged, type PressData, text, writtenText } from "./press.ts";
import { type Reply, refused, type Turn } from "./reply.ts";

const missingReason =
  "Nothing was accepted: that needs a reason, which others read later. Press Accept again and write why.";

/** The verbs of a card about what differs from an approved plan. Who may is judged by the use cases, at each press. */
export const driftActions: Readonly<Record<string, Action>> = {
  async "drift/repair"(turn, data) {
    const press = pressIn(turn, data);
    return press ? answer(await repairDrift(turn.world, press)) : forged(turn, "drift/repair", data);
  },

  async "drift/check"(turn, data) {
    const id = parseRequestId(text(data.registration));
    return id ? answer(await checkDrift(turn.world, turn.caller, id)) : forged(turn, "drift/check", data);
  },

  async "drift/accept"(turn, data) {
    const press = pressIn(turn, data);
    if (!press) return forged(turn, "drift/accept", data);
    const typed = writtenText(data.reason, missingReason);
    if ("error" in typed) return { sentence: typed.error };
    return answer(await acceptDrift(turn.world, { ...press, reason: typed.text }));
  },
};

function pressIn({ caller }: Turn, data: PressData): DriftPress | undefined {
  const id = parseRequestId(text(data.registration));
  const mark = text(data.mark);
  return id && mark !== undefined ? { caller, id, mark, surface: "card" } : undefined;
}

/** `drift REQ-…`: what differs, with the buttons for whoever may press them. */
export const driftByText = (turn: Turn, named: string) =>
  byText(turn, "drift", named, (id) => showDrift(turn.world, turn.caller, id));

/** `repair REQ-…`: back to what was approved. */
export const repairByText = (turn: Turn, named: string) =>
  byText(turn, "repair", named, (id) =>
    repairDrift(turn.world, { caller: turn.caller, id, surface: "command" }),
  );

async function byText(
  turn: Turn,
  verb: string,
  named: string,
  act: (id: RequestId) => Promise<{ view: DriftView } | DriftRefusal>,
): Promise<Reply> {
  if (named.trim() === "") return { sentence: `Say which one: ${verb} REQ-… Say list to see yours.` };
  const id = await idNamed(turn, named);
  return typeof id === "object" ? refused(id) : answer(await act(id));
}

function answer(outcome: { view: DriftView } | DriftRefusal): Reply {
  if (!("refused" in outcome)) return { card: driftCard(outcome.view) };
  if (outcome.refused !== "drift-changed") return refused(outcome);
  const note = "This has changed since you saw it: nothing was done. Read it anew, then press again.";
  return { card: driftCard(outcome.view, note), note };
}
