import { judgeOwners, nextLook } from "../../domain/leavers.ts";
import type { OwnershipOffer } from "../../domain/ownership.ts";
import { ownersOf, type Registration } from "../../domain/registration.ts";
import type { Duty } from "../ports/duties.ts";
import { DirectoryFailure } from "../ports/entra.ts";
import type { World } from "../ports/world.ts";
import { actOnOwners } from "./act-on-owners.ts";
import { askedOnce, type GoneOf, lookUpOwners } from "./look-up-owners.ts";
import { ownersData, ownersState } from "./owners-data.ts";
import { calmFor, meansFor } from "./owners-means.ts";
import { ownersWanted } from "./owners-wanted.ts";

/**
 * Looks whether the owners of these can still be counted on. Each person is looked up once, however many registrations
 * they own. While the directory does not answer nothing is concluded; what is due stays due.
 */
export async function keepOwners(world: World, duties: readonly Duty[], now: Date): Promise<void> {
  const { registrations } = world.store.tables;
  const all = new Map((await registrations.among(duties.map(({ id }) => id))).map((each) => [each.id, each]));
  const active = [...all.values()].filter(isLookedAfter);
  const asking = { ...world, directory: askedOnce(world.directory) };
  try {
    const goneOf = await lookUpOwners(asking, active);
    for (const duty of duties) await keepOne(asking, duty, all.get(duty.id), goneOf, now);
  } catch (error) {
    if (!(error instanceof DirectoryFailure)) throw error;
    world.log.warn({ err: error }, "owners could not be looked up; nothing is concluded from that");
  }
}

/** One that is gone in Entra is nobody's business until it is there again. */
const isLookedAfter = ({ state, goneSince }: Registration) => state === "active" && !goneSince;

/** What cannot be done for one registration stops none of the others; where the directory does not answer, all wait. */
async function keepOne(
  world: World,
  duty: Duty,
  registration: Registration | undefined,
  goneOf: GoneOf,
  now: Date,
): Promise<void> {
  try {
    await keep(world, duty, registration, goneOf, now);
  } catch (error) {
    if (error instanceof DirectoryFailure && error.kind === "retry") throw error;
    world.log.error({ err: error, requestId: duty.id, duty: duty.kind }, "what is due could not be done");
    // What is refused now is refused in a minute too.
    if (error instanceof DirectoryFailure)
      await world.store.tables.duties.move(duty, { ...duty, dueAt: nextLook(duty.id, now) });
  }
}

async function keep(
  world: World,
  duty: Duty,
  seen: Registration | undefined,
  goneOf: GoneOf,
  now: Date,
): Promise<void> {
  const { duties } = world.store.tables;
  const { id } = duty;
  if (!seen || seen.state === "removed") return void (await duties.move(duty, undefined));
  const dueAt = nextLook(id, now);
  // What was revoked may come back; whoever owns it then is looked up anew.
  if (seen.state !== "active") return void (await duties.move(duty, { ...duty, dueAt, data: {} }));
  if (!isLookedAfter(seen)) return void (await duties.move(duty, { ...duty, dueAt }));
  const wanted = ownersWanted(world, seen);
  const isUsual = Object.keys(duty.data).length === 0 && ownersOf(seen).length >= wanted;
  if (isUsual && goneOf(seen).size === 0) return void (await duties.move(duty, { ...duty, dueAt }));

  const judged = (open: OwnershipOffer | undefined) => {
    const look = { owners: ownersOf(seen), gone: goneOf(seen), wanted, hasOpenOffer: open !== undefined };
    const offeredBy = open && open.by !== "usher" ? open.by.userId : undefined;
    return judgeOwners(ownersState(duty), { ...look, ...(offeredBy && { offeredBy }) }, now);
  };
  const { act } = judged(await world.store.tables.ownership.open(id));
  const calm = await calmFor(world, seen, act, now);
  if (calm > now) return void (await duties.move(duty, { ...duty, dueAt: calm }));
  // The directory is asked before the transaction, in which nothing but the database is awaited.
  const means = await meansFor(world, seen, act);
  await world.store.inTransaction(async (tables) => {
    const held = await tables.registrations.hold(id);
    const stands = (await tables.duties.of(id)).find(({ kind }) => kind === duty.kind);
    if (stands?.dueAt.getTime() !== duty.dueAt.getTime()) return;
    // Whoever owns it by now was not looked up: the next sweep does that.
    if (!held || !isLookedAfter(held) || namesOf(held) !== namesOf(seen)) return;
    const open = await tables.ownership.open(id);
    const verdict = judged(open);
    if (verdict.act.act !== act.act) return;
    const state = await actOnOwners(tables, world, { registration: held, open, verdict, means, wanted }, now);
    const at = verdict.act.act === "look-again" ? verdict.act.at : dueAt;
    await tables.duties.move(duty, { ...duty, dueAt: at, data: ownersData(state) });
  });
}

const namesOf = (registration: Registration) =>
  ownersOf(registration)
    .map(({ userId }) => userId)
    .join();
