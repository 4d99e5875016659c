import { type Drift, isAcceptable, isRepairable, reachOf } from "../../domain/drift.ts";
import { markOfFindings } from "../../domain/finding.ts";
import type { DriftView } from "../../usecases/telling/messages.ts";
import { type Card, expandTemplate } from "../expand.ts";
import { counted, cut, momentWords } from "../words.ts";
import { execute } from "./buttons.ts";
import { firstThatFits } from "./fitting.ts";
import { noticeCard } from "./notices.ts";
import { audienceWords } from "./plan-facts.ts";
import { kindWords, rankWords } from "./powers.ts";
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
  const { what, name, means } = wordsOf(finding);
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
  const { what, name } = wordsOf(finding);
  const thing = name === undefined ? what : `${what}: ${cut(name, 120)}`;
  return finding.state === "repaired" || finding.state === "accepted"
    ? { inlines: [...plain(`${thing}. ${endWords[finding.state]} `), ...plain(finding.by.name)] }
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
        ...(open.some(({ drift }) => isAcceptable(drift))
          ? [said("Accept leaves what is less than was approved as it is now.")]
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
  const accept = execute({ title: "Accept what is less", verb: "drift/accept", data });
  return [
    ...(open.some(({ drift }) => isRepairable(drift)) ? [repair] : []),
    ...(open.some(({ drift }) => isAcceptable(drift)) ? [accept] : []),
  ];
}

type Words = {
  what: string;
  /** What somebody else has named, or may have: never Markdown. */
  name?: string;
  means: string;
};

const noMoreSignIn = "What uses it can no longer sign in.";

function wordsOf({ drift, ranked }: Pick<Shown, "drift" | "ranked">): Words {
  switch (drift.what) {
    case "deleted":
      return deletedWords(drift);
    case "consent": {
      const { permission } = drift;
      const name = `${permission.name} (${kindWords[permission.kind]}, ${permission.apiName})`;
      const risk = ranked ? `${rankWords[ranked.rank]}. ${ranked.sentence}` : "";
      return drift.change === "added"
        ? { what: "Consent was given to", name, means: `Nobody approved it here. ${risk}`.trim() }
        : { what: "Consent was taken away from", name, means: "It cannot do that any more." };
    }
    case "declared": {
      const { permission } = drift;
      const name = `${permission.name} (${kindWords[permission.kind]}, ${permission.apiName})`;
      return drift.change === "added"
        ? {
            what: "It now asks for",
            name,
            means: "Nothing is given by that alone, but one press of an administrator gives it.",
          }
        : {
            what: "It no longer asks for",
            name,
            means: "What was consented to still holds; only the list of what it asks for is shorter.",
          };
    }
    case "redirect":
      return drift.change === "added"
        ? {
            what: "Sign-in may also return to",
            name: drift.uri,
            means: "Whoever has that address can be handed the sign-ins of people.",
          }
        : {
            what: "Sign-in no longer returns to",
            name: drift.uri,
            means: "Signing in there does not work any more.",
          };
    case "owner":
      return drift.change === "added"
        ? {
            what: "A new owner in Entra",
            name: drift.name,
            means: "An owner can add secrets and addresses without anybody's approval.",
          }
        : {
            what: "No longer an owner in Entra",
            name: drift.name,
            means: "Usher still counts this person as the owner.",
          };
    case "secret":
    case "certificate":
    case "federated":
      return credentialWords(drift);
    case "sign-in":
      return drift.change === "disabled"
        ? { what: "It was disabled", means: "It gets no new tokens." }
        : { what: "It was enabled again", means: "An approver had accepted that it is disabled." };
    case "audience":
      return {
        what: `Now ${audienceOf(drift.to)} can sign in`,
        means: `Approved was: ${audienceOf(drift.from)}.`,
      };
    case "usher":
      return {
        what: "Usher itself owns it no more",
        means:
          "Usher can neither repair nor revoke it. An administrator must make Usher's application its owner again.",
      };
    default:
      return drift satisfies never;
  }
}

const audienceOf = (audience: string) => audienceWords[audience as keyof typeof audienceWords] ?? audience;

const deletedWords = ({ which }: Extract<Drift, { what: "deleted" }>): Words =>
  which === "application"
    ? {
        what: "The app registration was deleted",
        means:
          "Nothing can sign in with it. Entra keeps it for 30 days, and an administrator can restore it there; its secrets work again then. Usher does not bring it back. Say revoke to end it, or request to ask for a new one.",
      }
    : {
        what: "Its enterprise application was deleted",
        means:
          "Nothing can sign in with it, and what was consented to is gone with it. An administrator can restore it in Entra for 30 days. Usher does not bring it back. Say revoke to end it, or request to ask for a new one.",
      };

const kinds = {
  secret: {
    added: "A secret was added by hand",
    removed: "Its secret was removed",
    means: "Whoever has it can sign in as this app. Usher did not make it.",
    lost: `${noMoreSignIn} Usher cannot bring a secret back: revoke this and ask for a new one.`,
  },
  certificate: {
    added: "A certificate was added by hand",
    removed: "Its certificate was removed",
    means: "Whoever has its private key can sign in as this app. Nobody approved it here.",
    lost: noMoreSignIn,
  },
  federated: {
    added: "A federated credential was added by hand",
    removed: "Its federated credential was removed",
    means: "What it names can sign in as this app without a secret. Nobody approved it here.",
    lost: noMoreSignIn,
  },
} as const;

function credentialWords({
  what,
  change,
  name,
  onPrincipal,
}: Extract<Drift, { what: "secret" | "certificate" | "federated" }>): Words {
  const words = kinds[what];
  return {
    what: onPrincipal ? `${words[change]} to its enterprise application` : words[change],
    name: name === "" ? "(no name)" : name,
    means: change === "added" ? words.means : words.lost,
  };
}
