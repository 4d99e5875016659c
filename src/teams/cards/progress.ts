import type { Credential } from "../../domain/plan.ts";
import { isConsented, type StepName, waitsForPerson } from "../../domain/provisioning.ts";
import type { RequestView } from "../../usecases/telling/messages.ts";
import { momentWords } from "../words.ts";
import { type Line, plain, type TextRun } from "./text.ts";

const stepWords: Readonly<Record<Exclude<StepName, "credential">, string>> = {
  "missing-apis": "the APIs that this tenant did not have yet",
  application: "the application",
  "service-principal": "its service principal, by which it acts in this tenant",
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

type Step = RequestView["steps"][number];

/** One line per step that this plan has, each with how far it is in words. */
export function progressLines({ request, steps }: RequestView): Line[] {
  const { plan } = request;
  const grants = (kind: "application" | "delegated") =>
    isConsented(plan) && plan.permissions.some((permission) => permission.kind === kind);
  const isNeeded = ({ step, state }: Step) =>
    state === "failed" ||
    (step === "application-permissions" && grants("application")) ||
    (step === "delegated-permissions" && grants("delegated")) ||
    (step !== "application-permissions" && step !== "delegated-permissions");
  const isUndone = ({ step }: Step) => request.state === "cleaning" && leftAlone.has(step);
  return steps
    .filter((step) => isNeeded(step) && !isUndone(step))
    .map((each) => {
      const { step } = each;
      const text = step === "credential" ? credentialWords[plan.credential.kind] : stepWords[step];
      return { inlines: [...progressWord(each, request.state), { type: "TextRun", text }, ...because(each)] };
    });
}

/** A clean-up has nothing to undo about these, or leaves them on purpose. */
const leftAlone: ReadonlySet<StepName> = new Set(["missing-apis", "personal-chat"]);

function progressWord({ step, state, since, note }: Step, of: RequestView["request"]["state"]): TextRun[] {
  const said = (text: string): TextRun[] => [{ type: "TextRun", text, weight: "Bolder" }];
  // It keeps its note while Usher looks again: the card stays as it is until something has changed.
  const isForPerson = waitsForPerson.has(step) && note !== undefined;
  switch (state) {
    case "done":
      return said("Done: ");
    case "intended":
      return said(isForPerson && since ? `Waiting since ${momentWords(since)}: ` : "Working: ");
    case "waiting":
      // Before its first attempt a step has no row, so nothing is known of it but that it waits its turn.
      if (!since && !note) return said(of === "cleaning" ? "Never begun: " : "Not yet: ");
      return said(since ? `${isForPerson ? "Waiting" : "Trying"} since ${momentWords(since)}: ` : "Trying: ");
    case "failed":
      return said("Failed: ");
    case "undoing":
      if (of === "failed") return said("Not undone: ");
      return said(note && since ? `Trying to undo since ${momentWords(since)}: ` : "Undoing: ");
    case "undone":
      return said("Undone: ");
    default:
      return state satisfies never;
  }
}

function because({ state, note }: Step): TextRun[] {
  return note && state !== "done" ? plain(`. ${note}`) : [];
}
