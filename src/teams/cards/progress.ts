import type { Credential } from "../../domain/plan.ts";
import { isConsented, type StepName, waitsForPerson } from "../../domain/provisioning.ts";
import type { RequestView, StepView } from "../../usecases/telling/request-views.ts";
import { momentWords } from "../words.ts";
import { type Line, plain, type TextRun } from "./text.ts";

const stepWords: Readonly<Record<Exclude<StepName, "credential">, string>> = {
  "missing-apis": "the APIs that this tenant did not have yet",
  application: "the application",
  "service-principal": "its enterprise application, by which it acts in this tenant",
  "identifier-uri": "its identifier URI",
  "application-permissions": "consent to what it does by itself",
  "delegated-permissions": "consent to what it does for signed-in people",
  "admin-consent": "consent, which an administrator grants",
  "directory-roles": "its directory roles",
  "personal-chat": "a personal chat for the one-time link",
};
const credentialWords: Readonly<Record<Credential["kind"], string>> = {
  secret: "the secret, tested and handed over by a one-time link",
  certificate: "your certificate, by which it signs in",
  federated: "the federated credential, by which it signs in without a secret",
  none: "its entry in your list; it needs no credential",
};

/** What a clean-up takes away, where that has another name than making it. */
const undoWords: Readonly<Record<Credential["kind"], string>> = {
  secret: "its secrets, if there are any",
  certificate: "the certificate",
  federated: "the federated credential",
  none: "its entry in the list",
};

type Step = StepView;
type State = RequestView["request"]["state"];

/** What the approved request's card says at its top: whether it is being made, or who is waited for. */
export function makingTitle({ steps }: RequestView, reader: "approver" | "requester"): string {
  const waits = steps.filter(({ state, note }) => isTried(state) && note !== undefined);
  const isWaiting = (...names: StepName[]) => waits.some(({ step }) => names.includes(step));
  if (isWaiting("admin-consent", "missing-apis")) return "Approved, waits for an administrator";
  if (waits.some(({ until, isSlow, step }) => !waitsForPerson.has(step) && (until || isSlow)))
    return "Approved, waits for Entra";
  if (isWaiting("personal-chat"))
    return reader === "requester" ? "Approved, waits for you" : "Approved, waits for the requester";
  return "Approved, being made";
}

const isTried = (state: Step["state"]) => state === "waiting" || state === "intended";

/** One line per step that this plan has, each with how far it is in words. */
export function progressLines({ request, steps }: RequestView): Line[] {
  const { plan } = request;
  const isUndoing = request.state === "cleaning" || (request.state === "failed" && request.isHalfUndone);
  const grants = (kind: "application" | "delegated") =>
    isConsented(plan) && plan.permissions.some((permission) => permission.kind === kind);
  const isNeeded = ({ step, state }: Step) =>
    state === "failed" ||
    (step === "application-permissions" && grants("application")) ||
    (step === "delegated-permissions" && grants("delegated")) ||
    (step !== "application-permissions" && step !== "delegated-permissions");
  // What was never begun is nothing to undo.
  const isToUndo = ({ step, since }: Step) => !leftAlone.has(step) && since !== undefined;
  return steps
    .filter((step) => isNeeded(step) && (!isUndoing || isToUndo(step)))
    .map((each) => {
      const { step } = each;
      const words = isUndoing ? undoWords : credentialWords;
      const text = step === "credential" ? words[plan.credential.kind] : stepWords[step];
      const word = isUndoing ? undoingWord(each, request.state) : progressWord(each, request.state);
      return { inlines: [bold(word), { type: "TextRun", text }, ...because(each, request)] };
    });
}

const bold = (text: string): TextRun => ({ type: "TextRun", text, weight: "Bolder" });

/** A clean-up has nothing to undo about these, or leaves them on purpose. */
const leftAlone: ReadonlySet<StepName> = new Set(["missing-apis", "personal-chat"]);

function progressWord({ step, state, since, note, endedAt }: Step, of: State): string {
  switch (state) {
    case "done":
      return "Done: ";
    case "intended":
    case "waiting": {
      if (of === "failed") return "Not made: ";
      // It keeps its note while Usher tries again: the card stays as it is until something has changed.
      if (since && note !== undefined)
        return `${waitsForPerson.has(step) ? "Waiting" : "Trying"} since ${momentWords(since)}: `;
      // Before its first attempt a step has no row, so nothing is known of it but that it waits its turn.
      if (state === "waiting" && !since && !note) return "Not yet: ";
      return "Working: ";
    }
    case "failed":
      return endedAt ? `Failed on ${momentWords(endedAt)}: ` : "Failed: ";
    case "undoing":
    case "undone":
      return undoingWord({ step, state, ...(since && { since }), ...(note && { note }) }, of);
    default:
      return state satisfies never;
  }
}

function undoingWord({ state, since, note }: Step, of: State): string {
  if (state === "undone") return "Undone: ";
  if (of === "failed") return "Not undone: ";
  if (state !== "undoing") return "Still to undo: ";
  return note && since ? `Trying to undo since ${momentWords(since)}: ` : "Undoing: ";
}

/** Why it waits or failed, unless the card says that already. */
function because({ state, note, until }: Step, request: RequestView["request"]): TextRun[] {
  const isSaid = "failure" in request && note !== undefined && request.failure.includes(note);
  if (!note || state === "done" || isSaid) return [];
  const when = until && isTried(state) ? ` Not before ${momentWords(until)}.` : "";
  return plain(`. ${note}${when}`);
}
