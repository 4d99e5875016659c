import type { IncomingMessage } from "node:http";

/** Why a body is not taken, as a status and a sentence for whoever sent it. */
export type BodyRefusal = { refused: { status: 400 | 413 | 415; sentence: string } };

const refusal = (status: 400 | 413 | 415, sentence: string): BodyRefusal => ({
  refused: { status, sentence },
});

/** Reads a JSON object of at most `limit` bytes. */
export async function readJsonObject(
  request: IncomingMessage,
  limit: number,
): Promise<{ body: Record<string, unknown> } | BodyRefusal> {
  const read = await readText(request, "application/json", limit);
  if ("refused" in read) return read;
  try {
    const body: unknown = JSON.parse(read.text);
    if (typeof body === "object" && body !== null && !Array.isArray(body)) {
      return { body: body as Record<string, unknown> };
    }
  } catch {
    // The parser's message quotes the text, so it goes nowhere.
  }
  return refusal(400, "The body must be a JSON object.");
}

/** Reads the fields of a posted form of at most `limit` bytes. */
export async function readForm(
  request: IncomingMessage,
  limit: number,
): Promise<{ form: URLSearchParams } | BodyRefusal> {
  const read = await readText(request, "application/x-www-form-urlencoded", limit);
  return "refused" in read ? read : { form: new URLSearchParams(read.text) };
}

async function readText(
  request: IncomingMessage,
  mediaType: string,
  limit: number,
): Promise<{ text: string } | BodyRefusal> {
  const { "content-type": type = "", "content-encoding": encoding = "identity" } = request.headers;
  if (type.split(";")[0]?.trim().toLowerCase() !== mediaType || encoding !== "identity") {
    return refusal(415, `The body must be ${mediaType}, not compressed.`);
  }
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    // Left before the end, the iterator would otherwise close the connection under the answer.
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      size += (chunk as Buffer).length;
      if (size > limit) return refusal(413, `The body must not be larger than ${limit / 1024} KB.`);
      chunks.push(chunk as Buffer);
    }
  } catch {
    return refusal(400, "The body broke off.");
  }
  return { text: Buffer.concat(chunks).toString("utf8") };
}
