import { type Narrowing, wholeOf } from "../domain/narrow-plan.ts";
import type { Plan } from "../domain/plan.ts";
import { permissionKey, redirectKey } from "../domain/plan-difference.ts";
import type { Request } from "../domain/request.ts";
import { decideRequest } from "../usecases/approval/decide-request.ts";
import { noteForgedPress } from "../usecases/approval/forged-press.ts";
import { requestNow } from "../usecases/approval/keep-time.ts";
import { narrowingForm, offerNarrower } from "../usecases/approval/narrow-request.ts";
import { returnRequest } from "../usecases/approval/return-request.ts";
import { requestView } from "../usecases/telling/request-view.ts";
import { approvalReply, decisionReply, narrowReply } from "./approval-answers.ts";
import type { ApprovalReader } from "./cards/approval.ts";
import { narrowInputs } from "./cards/narrow.ts";
import { allPowersCard } from "./cards.ts";
import {
  type Action,
  aboutIn,
  forged,
  numberIn,
  type PressData,
  requestIn,
  text,
  writtenText,
} from "./press.ts";
import { refreshApproval, refreshVerb, whoLooks } from "./refresh.ts";
import { type Reply, refused, type Turn } from "./reply.ts";

/** What to say when a decision lacks its words. */
const missingWords = {
  deny: "Nothing was decided: say why, because the requester reads it. Then press Deny again.",
  return: "Nothing was sent: say what should be changed or explained. Then press Ask for a change again.",
} as const;

/** The verbs of deciding. Who may is judged by the use cases, at each press. */
export const approvalActions: Readonly<Record<string, Action>> = {
  async "approval/approve"(turn, data) {
    const about = aboutIn(data);
    if (!about) return forged(turn, "approval/approve", data);
    const typed = data.reason === undefined || data.reason === "" ? undefined : writtenText(data.reason, "");
    if (typed && "error" in typed) return { sentence: typed.error };
    const { world, caller } = turn;
    const verdict = { verdict: "approve", ...(typed && { reason: typed.text }) } as const;
    const outcome = await decideRequest(world, { caller, ...about, verdict, surface: "card" });
    return decisionReply(turn, about, outcome, {
      surface: "card",
      ...(typed && { reason: typed.text }),
    });
  },

  async "approval/deny"(turn, data) {
    const about = aboutIn(data);
    if (!about) return forged(turn, "approval/deny", data);
    const typed = writtenText(data.denial, missingWords.deny);
    if ("error" in typed) return { sentence: typed.error };
    const { world, caller } = turn;
    const verdict = { verdict: "deny", reason: typed.text } as const;
    const outcome = await decideRequest(world, { caller, ...about, verdict, surface: "card" });
    return decisionReply(turn, about, outcome);
  },

  async "approval/return"(turn, data) {
    const about = aboutIn(data);
    if (!about) return forged(turn, "approval/return", data);
    const typed = writtenText(data.question, missingWords.return);
    if ("error" in typed) return { sentence: typed.error };
    const { world, caller } = turn;
    const outcome = await returnRequest(world, { caller, ...about, question: typed.text, surface: "card" });
    return decisionReply(turn, about, outcome);
  },

  async "approval/narrow"(turn, data) {
    const about = aboutIn(data);
    if (!about) return forged(turn, "approval/narrow", data);
    const outcome = await narrowingForm(turn.world, turn.caller, about.requestId, about.revision);
    return "form" in outcome ? narrowReply(outcome) : decisionReply(turn, about, outcome);
  },

  async "approval/offer"(turn, data) {
    const { world, caller } = turn;
    const about = aboutIn(data);
    const request = about && (await world.store.tables.requests.get(about.requestId));
    if (!about || !request) return forged(turn, "approval/offer", data);
    const seen = planAt(request, about.revision);
    const narrowing = seen ? narrowingIn(data, seen) : wholeOf(request.plan);
    if (!narrowing) return forged(turn, "approval/offer", data);
    const isNoted = typeof data.note === "string" && data.note.trim() !== "";
    const note = isNoted ? writtenText(data.note, "") : undefined;
    if (note && "error" in note) return { sentence: note.error };
    const outcome = await offerNarrower(world, {
      caller,
      ...about,
      narrowing,
      ...(note && { note: note.text }),
      surface: "card",
    });
    return "form" in outcome ? narrowReply(outcome) : decisionReply(turn, about, outcome);
  },

  "approval/back": (turn, data) =>
    look(turn, "approval/back", data, (request, reader) => approvalReply(turn, request, { reader })),

  [refreshVerb]: (turn, data) =>
    requestIn(data) ? refreshApproval(turn, data) : forged(turn, refreshVerb, data),

  async "approval/list"(turn, data) {
    const page = numberIn(data.page, 0);
    if (page === undefined) return forged(turn, "approval/list", data);
    return look(turn, "approval/list", data, async (request) => ({
      card: allPowersCard(await requestView(turn.world, request, "what-is-known"), page),
    }));
  },
};

/**
 * Shows what stands on the approvers' card without asking the directory, so only to those who have seen it. Whoever
 * guesses a name learns not even whether there is such a request.
 */
async function look(
  turn: Turn,
  verb: string,
  data: PressData,
  draw: (request: Request, reader: ApprovalReader) => Promise<Reply>,
): Promise<Reply> {
  const id = requestIn(data);
  const request = id && (await requestNow(turn.world, id));
  const reader = request && (await whoLooks(turn, request));
  if (request && reader) return draw(request, reader);
  await noteForgedPress(turn.world, turn.caller, verb, data);
  return refused({ refused: "unknown-request" });
}

/**
 * The plan that a form of this revision shows; undefined when it is too old for that to be known, and then the press
 * is refused. The one before is known too: a press that narrowed it may come twice.
 */
function planAt({ revision, plan, before }: Request, seen: number): Plan | undefined {
  if (revision === seen) return plan;
  return revision === seen + 1 ? before : undefined;
}

/** What was ticked, by its places in the plan; undefined when there is no such place. */
function narrowingIn(data: PressData, plan: Plan): Narrowing | undefined {
  const keysAt = (value: unknown, keys: readonly string[]) => {
    const places = (text(value) ?? "").split(",").flatMap((place) => place.trim() || []);
    const found = places.map((place) => keys[numberIn(place, 0) ?? -1]);
    return found.every((key) => key !== undefined) ? [...new Set(found)] : undefined;
  };
  const permissionKeys = plan.permissions.map(permissionKey);
  const permissions = keysAt(data[narrowInputs.permissions], permissionKeys);
  const smaller = keysAt(data[narrowInputs.smaller], permissionKeys);
  const roles = keysAt(
    data[narrowInputs.roles],
    (plan.directoryRoles ?? []).map(({ templateId }) => templateId),
  );
  const redirects = keysAt(data[narrowInputs.redirects], plan.redirects.map(redirectKey));
  const { months: typedMonths } = data;
  const months = typedMonths === undefined || typedMonths === "" ? undefined : numberIn(typedMonths, 1);
  const isBroken = typedMonths !== undefined && typedMonths !== "" && months === undefined;
  if (!permissions || !smaller || !roles || !redirects || isBroken) return undefined;
  return { permissions, smaller, roles, redirects, ...(months !== undefined && { months }) };
}
