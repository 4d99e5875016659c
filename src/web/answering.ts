import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type restify from "restify";
import type { Log } from "../usecases/ports/world.ts";
import { type Answer, text } from "./answer.ts";

type Request = restify.Request;
type Response = restify.Response;

/** Makes a route's handler out of a function that answers. `quiet`: no line in the log when all is well. */
export type Answering = (
  handler: (req: Request) => Promise<Answer> | Answer,
  quiet?: "quiet",
) => (req: Request, res: Response) => Promise<void>;

/** Its handlers send the answer, log one line with the route's pattern, and turn what is thrown into a plain 500. */
export function answeringWith(log: Log): Answering {
  return (handler, quiet) => {
    return async (req, res) => {
      const began = performance.now();
      const line = (status: number, outcome?: string) => ({
        method: req.method,
        route: routeOf(req),
        status,
        outcome,
        ms: Math.round(performance.now() - began),
      });
      try {
        const answer = await handler(req);
        await send(req, res, answer);
        if (!quiet) log.info(line(answer.status, answer.outcome), "answered");
      } catch (error) {
        const sentence =
          "Something went wrong here. Nothing is known to have changed; try again in a minute.";
        if (!res.headersSent) await send(req, res, text(500, sentence));
        log.error({ ...line(500), err: error }, "could not answer");
      }
    };
  };
}

/** What was asked for, as a pattern. */
export function routeOf(req: Request): string {
  const { route } = req as unknown as { route?: { path?: string } };
  return route?.path ?? "none";
}

/** Sends an answer, with the headers that the response has already. A file that breaks off ends the connection. */
export async function send(req: Request, res: Response, answer: Answer): Promise<void> {
  const page =
    "type" in answer.body ? answer.body : { type: "text/html; charset=utf-8", text: `${answer.body}` };
  res.setHeader("Content-Type", page.type);
  if (answer.location !== undefined) res.setHeader("Location", answer.location);
  if (answer.cookies && answer.cookies.length > 0) res.setHeader("Set-Cookie", answer.cookies);
  // What is still to come of a refused body is not read; the connection ends with the answer.
  if (!req.complete) res.setHeader("Connection", "close");
  if ("content" in page) {
    res.setHeader("Content-Disposition", `attachment; filename="${page.file}"`);
    res.writeHead(answer.status);
    return pipeline(Readable.from(page.content), res);
  }
  res.setHeader("Content-Length", Buffer.byteLength(page.text));
  res.sendRaw(answer.status, page.text);
}
