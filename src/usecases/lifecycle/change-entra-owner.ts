import type { RequestId } from "../../domain/ids.ts";
import { nextDelayMs } from "../../domain/provisioning.ts";
import { rankOfPlan } from "../../domain/rank-of-plan.ts";
import { newSince, ownersOf, type Registration } from "../../domain/registration.ts";
import type { Actor } from "../../domain/request.ts";
import { expectedFor } from "../drift/expected.ts";
import { DirectoryFailure } from "../ports/entra.ts";
import { type EntraOwner, namedBeside } from "../ports/ownership.ts";
import type { Lease } from "../ports/steps.ts";
import type { Tables } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import { underLease } from "../provisioning/under-lease.ts";
import { newPost } from "../telling/new-post.ts";

/** What does not go through in about an hour is left to an administrator. */
const mostAttempts = 8;
const lookAgainMs = 86_400_000;

/**
 * In the transaction that changes who owns it: whom Entra names beside Usher is written down, and a job brings that in
 * line. Where policy lets nobody own it in Entra any more, an administrator does.
 */
export async function leaveOrChangeInEntra(
  tables: Tables,
  world: World,
  held: Registration,
  owner: Actor,
): Promise<void> {
  const { id, plan } = held;
  const before = await tables.entraOwners.get(id);
  const expected = await expectedFor(world, tables, held, await tables.drifts.of(id));
  const first = before?.named ?? expected.owner;
  if (!first) return;
  const people = [first, ...(before?.others ?? [])];
  // Shown is one who is to go.
  const named = people.find(({ userId }) => userId !== owner.userId) ?? first;
  if (before?.state === "left" && named.userId === owner.userId) return tables.entraOwners.remove(id);
  const mayOwn = world.catalog.policy.ranks[rankOfPlan(plan, world.catalog)].owner === "requester";
  const entraOwner: EntraOwner = {
    registrationId: id,
    named,
    others: people.filter(({ userId }) => userId !== named.userId),
    state: mayOwn ? "changing" : "left",
    attempts: 0,
  };
  await tables.entraOwners.set(entraOwner);
  if (mayOwn) await tables.jobs.wake("entra-owner", id);
  else await tellEntra(tables, { ...held, owner }, entraOwner, "left", world.clock.now());
}

/**
 * Brings the owner in Entra in line with Usher's records, from wherever an earlier run left it. Answers when to look
 * again, or undefined when there is nothing more to do.
 */
export async function carryOutEntraOwner(world: World, id: RequestId): Promise<Date | undefined> {
  if ((await world.store.tables.entraOwners.get(id))?.state !== "changing") return undefined;
  return underLease(world, id, (lease) => attempt(world, id, lease));
}

async function attempt(world: World, id: RequestId, lease: Lease): Promise<Date | undefined> {
  const { tables } = world.store;
  const [seen, registration] = await Promise.all([tables.entraOwners.get(id), tables.registrations.get(id)]);
  if (seen?.state !== "changing" || !registration) return undefined;
  if (seen.nextAttemptAt && seen.nextAttemptAt > world.clock.now()) return seen.nextAttemptAt;
  if (registration.state !== "active") {
    // What is stopped has nothing that an owner could do; it may be brought back.
    const isOver = registration.state === "removed";
    const nextAttemptAt = new Date(world.clock.now().getTime() + lookAgainMs);
    await (isOver ? tables.entraOwners.remove(id) : tables.entraOwners.set({ ...seen, nextAttemptAt }));
    return undefined;
  }
  const { applicationObjectId, owner } = registration;
  let outcome: Outcome;
  let isNoted = false;
  try {
    const may = await world.tenant.mayChangeOwners();
    if (may === false) outcome = "left";
    else {
      const noted = await noteWhomItAdds(world, lease, id, owner);
      if (!noted) return undefined;
      const { from } = noted;
      isNoted = noted.isNew;
      outcome = await world.registrar.changeOwner(
        applicationObjectId,
        { from: from.map(({ userId }) => userId), to: owner.userId },
        newSince(registration),
      );
    }
  } catch (error) {
    if (!(error instanceof DirectoryFailure)) throw error;
    world.log.warn({ err: error, requestId: id }, "the owner in Entra was not changed");
    outcome = error;
  }
  return settle(world, id, lease, { seen, owner, outcome, isNoted });
}

