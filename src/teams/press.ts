import { readReason } from "../domain/answers.ts";
import { parseRequestId, type RequestId } from "../domain/ids.ts";
import { noteForgedPress } from "../usecases/approval/forged-press.ts";
import { type Reply, refused, type Turn } from "./reply.ts";

/** What a press brings along: names of things and what was typed. Nothing of it is trusted. */
export type PressData = Readonly<Record<string, unknown>>;
export type Action = (turn: Turn, data: PressData) => Promise<Reply>;

export const text = (value: unknown) => (typeof value === "string" ? value : undefined);

export const requestIn = (data: PressData) => parseRequestId(text(data.request));

/** A whole number from `least` on, as a card holds it: some clients make a text of it. */
export function numberIn(value: unknown, least: number): number | undefined {
  const isWritten = typeof value === "number" || (typeof value === "string" && /^\d{1,9}$/.test(value));
  const number = isWritten ? Number(value) : Number.NaN;
  return Number.isInteger(number) && number >= least ? number : undefined;
}

/** What the press was about: a request, and the revision that the card was drawn from. */
export type About = { requestId: RequestId; revision: number };

export function aboutIn(data: PressData): About | undefined {
  const requestId = requestIn(data);
  const revision = numberIn(data.revision, 1);
  return requestId && revision !== undefined ? { requestId, revision } : undefined;
}

/** No card of Usher's sends this: it is refused, and it leaves an audit line. */
export async function forged({ world, caller }: Turn, verb: string, data: PressData): Promise<Reply> {
  await noteForgedPress(world, caller, verb, data);
  return refused({ refused: "no-such-press" });
}

/** What a person had to write for their press, or what to say when it will not do. `ask` says what is missing. */
export function writtenText(typed: unknown, ask: string): { text: string } | { error: string } {
  const read = readReason(typed);
  if ("reason" in read) return { text: read.reason };
  const isEmpty = typeof typed !== "string" || typed.trim() === "";
  return { error: isEmpty ? ask : `Nothing was changed. ${read.error}` };
}
