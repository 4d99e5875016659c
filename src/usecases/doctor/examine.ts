import { ChatFailure } from "../ports/chat.ts";
import { DirectoryFailure } from "../ports/entra.ts";
import type { Log } from "../ports/world.ts";
import { type Check, type Finding, wrong } from "./finding.ts";

/** Teams waits for 15 seconds until it has an answer. */
const limitMs = 8_000;
/** Where the whole error stands. */
const inTheLog = 'The log says more, at the line "a check of doctor could not be made".';

/** All checks beside each other. One that throws, or takes too long, is a line like the others. */
export async function examine(
  checks: readonly Check[],
  log: Log,
  { withinMs = limitMs, more = inTheLog }: { withinMs?: number; more?: string } = {},
): Promise<Finding[]> {
  const found = await Promise.all(checks.map((check) => lookInTime(check, log, { withinMs, more })));
  return found.flat();
}

async function lookInTime(
  check: Check,
  log: Log,
  { withinMs, more }: { withinMs: number; more: string },
): Promise<readonly Finding[]> {
  const { name } = check;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<readonly Finding[]>((resolve) => {
    const says = `No answer within ${withinMs / 1000} seconds.`;
    const next = "Say doctor again; where it stays so, look at the network from here.";
    timer = setTimeout(() => resolve([wrong(name, says, next)]), withinMs);
  });
  try {
    return await Promise.race([(async () => check.look())(), late]);
  } catch (error) {
    log.warn({ err: error, check: name }, "a check of doctor could not be made");
    const isPassing = error instanceof DirectoryFailure && error.kind === "retry";
    const next = isPassing ? "Say doctor again in some minutes." : more;
    return [wrong(name, reasonOf(error), next)];
  } finally {
    clearTimeout(timer);
  }
}

/** Words of ours as they are; of everything else its code only, since its text may hold what is nobody's business. */
function reasonOf(error: unknown): string {
  if (error instanceof DirectoryFailure || error instanceof ChatFailure) return error.message;
  const { code, name } = error as { code?: unknown; name?: unknown };
  return `It could not be looked at (${String(code ?? name ?? "unknown")}).`;
}
