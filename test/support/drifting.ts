import type { RequestId } from "../../src/domain/ids.ts";
import type { Plan } from "../../src/domain/plan.ts";
import type { ChatMessage } from "../../src/local/teams-stand-in.ts";
import { driftSweep } from "../../src/usecases/drift/drift-sweep.ts";
import { made } from "./approved.ts";
import { behindUsher } from "./behind-usher.ts";
import { days, minutes } from "./builders.ts";
import { type Journey, says } from "./journey.ts";

/** A registration that Mina owns, and somebody who changes it past Usher. */
export async function aMadeOne(journey: Journey, given: Partial<Plan> = {}) {
  await journey.sim("PUT", "/settings", { secretDelaySeconds: 0 });
  const { id, objectId, clientId } = await made(journey, {
    redirects: [{ platform: "web", uri: "https://payroll.example/signin" }],
    owner: "requester",
    ...given,
  });
  const registration = await journey.world.store.tables.registrations.get(id);
  const admin = await behindUsher(journey.tenant);
  return { id, app: objectId, clientId, principal: registration?.servicePrincipalId ?? "", admin };
}
export type MadeOne = Awaited<ReturnType<typeof aMadeOne>>;

export const findingsOf = (journey: Journey, id: RequestId) => journey.world.store.tables.drifts.of(id);
export const openOf = async (journey: Journey, id: RequestId) =>
  (await findingsOf(journey, id)).filter(({ state, confirmedAt }) => state === "open" && confirmedAt);

/** Nothing is left to put back, and nothing is left that people were told of. */
export const untilRepaired = (journey: Journey, id: RequestId) =>
  journey.until(async () => {
    const findings = await findingsOf(journey, id);
    return !findings.some(
      ({ state, confirmedAt }) => state === "repairing" || (state === "open" && confirmedAt),
    );
  }, "the repair");

/** A day later Usher looks, and half an hour after that it looks again. */
export async function twoNights(journey: Journey, id: RequestId): Promise<void> {
  for (const ms of [1 * days + minutes, 31 * minutes]) {
    journey.turnClock(ms);
    await lookNow(journey, id);
  }
}
/**
 * Looks at what is due, as each minute does: what is locked at this moment is left to the next one. Waits for whoever
 * looks; what is claimed is due again within ten minutes.
 */
export async function lookNow(journey: Journey, id: RequestId): Promise<void> {
  const now = journey.world.clock.now();
  const claimsEnd = new Date(now.getTime() + 10.5 * minutes);
  await journey.until(async () => {
    await driftSweep(journey.world, now);
    const { db } = journey.carrier;
    const rows = db.selectFrom("registrations").select("next_check_at").where("id", "=", id);
    return (await rows.executeTakeFirstOrThrow()).next_check_at > claimsEnd;
  }, "the look");
}

export const cardIn = (journey: Journey, place: { id: string }, ...texts: string[]) =>
  journey.teams.find(
    (message) =>
      message.conversationId === place.id &&
      message.card !== undefined &&
      texts.every((text) => says(message, text)),
    `"${texts.join('", "')}" in ${place.id}`,
  );

/** The title of a card about what was changed. */
export const changed = "Somebody changed this in Entra";
export const newest = ({ teams }: Journey) => teams.messages.at(-1) as ChatMessage;
