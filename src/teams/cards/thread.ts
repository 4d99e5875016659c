import type { Said } from "../../domain/request.ts";
import type { RequestView } from "../../usecases/telling/request-views.ts";
import { cut, momentWords } from "../words.ts";
import { fact, type Line, plain, said } from "./text.ts";

const kindWords: Readonly<Record<Said["kind"], string>> = {
  question: "Question",
  answer: "Answer",
  edit: "Changed the request",
  offer: "Narrowed the request",
  accept: "Accepted what was narrowed",
  approval: "Approved",
  retry: "Had it tried again",
  stop: "Stopped it",
};

/** The newest entries of what was said, in order. `longest`: how much of each is shown. */
export function threadLines({ id, thread }: RequestView["request"], most: number, longest: number): Line[] {
  const older = thread.length - most;
  const earlier = older === 1 ? "1 earlier entry is" : `${older} earlier entries are`;
  return [
    ...(older > 0
      ? [said(`${earlier} not shown here. To read all, say: status ${id}`, { isSubtle: true })]
      : []),
    ...thread.slice(-most).flatMap((entry) => entryLines(entry, longest)),
  ];
}

/** Names and texts were typed, so each stands last in a line of its own. */
export function entryLines({ at, by, kind, text, revision }: Said, longest: number): Line[] {
  return [
    fact(`${kindWords[kind]}, ${momentWords(at)}, revision ${revision}`, by.name),
    ...(text ? [{ inlines: plain(cut(text, longest)) }] : []),
  ];
}
