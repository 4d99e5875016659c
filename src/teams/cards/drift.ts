import { isAcceptable, isRepairable, reachOf } from "../../domain/drift-reach.ts";
import { markOfFindings } from "../../domain/finding.ts";
import type { Registration } from "../../domain/registration.ts";
import type { DriftView } from "../../usecases/telling/registration-views.ts";
import { type Card, expandTemplate } from "../expand.ts";
import { counted, cut, momentWords } from "../words.ts";
import { ask, execute, sentencesInput } from "./buttons.ts";
import { driftWords } from "./drift-words.ts";
import { firstThatFits } from "./fitting.ts";
import { noticeCard } from "./notices.ts";
import { fact, type Line, plain, said } from "./text.ts";

type Shown = DriftView["findings"][number];

/** Of a registration that was changed a hundredfold, the most dangerous is shown. */
const most = [Infinity, 40, 15, 5];

/** What differs from the approved plan, what that means, and who can do what about it. */
export const driftCard = (view: DriftView, note?: string): Card =>
  firstThatFits(most, (count) => drawDrift(view, count, note)).card;

export function driftTitle(view: DriftView): string {
  const { registration, findings, isOld } = view;
  if (isOld) return "There is a newer card about this registration";
  if (registration.state === "restoring") return "This registration is being restored";
  if (registration.state !== "active") return endTitles[registration.state];
  if (findings.length === 0) return calmTitle(view);
  if (findings.some(({ drift }) => reachOf(drift) === "gone")) return "Somebody deleted this in Entra";
  return findings.every(({ state }) => state === "repairing")
    ? "Being repaired"
    : "Somebody changed this in Entra";
}

const endTitles: Readonly<Record<Exclude<Registration["state"], "active">, string>> = {
  revoking: "This registration is being revoked",
  revoked: "This registration is revoked",
  restoring: "This registration is being restored",
  removed: "This registration was revoked, and Entra keeps it no longer",
};

/** When nothing waits for a decision. What was accepted differs all the same, and nobody may have looked yet. */
function calmTitle({ ended, unsure, lookedAt }: DriftView): string {
  if (unsure.length > 0) return "Something may have been changed in Entra";
  if (ended.some(({ state }) => state === "accepted")) return "It differs as it was accepted, and not more";
  return lookedAt ? "Nothing differed when Usher looked last" : "Not compared with Entra yet";
}

function drawDrift(view: DriftView, count: number, note: string | undefined): Card {
  const { registration, findings, ended, unsure, isOld } = view;
  const { id, plan, owner, clientId } = registration;
  const title = driftTitle(view);
  const about = [
    ...(note === undefined ? [] : [said(note, { weight: "Bolder" })]),
    fact(id, plan.displayName),
    fact("System", plan.blueprint.title),
    fact("Owner", owner.name),
    fact("Client ID", clientId, { fontType: "Monospace" }),
    ...lookLines(view),
  ];
  if (isOld) {
    const where = said(`Say drift ${id} to see how it stands.`);
    return noticeCard({ title, lines: [...about, where] });
  }
  const shown = findings.slice(0, count);
  const left = findings.length - shown.length;
  const accepted = ended.filter(({ state }) => state === "accepted");
  const settled = ended.filter(({ state }) => state !== "accepted");
  const ofReach = (reach: ReturnType<typeof reachOf>) =>
    shown.filter(({ drift }) => reachOf(drift) === reach);
  return expandTemplate("drift", {
    summary: `${id}: ${title}.`,
    title,
    about,
    groups: [
      ...group("What happened", "attention", ofReach("gone")),
      ...group("More than was approved", "attention", ofReach("wider")),
      ...group("Less than was approved", "warning", ofReach("narrower")),
      ...group("Seen once", "warning", unsure.slice(0, count)),
      ...(settled.length > 0
        ? [{ heading: "Settled", style: "emphasis", lines: settled.slice(0, 10).map(endedLine) }]
        : []),
      ...(accepted.length > 0
        ? [{ heading: "Accepted as it is", style: "emphasis", lines: accepted.slice(0, 10).map(endedLine) }]
        : []),
    ],
    notes: [
      ...(left > 0 ? [said(`There ${left === 1 ? "is" : "are"} ${counted(left, "more difference")}.`)] : []),
      ...noteLines(view),
    ],
    actions: buttons(view),
  });
}

const group = (heading: string, style: string, findings: readonly Shown[]) =>
  findings.length > 0 ? [{ heading, style, lines: findings.flatMap(findingLines) }] : [];

function findingLines(finding: Shown): Line[] {
  const { what, name, means } = driftWords(finding);
  return [
    {
      inlines: [
        ...plain(name === undefined ? what : `${what}: `, { weight: "Bolder" }),
        ...plain(name ?? "", { weight: "Bolder" }),
      ].filter(({ text }) => text !== ""),
    },
    said(means),
    ...(finding.note === undefined
      ? []
      : [{ inlines: [...plain("Not repaired: ", { weight: "Bolder" }), ...plain(finding.note)] }]),
  ];
}

const endWords = { repaired: "Repaired on", accepted: "Accepted on" } as const;

