import { derivedId } from "../../domain/derived-id.ts";
import type { Caller } from "../../domain/person.ts";
import { isAdmin } from "../approval/authority.ts";
import { adminsNow } from "../approval/tell-admins.ts";
import { DirectoryFailure } from "../ports/entra.ts";
import type { Held, HeldWork } from "../ports/hold.ts";
import type { World } from "../ports/world.ts";
import { newPost } from "../telling/new-post.ts";

export type HeldView = Held & { work: readonly HeldWork[] };

export type HeldRefusal =
  | { refused: "not-admin" }
  | { refused: "directory-unreachable" }
  | { refused: "nothing-held" };

/** What a restored backup holds, for an admin. */
export async function showHeld(world: World, caller: Caller): Promise<{ held: HeldView } | HeldRefusal> {
  const refusal = await refusalTo(world, caller, "command");
  if (refusal) return refusal;
  const { hold } = world.store.tables;
  const held = await hold.get();
  return held ? { held: { ...held, work: await hold.work(held) } } : { refused: "nothing-held" };
}

/** Lets it go on. `since` is of the card that was pressed: another restore since then is another question. */
export async function goOn(
  world: World,
  caller: Caller,
  since: string | undefined,
): Promise<{ lifted: HeldView } | HeldRefusal> {
  const refusal = await refusalTo(world, caller, "card");
  if (refusal) return refusal;
  return world.store.inTransaction(async ({ hold, audit }) => {
    const held = await hold.get();
    if (!held || held.since.toISOString() !== since) return { refused: "nothing-held" };
    const work = await hold.work(held);
    if (!(await hold.lift(held))) return { refused: "nothing-held" };
    await audit.append({
      at: world.clock.now(),
      who: caller.userId,
      what: "backup.go-on",
      surface: "card",
      subject: "settings",
      outcome: "lifted",
      detail: {
        madeAt: held.madeAt.toISOString(),
        ...Object.fromEntries(work.map(({ kind, count }) => [kind, count])),
      },
    });
    return { lifted: { ...held, work } };
  });
}

/** Once for each restore, to every admin. Whoever becomes one later hears of it from doctor. */
export async function tellOfHold(world: World, held: Held, now: Date): Promise<void> {
  const since = held.since.toISOString();
  const said = await world.store.tables.posts.of("settings");
  if (said.some(({ message }) => message?.kind === "held" && message.since === since)) return;
  const admins = await adminsNow(world);
  if (!admins || admins.length === 0) return;
  await world.store.inTransaction(async ({ hold, posts, jobs }) => {
    const work = await hold.work(held);
    for (const userId of admins)
      await posts.add({
        ...newPost("settings", "note", now),
        id: derivedId("held", since, userId),
        place: { kind: "personal", userId },
        message: { kind: "held", since, madeAt: held.madeAt.toISOString(), work },
      });
    await jobs.wake("deliver", "settings");
  });
}

async function refusalTo(
  world: World,
  caller: Caller,
  surface: "card" | "command",
): Promise<HeldRefusal | undefined> {
  try {
    if (await isAdmin(world, caller)) return undefined;
  } catch (error) {
    if (!(error instanceof DirectoryFailure)) throw error;
    return { refused: "directory-unreachable" };
  }
  await world.store.inTransaction(({ audit }) =>
    audit.append({
      at: world.clock.now(),
      who: caller.userId,
      what: "backup.go-on",
      surface,
      subject: "settings",
      outcome: "not-admin",
    }),
  );
  return { refused: "not-admin" };
}
