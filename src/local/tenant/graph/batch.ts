import type { Answer, Json } from "./call.ts";
import { badRequest } from "./errors.ts";

export type PartRequest = {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: Json | undefined;
};

type Part = { id: string; request: PartRequest; dependsOn: string[] };
type PartAnswer = { id: string; status: number; headers: Record<string, string>; body?: unknown };

/**
 * Runs the parts of a `$batch` one after another and answers them together. A part whose parent failed answers 424;
 * a part cannot use what another answered.
 */
export async function runBatch(
  body: Json | undefined,
  run: (request: PartRequest) => Promise<Answer>,
): Promise<Answer> {
  const parts = readParts(body);
  const answers = new Map<string, PartAnswer>();
  for (const part of parts) {
    const hasFailed = part.dependsOn.some((id) => (answers.get(id)?.status ?? 500) >= 400);
    const answer: Answer = hasFailed
      ? {
          status: 424,
          body: {
            error: { code: "FailedDependency", message: "A request that this one depends on has failed." },
          },
        }
      : await run(part.request);
    answers.set(part.id, {
      id: part.id,
      status: answer.status,
      headers: {
        ...(answer.body === undefined ? {} : { "Content-Type": "application/json" }),
        ...answer.headers,
      },
      ...(answer.body === undefined ? {} : { body: answer.body }),
    });
  }
  return { status: 200, body: { responses: [...answers.values()] } };
}

function readParts(body: Json | undefined): Part[] {
  const requests = body?.requests;
  if (!Array.isArray(requests)) throw badRequest("Invalid batch payload format.", "BadRequest");
  if (requests.length > 20)
    throw badRequest("Number of batch request steps exceeds the maximum value of 20.", "BadRequest");
  const seen = new Set<string>();
  return requests.map((given: Json): Part => {
    const { id, method, url } = given;
    const dependsOn = (given.dependsOn as string[] | undefined) ?? [];
    if (typeof id !== "string" || typeof method !== "string" || typeof url !== "string" || seen.has(id))
      throw badRequest("Each request needs a unique id, a method and a url.", "BadRequest");
    if (/^[a-z]+:\/\//i.test(url)) throw badRequest("The url of a request is relative.", "BadRequest");
    if (dependsOn.some((parent) => !seen.has(parent)))
      throw badRequest("A request depends on one that does not stand before it.", "BadRequest");
    seen.add(id);
    const headers = Object.fromEntries(
      Object.entries((given.headers as Json | undefined) ?? {}).map(([name, value]) => [
        name.toLowerCase(),
        String(value),
      ]),
    );
    const request = {
      method: method.toUpperCase(),
      url: url.startsWith("/") ? url : `/${url}`,
      headers,
      body: given.body as Json | undefined,
    };
    return { id, request, dependsOn };
  });
}
