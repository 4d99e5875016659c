import type { Html } from "./html.ts";

/** What a handler answers; the server sends it. */
export type Answer = {
  status: number;
  /** A page, text of another type, or a file for the browser to keep, some of it at a time. */
  body:
    | Html
    | { type: string; text: string }
    | { type: string; file: string; content: AsyncIterable<string> };
  location?: string;
  /** Values of `Set-Cookie` headers. */
  cookies?: string[];
  /** For the log: which of the possible ends it was. */
  outcome?: string;
};

export const text = (status: number, sentence: string): Answer => ({
  status,
  body: { type: "text/plain; charset=utf-8", text: `${sentence}\n` },
});

export const json = (status: number, content: unknown): Answer => ({
  status,
  body: { type: "application/json; charset=utf-8", text: JSON.stringify(content) },
});

/** 303: the browser goes on with a GET, whatever it came with. */
export const seeOther = (location: string, cookies: string[] = []): Answer => ({
  ...text(303, "See the other page."),
  location,
  cookies,
});
