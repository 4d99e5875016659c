import type { Found } from "../../domain/drift.ts";
import { driftOf } from "../../domain/drift-of.ts";
import { reachOf } from "../../domain/drift-reach.ts";
import { afterLook, type Finding, isReported, seenAgainAfterMs } from "../../domain/finding.ts";
import type { ActivityId } from "../../domain/ids.ts";
import { checkEveryMs, ownersOf, type Registration } from "../../domain/registration.ts";
import { DirectoryFailure } from "../ports/entra.ts";
import type { Tables } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import { newPost } from "../telling/new-post.ts";
import { expectedFor } from "./expected.ts";
import { noteWhoIsNamed } from "./named-in-entra.ts";

/** In one go, so that a day has time for seventy thousand, and people's own requests have Graph for themselves. */
const mostAtOnce = 50;
const besideEachOther = 5;
/** Who claimed some and died leaves them to others after this long. */
const claimMs = 10 * 60_000;

/**
 * Compares some of the registrations that are due with their approved plans. It goes on where the last one stopped,
 * whoever that was: what is due stands in the rows.
 */
export async function driftSweep(world: World, now: Date): Promise<void> {
  const { registrations } = world.store.tables;
  const until = new Date(now.getTime() + claimMs);
  for (let looked = 0; looked < mostAtOnce; looked += besideEachOther) {
    const claimed = await registrations.claimChecks(now, until, besideEachOther);
    if (claimed.length === 0) return;
    const ends = await Promise.all(claimed.map((registration) => look(world, registration, now)));
    // Whoever was claimed comes again when the claim ends.
    if (ends.includes("not-answered")) return;
  }
}

/** Looks at one of them now, because somebody asks. Answers false where Entra does not. */
export async function lookNow(world: World, registration: Registration): Promise<boolean> {
  return (await look(world, registration, world.clock.now())) === "looked";
}

type Look = "looked" | "not-compared" | "not-answered";

async function look(world: World, registration: Registration, now: Date): Promise<Look> {
  const { id } = registration;
  try {
    const found = await world.inspector.inspect(registration);
    await world.store.inTransaction((tables) => record(world, tables, id, found, now));
    return "looked";
  } catch (error) {
    if (!(error instanceof DirectoryFailure)) {
      // It stops none of the others, and comes again when its claim ends.
      world.log.error({ err: error, requestId: id }, "a registration could not be compared with its plan");
      return "not-compared";
    }
    world.log.info({ err: error, requestId: id }, "a registration is compared with its plan later");
    if (error.kind === "retry" && !error.isLag) return "not-answered";
    const againMs = error.isLag ? seenAgainAfterMs : checkEveryMs;
    await world.store.tables.registrations.checkAt(id, new Date(now.getTime() + againMs));
    return "not-compared";
  }
}

/** Writes down what differs. What is seen for the second time, some time later, people are told of. */
async function record(
  world: World,
  tables: Tables,
  id: Registration["id"],
  found: Found,
  now: Date,
): Promise<void> {
  const known = await tables.drifts.hold(id);
  const registration = await tables.registrations.get(id);
  if (registration?.state !== "active") return;
  const expected = await expectedFor(world, tables, registration, known);
  const { changed, confirmed } = afterLook(known, driftOf(expected, found), now);
  await tables.drifts.save(id, changed);
  await noteWhetherGone(tables, registration, found, confirmed, now);
  await noteWhoIsNamed(tables, registration, found);
  const isDoubtful = changed.some((finding) => finding.state === "open" && !finding.confirmedAt);
  const nextMs = isDoubtful ? seenAgainAfterMs : checkEveryMs;
  await tables.registrations.markLooked(id, now);
  await tables.registrations.checkAt(id, new Date(now.getTime() + nextMs));
  for (const finding of changed) if (finding.confirmedAt) await audit(tables, id, finding, now);
  const hasLeft = found.state === "there" && (found.ownerAccount ?? "enabled") !== "enabled";
  if (confirmed.length > 0) await tell(tables, registration, hasLeft, now);
  if (changed.some(({ confirmedAt }) => confirmedAt)) await tables.jobs.wake("deliver", id);
}

async function noteWhetherGone(
  tables: Tables,
  { id, goneSince }: Registration,
  found: Found,
  confirmed: readonly Finding[],
  now: Date,
): Promise<void> {
  if (found.state === "there" && goneSince) await tables.registrations.markGone(id, undefined);
  if (found.state === "gone" && confirmed.length > 0)
    await tables.registrations.markGone(id, found.deletedAt ?? now);
}

async function audit(tables: Tables, id: Registration["id"], finding: Finding, at: Date): Promise<void> {
  const isFound = isReported(finding);
  await tables.audit.append({
    at,
    who: "usher",
    what: isFound ? "drift.found" : "drift.ended",
    surface: "system",
    subject: id,
    outcome: isFound ? reachOf(finding.drift) : finding.state,
    detail: { ...finding.drift },
  });
}

/**
 * A card of its own for each time, so that somebody is notified; the ones before say that there is a newer one. An owner
 * who has no account any more reads nothing.
 */
async function tell(tables: Tables, registration: Registration, hasLeft: boolean, now: Date): Promise<void> {
  const { id, owner } = registration;
  const copy = now.toISOString();
  const post = () => newPost(id, "drift", now);
  for (const { userId } of ownersOf(registration))
    if (!hasLeft || userId !== owner.userId)
      await tables.posts.add({ ...post(), place: { kind: "personal", userId, copy } });
  const channel = await tables.conversations.approvalsChannel();
  if (!channel) return;
  const place = { kind: "conversation", conversationId: channel, copy: copy as ActivityId } as const;
  await tables.posts.add({ ...post(), place });
}
