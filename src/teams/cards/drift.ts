import { isAcceptable, isRepairable, reachOf } from "../../domain/drift-reach.ts";
import { markOfFindings } from "../../domain/finding.ts";
import type { DriftView } from "../../usecases/telling/messages.ts";
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

export function driftTitle({ registration, findings, isOld }: DriftView): string {
  if (isOld) return "There is a newer card about this registration";
  if (registration.state !== "active") return "This registration is revoked";
  if (findings.length === 0) return "Nothing differs from what was approved";
  if (findings.some(({ drift }) => reachOf(drift) === "gone")) return "Somebody deleted this in Entra";
  if (findings.every(({ drift }) => reachOf(drift) === "unowned"))
    return "Nobody answers for this registration";
  return findings.every(({ state }) => state === "repairing")
    ? "Being repaired"
    : "Somebody changed this in Entra";
}

function drawDrift(view: DriftView, count: number, note: string | undefined): Card {
  const { registration, findings, ended, isOld } = view;
  const { id, plan, owner, clientId } = registration;
  const title = driftTitle(view);
  const about = [
    ...(note === undefined ? [] : [said(note, { weight: "Bolder" })]),
    fact(id, plan.displayName),
    fact("System", plan.blueprint.title),
    fact("Owner", owner.name),
    fact("Client ID", clientId, { fontType: "Monospace" }),
  ];
  if (isOld) {
    const where = said(`Say drift ${id} to see how it stands.`);
    return noticeCard({ title, lines: [...about, where] });
  }
  const shown = findings.slice(0, count);
  const left = findings.length - shown.length;
  const ofReach = (reach: ReturnType<typeof reachOf>) =>
    shown.filter(({ drift }) => reachOf(drift) === reach);
  return expandTemplate("drift", {
    summary: `${id}: ${title}.`,
    title,
    about,
    groups: [
      ...group("What is left of it", "attention", ofReach("gone")),
      ...group("More than was approved", "attention", ofReach("wider")),
      ...group("Nobody answers for it", "warning", ofReach("unowned")),
      ...group("Less than was approved", "warning", ofReach("narrower")),
      ...(ended.length > 0
        ? [{ heading: "Settled", style: "emphasis", lines: ended.slice(0, 10).map(endedLine) }]
        : []),
    ],
    notes: [
      ...(left > 0 ? [said(`There ${left === 1 ? "is" : "are"} ${counted(left, "more difference")}.`)] : []),
      ...noteLines(view),
    ],
    actions: view.isForOwner ? [] : buttons(view),
  });
}

const group = (heading: string, style: string, findings: readonly Shown[]) =>
  findings.length > 0 ? [{ heading, style, lines: findings.flatMap(findingLines) }] : [];

function findingLines(finding: Shown): Line[] {
  const { what, name, means } = driftWords(finding);
  const seen = finding.confirmedAt ? ` First seen on ${momentWords(finding.firstSeen)}.` : "";
  return [
    {
      inlines: [
        ...plain(name === undefined ? what : `${what}: `, { weight: "Bolder" }),
        ...plain(name ?? "", { weight: "Bolder" }),
      ].filter(({ text }) => text !== ""),
    },
    said(`${means}${seen}`),
    ...(finding.state === "repairing" ? [fact("Being repaired for", finding.by.name)] : []),
    ...(finding.note === undefined
      ? []
      : [{ inlines: [...plain("Not repaired: ", { weight: "Bolder" }), ...plain(finding.note)] }]),
  ];
}

const endWords = { repaired: "Repaired for", accepted: "Accepted by" } as const;

function endedLine(finding: DriftView["ended"][number]): Line {
  const { what, name } = driftWords(finding);
  const thing = name === undefined ? what : `${what}: ${cut(name, 120)}`;
  return finding.state === "repaired" || finding.state === "accepted"
    ? {
        inlines: [
          ...plain(`${thing}. ${endWords[finding.state]} `),
          ...plain(finding.by.name),
          ...(finding.note === undefined ? [] : plain(`. Reason: ${cut(finding.note, 300)}`)),
        ],
      }
    : { inlines: plain(`${thing}. It is no longer so.`) };
}

function noteLines({ registration, findings, isForOwner }: DriftView): Line[] {
  const { id } = registration;
  if (findings.length === 0) return [said("You need do nothing.")];
  const open = findings.filter(({ state }) => state === "open");
  const wider = open.some(({ drift }) => reachOf(drift) === "wider");
  const decide = isForOwner
    ? [
        said(
          `If it was you, tell the approvers why. An approver who does not own it decides; say drift ${id} to see how it stands.`,
        ),
      ]
    : [
        ...(open.some(({ drift }) => isRepairable(drift))
          ? [said(`Repair brings back what was approved. Or say repair ${id}.`)]
          : []),
        ...(open.some(({ drift }) => isAcceptable(drift) && reachOf(drift) === "narrower")
          ? [said("Accept leaves what is less than was approved as it is now.")]
          : []),
        ...(open.some(({ drift }) => reachOf(drift) === "unowned")
          ? [
              said(
                "Repair gives it no new owner: the ownership must be moved to somebody who will answer for it, or the registration revoked. Accept says that you have seen to it.",
              ),
            ]
          : []),
      ];
  return [
    ...decide,
    ...(wider
      ? [
          said(
            "What is more than was approved cannot be accepted here. Whoever needs it asks anew: say request. Until that is approved, repair it.",
          ),
        ]
      : []),
  ];
}

function buttons({ registration, findings }: DriftView): Card[] {
  const open = findings.filter(({ state }) => state === "open");
  const data = { registration: registration.id, mark: markOfFindings(findings) };
  const repair = execute({ title: "Repair", verb: "drift/repair", style: "positive", data });
  const accept = ask({ title: "Accept" }, reasonInput, {
    title: "Accept for this reason",
    verb: "drift/accept",
    data,
  });
  return [
    ...(open.some(({ drift }) => isRepairable(drift)) ? [repair] : []),
    ...(open.some(({ drift }) => isAcceptable(drift)) ? [accept] : []),
  ];
}

const reasonInput = sentencesInput({
  id: "reason",
  label: "Why may it stay so? It is kept, and others read it here.",
  errorMessage: "Say why: nothing is accepted without a reason.",
});
