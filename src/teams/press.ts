import type { Reply, Turn } from "./reply.ts";

/** What a press brings along: names of things and what was typed. Nothing of it is trusted. */
export type PressData = Readonly<Record<string, unknown>>;
export type Action = (turn: Turn, data: PressData) => Promise<Reply>;

export const text = (value: unknown) => (typeof value === "string" ? value : undefined);
