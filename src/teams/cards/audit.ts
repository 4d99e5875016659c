import type { Surface } from "../../domain/audit.ts";
import type { AuditView } from "../../usecases/audit/show-audit.ts";
import type { AuditRow } from "../../usecases/ports/store.ts";
import { type Card, expandTemplate } from "../expand.ts";
import { counted, cut, momentWords } from "../words.ts";
import { execute } from "./buttons.ts";
import { firstThatFits } from "./fitting.ts";
import { fact, type Line, plain, said } from "./text.ts";

/** Characters that are shown of a detail. */
const looks = [400, 120, 40, 0];

/** A page of the audit. Of long details only the beginning is shown, when all of it does not fit; the file has them whole. */
export const auditCard = (view: AuditView): Card =>
  firstThatFits(looks, (longest) => drawAudit(view, longest)).card;

function drawAudit({ subject, head, rows, names, next }: AuditView, longest: number): Card {
  const title = subject ? `The audit of ${subject}` : "The audit";
  const of = subject ? ` ${subject}` : "";
  return expandTemplate("audit", {
    summary: `${title}: ${counted(rows.length, "line")} on this page.`,
    title,
    about: [
      said(`Newest line of the whole audit: number ${head.n}, hash ${head.hash.slice(0, 12)}…`),
      ...(subject
        ? []
        : [
            said(
              "These are its newest lines. To see all of one request or registration, say audit and its REQ-… name, its client ID or its name.",
            ),
          ]),
    ],
    rows: rows.map((row) => ({ lines: rowLines(row, names, longest, subject === undefined) })),
    notes: [
      ...(rows.length === 0 ? [said("There are no lines here.")] : []),
      said(
        `A file comes as a one-time link in your personal chat: press a button, or say audit csv${of} or audit jsonl${of}.`,
      ),
    ],
    actions: [
      ...(next === undefined
        ? []
        : [
            execute({
              title: "Later lines",
              verb: "audit/page",
              data: { subject: subject ?? "", after: next },
            }),
          ]),
      exportButton("Export as CSV", "csv", subject),
      exportButton("Export as JSON Lines", "jsonl", subject),
    ],
  });
}

const exportButton = (title: string, format: "csv" | "jsonl", subject: string | undefined) =>
  execute({ title, verb: "audit/export", data: { subject: subject ?? "", format } });

const surfaceWords: Readonly<Record<Surface, string>> = {
  card: "by card",
  command: "by command",
  web: "in the browser",
  system: "by itself",
};
const ownNames: Readonly<Record<string, string>> = { usher: "Usher", policy: "Policy" };

function rowLines(
  { n, at, who, what, surface, subject, revision, outcome, detail = {} }: AuditRow,
  names: AuditView["names"],
  longest: number,
  isOfAll: boolean,
): Line[] {
  const facts = [`Number ${n}`, momentWords(at), surfaceWords[surface]];
  if (revision !== undefined) facts.push(`revision ${revision}`);
  const details = longest === 0 ? [] : Object.entries(detail);
  return [
    { inlines: plain(`${what}: ${cut(outcome, 200)}`, { weight: "Bolder" }) },
    said(facts.join(" · ")),
    ...(isOfAll ? [fact("About", cut(subject, 100))] : []),
    fact("Who", names.get(who) ?? ownNames[who] ?? who),
    ...details.map(([name, value]) =>
      fact(cut(name, 40), cut(typeof value === "string" ? value : JSON.stringify(value), longest)),
    ),
  ];
}
