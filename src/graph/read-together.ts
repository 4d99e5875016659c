import { setTimeout as wait } from "node:timers/promises";
import { type Client, GraphError } from "@microsoft/microsoft-graph-client";

/** What one part was answered. A collection comes whole, whatever pages it had. */
type Part = { id: string; status: number; headers?: Record<string, string>; body?: Body };
type Body = Record<string, unknown> & {
  value?: unknown[];
  "@odata.nextLink"?: string;
  error?: { code?: string; message?: string };
};

/** A path to get; with a body, a question that is asked by POST. */
type Look = string | { url: string; body: object };

/** Graph takes no more in one request. */
export const mostTogether = 20;

/** A part is throttled by itself, inside an answer that is well. It is asked again alone, when that need not take long. */
const longestWaitMs = 5_000;
const usualWaitMs = 1_000;
const tries = 3;

/**
 * Reads several things in one request, and the pages that follow in as few as there are. Answers what was found, or the
 * error of each. What is throttled for longer throws.
 */
export async function readTogether<Name extends string>(
  client: Client,
  paths: Readonly<Record<Name, Look>>,
): Promise<Record<Name, Body | GraphError>> {
  const answers: Partial<Record<Name, Body | GraphError>> = {};
  let open = Object.entries(paths) as [Name, Look][];
  for (let attempt = 1; open.length > 0; ) {
    const requests = open.map(([id, look]) => ({ id, ...requestOf(look) }));
    const { responses = [] }: { responses?: Part[] } = await client.api("/$batch").post({ requests });
    const next: typeof open = [];
    let waitMs = 0;
    for (const [name, path] of open) {
      const part = responses.find(({ id }) => id === name);
      if (part?.status === 200 && part.body) {
        const before = answers[name];
        const read = before && !(before instanceof GraphError) ? (before.value ?? []) : [];
        answers[name] = part.body.value ? { ...part.body, value: [...read, ...part.body.value] } : part.body;
        const link = part.body["@odata.nextLink"];
        if (link !== undefined) next.push([name, pathOf(link)]);
        continue;
      }
      const error = errorOf(part);
      const isLate = error.statusCode === 429 || error.statusCode >= 500;
      const askedMs = Number(error.headers?.get("retry-after") ?? 0) * 1000 || usualWaitMs;
      if (isLate && (attempt >= tries || askedMs > longestWaitMs)) throw error;
      if (isLate) {
        waitMs = Math.max(waitMs, askedMs);
        next.push([name, path]);
      } else answers[name] = error;
    }
    if (waitMs > 0) {
      attempt++;
      await wait(waitMs);
    }
    open = next;
  }
  return answers as Record<Name, Body | GraphError>;
}

function requestOf(look: Look) {
  if (typeof look === "string") return { method: "GET", url: look };
  return { method: "POST", ...look, headers: { "content-type": "application/json" } };
}

/** Only the path of a next link is followed: a token never goes to another host. */
function pathOf(link: string): string {
  const { pathname, search } = new URL(link);
  return `${pathname.replace(/^\/v1\.0(?=\/)/, "")}${search}`;
}

/** As the client would have thrown it, had it been asked alone. */
function errorOf(part: Part | undefined): GraphError {
  const { code = null, message = "" } = part?.body?.error ?? {};
  const error = new GraphError(part?.status ?? 503, message);
  error.code = code;
  error.headers = new Headers(part?.headers);
  error.body = part?.body;
  return error;
}
