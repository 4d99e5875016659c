import type { Finding } from "../../usecases/doctor/finding.ts";
import { type Card, expandTemplate } from "../expand.ts";
import { counted, cut } from "../words.ts";
import { firstThatFits } from "./fitting.ts";
import { fact, type Line, plain, said } from "./text.ts";

const headings = { wrong: "Wrong", unknown: "Not to be judged from here", ok: "Well" } as const;
type State = Finding["state"];

/** How many lines of each kind are shown, as far as they fit. */
const looks = [60, 20, 8, 3];

/** What doctor found: what is wrong first, with the next step. */
export const doctorCard = (findings: readonly Finding[]): Card =>
  firstThatFits(looks, (most) => drawDoctor(findings, most)).card;

function drawDoctor(findings: readonly Finding[], most: number): Card {
  const of = (state: State) => findings.filter((finding) => finding.state === state);
  const wrong = of("wrong");
  const title =
    wrong.length === 0
      ? "Nothing is wrong"
      : `${counted(wrong.length, "thing")} ${wrong.length === 1 ? "is" : "are"} wrong`;
  const open = of("unknown").length;
  const summary = [
    `Doctor: ${title.toLowerCase()}, ${open} could not be judged, ${of("ok").length} well.`,
    ...wrong.slice(0, 5).map(({ name, says }) => `${name}: ${cut(says, 200)}`),
  ].join(" ");
  return expandTemplate("doctor", {
    summary,
    title,
    groups: (Object.keys(headings) as State[]).flatMap((state) => {
      const found = of(state);
      if (found.length === 0) return [];
      const lines = found.slice(0, most).flatMap(linesOf);
      const left = found.length - most;
      const rest = left > 0 ? [said(`And ${left} more: npm run doctor says all of them.`)] : [];
      return [{ heading: headings[state], lines: [...lines, ...rest] }];
    }),
  });
}

/** Names of groups, and what a catalogue's file says, are words of people. */
function linesOf(finding: Finding): Line[] {
  const name = plain(`${cut(finding.name, 120)}: `, { weight: "Bolder" });
  const line: Line = { inlines: [...name, ...plain(cut(finding.says, 500))] };
  return finding.state === "ok" ? [line] : [line, fact("Next", cut(finding.next, 400))];
}