/**
 * Written before Entra is asked, so that whom this adds is removed again when the next owner is named, also where it dies
 * in between. Answers who is to go.
 */
function noteWhomItAdds(
  world: World,
  lease: Lease,
  id: RequestId,
  owner: Actor,
): Promise<{ from: Actor[]; isNew: boolean } | undefined> {
  return world.store.inTransaction(async (tables) => {
    await tables.steps.check(lease);
    await tables.registrations.hold(id);
    const now = await tables.entraOwners.get(id);
    if (now?.state !== "changing") return undefined;
    const others = now.others ?? [];
    const isNew = [now.named, ...others].every(({ userId }) => userId !== owner.userId);
    if (isNew) await tables.entraOwners.set({ ...now, others: [...others, owner] });
    return { from: namedBeside(now, owner), isNew };
  });
}

type Outcome = "changed" | "left" | DirectoryFailure;

/** The row as it stands decides: it may have been handed on once more while Entra was asked. */
async function settle(
  world: World,
  id: RequestId,
  lease: Lease,
  tried: { seen: EntraOwner; owner: Actor; outcome: Outcome; isNoted: boolean },
): Promise<Date | undefined> {
  const { seen, owner, outcome, isNoted } = tried;
  const at = world.clock.now();
  return world.store.inTransaction(async (tables) => {
    await tables.steps.check(lease);
    const held = await tables.registrations.hold(id);
    const row = await tables.entraOwners.get(id);
    if (!held || row?.state !== "changing") return undefined;
    // Where Usher may not, it has added nobody.
    const isAdded = !(isNoted && outcome === "left");
    const now = isAdded ? row : { ...row, others: (row.others ?? []).filter(isOther(owner)) };
    if (outcome === "changed") {
      // Entra names that one by now, whoever owns it since.
      if (held.owner.userId !== owner.userId) {
        await tables.entraOwners.set({ ...now, named: owner, others: [], attempts: 0 });
        return at;
      }
      await tables.entraOwners.remove(id);
      await audit(tables, id, at, "changed", { from: seen.named.userId, to: owner.userId });
      await tellEntra(tables, held, seen, "changed", at);
      return undefined;
    }
    const attempts = now.attempts + 1;
    if (outcome instanceof DirectoryFailure && outcome.kind === "retry" && attempts < mostAttempts) {
      const nextAttemptAt = new Date(at.getTime() + nextDelayMs(attempts, outcome.retryAfterMs));
      await tables.entraOwners.set({ ...now, attempts, nextAttemptAt, note: outcome.message });
      return nextAttemptAt;
    }
    // It has come back to the one whom Entra names.
    if (namedBeside(now, held.owner).length === 0) return void (await tables.entraOwners.remove(id));
    const { nextAttemptAt: _due, note: _note, ...was } = now;
    const note = outcome instanceof DirectoryFailure ? { note: outcome.message } : {};
    const left: EntraOwner = { ...was, state: "left", attempts, ...note };
    await tables.entraOwners.set(left);
    await audit(tables, id, at, "left", { named: now.named.userId, ...note });
    await tellEntra(tables, held, left, "left", at);
    return undefined;
  });
}

const isOther =
  (one: Actor) =>
  ({ userId }: Actor) =>
    userId !== one.userId;

const audit = (
  tables: Tables,
  subject: RequestId,
  at: Date,
  outcome: string,
  detail: Readonly<Record<string, unknown>>,
) =>
  tables.audit.append({
    at,
    who: "usher",
    what: "ownership.entra",
    surface: "system",
    subject,
    outcome,
    detail,
  });

async function tellEntra(
  tables: Tables,
  registration: Registration,
  { named, note }: EntraOwner,
  outcome: "changed" | "left",
  at: Date,
): Promise<void> {
  const { id, plan, owner } = registration;
  const message = {
    kind: "entra-owner",
    requestId: id,
    displayName: plan.displayName,
    named,
    owner,
    outcome,
    ...(note !== undefined && { note }),
  } as const;
  for (const { userId } of ownersOf(registration))
    await tables.posts.add({ ...newPost(id, "note", at), place: { kind: "personal", userId }, message });
  await tables.jobs.wake("deliver", id);
}
