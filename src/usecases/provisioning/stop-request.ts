import { stepsOf } from "../../domain/provisioning.ts";
import type { In, Request } from "../../domain/request.ts";
import { longestWaiting, stoppableFrom } from "../../domain/stopping.ts";
import type { StepRow } from "../ports/steps.ts";
import type { Tables } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import { type EndPress, type EndRefusal, endableRequest, isEndedBy } from "./failed-request.ts";
import { Overtaken, unlessOvertaken } from "./overtaken.ts";

export type StopRefusal =
  | EndRefusal
  /** `from`: when it can be stopped, if it still waits then. */
  | { refused: "not-waiting"; request: Request; from?: Date };

/**
 * Ends an approved request whose making waits, and undoes what was made of it, as Clean up does. Whoever works on it
 * loses the lease in the same transaction: from then on nothing more of it is begun. Pressed twice, it happens once.
 */
export async function stopRequest(
  world: World,
  press: EndPress,
): Promise<{ cleaning: Request } | StopRefusal> {
  const { caller, surface } = press;
  const found = await endableRequest(world, press, "stop");
  if ("refused" in found) return found;
  const { request } = found;
  if (isEndedBy(request, caller.userId)) return { cleaning: request };
  if (request.state !== "approved") return { refused: "not-waiting", request };

  const by = { at: world.clock.now(), by: { userId: caller.userId, name: caller.name } };
  let tooEarly: StopRefusal | undefined;
  let cleaning: Request = request;
  const isSaved = await unlessOvertaken(() =>
    world.store.inTransaction(async (tables) => {
      await tables.steps.takeOver(request.id);
      const rows = await tables.steps.all(request.id);
      const from = waitsUntil(world, request, rows);
      if (!from || from > by.at) {
        tooEarly = { refused: "not-waiting", request, ...(from && { from }) };
        // The lease stays with whoever holds it.
        throw new Overtaken();
      }
      const to = stopped(world, request, rows, by);
      if (!(await tables.requests.change(request, to))) throw new Overtaken();
      await save(tables, request, to, surface);
      cleaning = to;
    }),
  );
  if (isSaved) return { cleaning };
  return tooEarly ?? stopRequest(world, press);
}

const waitsUntil = ({ settings }: World, { plan, decidedAt }: In<"approved">, rows: readonly StepRow[]) =>
  stoppableFrom(decidedAt, stepsOf(plan, settings.mayConsent), rows);

function stopped(
  { settings }: World,
  request: In<"approved">,
  rows: readonly StepRow[],
  { at, by }: { at: Date; by: In<"cleaning">["cleaningBy"] },
): In<"cleaning"> {
  const { plan, revision, thread } = request;
  const { note } = longestWaiting(stepsOf(plan, settings.mayConsent), rows) ?? {};
  return {
    ...request,
    state: "cleaning",
    failure: `It was stopped while it waited.${note ? ` ${note}` : ""}`,
    cleaningBy: by,
    cleaningSince: at,
    thread: [...thread, { at, by, kind: "stop", revision }],
  };
}

async function save(
  tables: Tables,
  { id, revision, fingerprint }: In<"approved">,
  { failure, cleaningBy, cleaningSince }: In<"cleaning">,
  surface: EndPress["surface"],
): Promise<void> {
  await tables.links.cancel({ requestId: id });
  await tables.audit.append({
    at: cleaningSince,
    who: cleaningBy.userId,
    what: "request.stopped",
    surface,
    subject: id,
    revision,
    outcome: "cleaning",
    detail: { fingerprint, failure },
  });
  await tables.jobs.wake("clean", id);
  await tables.jobs.wake("deliver", id);
}