function endedLine(finding: DriftView["ended"][number]): Line {
  const { what, name } = driftWords(finding);
  const thing = name === undefined ? what : `${what}: ${cut(name, 120)}`;
  if (finding.state !== "repaired" && finding.state !== "accepted")
    return { inlines: plain(`${thing}. It is no longer so.`) };
  const { state, at, by, note } = finding;
  const whose = state === "repaired" ? "as it was decided by" : "by";
  const reason = note === undefined ? "" : ` Reason: ${cut(note, 300)}`;
  return { inlines: plain(`${thing}. ${endWords[state]} ${momentWords(at)}, ${whose} ${by.name}.${reason}`) };
}

/** Since when it differs, who has it repaired, and when Usher looked last. */
function lookLines({ registration, findings, unsure, lookedAt }: DriftView): Line[] {
  if (registration.state !== "active") return [];
  const seen = [...findings, ...unsure].map(({ firstSeen }) => firstSeen.getTime());
  const repairers = new Set(findings.flatMap((each) => (each.state === "repairing" ? each.by.name : [])));
  return [
    ...(seen.length > 0 ? [fact("First seen", momentWords(new Date(Math.min(...seen))))] : []),
    ...[...repairers].map((name) => fact("Being repaired for", name)),
    fact("Usher looked last", lookedAt ? momentWords(lookedAt) : "not yet; it looks once a day"),
  ];
}

function noteLines(view: DriftView): Line[] {
  const { registration, findings, ended, unsure, isForOwner } = view;
  const { id } = registration;
  if (registration.state !== "active") return [];
  const open = findings.filter(({ state }) => state === "open");
  const has = (test: (drift: Shown["drift"]) => boolean) => open.some(({ drift }) => test(drift));
  const isGone = findings.some(({ drift }) => reachOf(drift) === "gone");
  return [
    ...(unsure.length > 0 ? [said(unsureWords)] : []),
    ...(findings.length === 0 && unsure.length === 0 ? [said(calmWords(ended))] : []),
    ...(isGone ? [said(`Say revoke ${id} to end it. Whoever needs another one says request.`)] : []),
    ...(isForOwner && !isGone && open.length > 0
      ? [
          said(
            `If it was you, tell the approvers why. An approver who does not own it decides; say drift ${id} to see how it stands.`,
          ),
        ]
      : []),
    ...(isForOwner ? [] : deciderLines(id, open)),
    ...(has((drift) => reachOf(drift) === "wider")
      ? [
          said(
            "What is more than was approved cannot be accepted here. Whoever needs it asks anew: say request. Until that is approved, repair it.",
          ),
        ]
      : []),
  ];
}

const unsureWords =
  "What was seen once may be an older state that Entra still shows. It can be decided upon once it is seen again, half an hour later or more: press Check now then, or wait until Usher looks by itself.";

/** What was accepted may have ended all that it could do. */
function calmWords(ended: DriftView["ended"]): string {
  const isStopped = ended.some(
    ({ state, drift }) => state === "accepted" && (isDisabled(drift) || isSecretLost(drift)),
  );
  return isStopped
    ? "Nothing signs in with it as long as it stays so. There is nothing to decide."
    : "There is nothing to decide. Check now looks in Entra at once; otherwise Usher looks once a day.";
}

const isDisabled = (drift: Shown["drift"]) => drift.what === "sign-in" && drift.change === "disabled";
const isSecretLost = (drift: Shown["drift"]) => drift.what === "secret" && drift.change === "removed";

/** What an approver can do about it. What could not be repaired may be so again. */
function deciderLines(id: string, open: readonly Shown[]): Line[] {
  const repairable = open.filter(({ drift }) => isRepairable(drift));
  const isRefused = repairable.some(({ note }) => note !== undefined);
  const butSecret = open.some(({ drift }) => isSecretLost(drift)) ? ", but for the secret" : "";
  const isLess = open.some(({ drift }) => isAcceptable(drift) && reachOf(drift) === "narrower");
  return [
    ...(repairable.length === 0
      ? []
      : isRefused
        ? [
            said(
              `Mend what is said under Not repaired first. Then press Repair, or say repair ${id}: Usher tries again.`,
            ),
          ]
        : [said(`Repair brings back what was approved${butSecret}. Or say repair ${id}.`)]),
    ...(isLess ? [said("Accept leaves what is less than was approved as it is now.")] : []),
  ];
}

function buttons({ registration, findings, isForOwner, isOld, portal }: DriftView): Card[] {
  const { id } = registration;
  if (isOld || registration.state !== "active") return [];
  const open = isForOwner ? [] : findings.filter(({ state }) => state === "open");
  const data = { registration: id, mark: markOfFindings(findings) };
  const repair = execute({ title: "Repair", verb: "drift/repair", style: "positive", data });
  const accept = ask({ title: "Accept" }, reasonInput, {
    title: "Accept for this reason",
    verb: "drift/accept",
    data,
  });
  return [
    ...(open.some(({ drift }) => isRepairable(drift)) ? [repair] : []),
    ...(open.some(({ drift }) => isAcceptable(drift)) ? [accept] : []),
    execute({ title: "Check now", verb: "drift/check", data: { registration: id } }),
    ...(findings.length > 0
      ? [
          execute({
            title: "Revoke",
            verb: "registration/revoke",
            data: { registration: id },
            style: "destructive",
          }),
        ]
      : []),
    ...(portal ? [{ type: "Action.OpenUrl", title: "Open in Entra", url: portal }] : []),
  ];
}

const reasonInput = sentencesInput({
  id: "reason",
  label: "Why may it stay so? It is kept, and others read it here.",
  errorMessage: "Say why: nothing is accepted without a reason.",
});
