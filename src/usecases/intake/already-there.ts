import type { WhyStopped } from "../../domain/finding.ts";
import type { RequestId } from "../../domain/ids.ts";
import type { Caller } from "../../domain/person.ts";
import type { Registration } from "../../domain/registration.ts";
import type { In, OpenState } from "../../domain/request.ts";
import { stoppedOutside } from "../drift/why-stopped.ts";
import type { World } from "../ports/world.ts";

/** What somebody already waits for, or already has, for a system. */
export type Already = {
  requests: In<OpenState | "approved">[];
  registrations: Registration[];
  /** Those of them with which nothing signs in any more. */
  stops: ReadonlyMap<RequestId, WhyStopped>;
};

/** More does not help anybody to choose. */
const mostShown = 5;

/** The caller's own open requests and active registrations for the system, newest first; undefined when there are none. */
export async function alreadyThere(
  world: World,
  caller: Caller,
  system: string,
): Promise<Already | undefined> {
  const { tables } = world.store;
  const [requests, registrations] = await Promise.all([
    tables.requests.openFor(caller.userId, system),
    tables.registrations.activeFor(caller.userId, system, mostShown),
  ]);
  if (requests.length + registrations.length === 0) return undefined;
  const stops = await stoppedOutside(tables, registrations);
  return { requests: requests.slice(0, mostShown), registrations, stops };
}
