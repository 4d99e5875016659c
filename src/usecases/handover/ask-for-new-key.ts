import type { Surface } from "../../domain/audit.ts";
import type { RequestId, UserId } from "../../domain/ids.ts";
import { judgeNewKey, type NewKeyPress } from "../../domain/new-key.ts";
import type { Caller } from "../../domain/person.ts";
import type { Registration } from "../../domain/registration.ts";
import { adminsNow } from "../approval/tell-admins.ts";
import { checkStaff } from "../intake/staff.ts";
import type { Tables } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import { newPost } from "../telling/new-post.ts";

export type NewKeyRefusal =
  | { refused: "unknown-registration" }
  | { refused: "not-staff" }
  | { refused: "directory-unreachable" }
  | { refused: "already-revoked"; registration: Registration }
  | { refused: "no-secret"; id: RequestId }
  | { refused: "new-key-under-way"; id: RequestId }
  | { refused: "key-changed"; id: RequestId };

export type NewKeyAsked = NewKeyPress & { caller: Caller; id: RequestId; surface: Surface };

/**
 * The owner lost the secret or its link, it was not them who opened it, or nobody did in time: from this moment its link
 * opens nothing, and a job removes the key in Entra and makes another. To anybody but the owner the registration does
 * not exist.
 */
export async function askForNewKey(
  world: World,
  asked: NewKeyAsked,
): Promise<{ begun: Registration } | NewKeyRefusal> {
  const { caller, id } = asked;
  const registration = await world.store.tables.registrations.get(id);
  if (!registration) return { refused: "unknown-registration" };
  const isOwner = caller.tenantId === world.settings.tenantId && registration.owner.userId === caller.userId;
  if (!isOwner) return refuseStranger(world, asked);
  const staff = await checkStaff(world, caller);
  if (staff === "unknown") return { refused: "directory-unreachable" };
  if (typeof staff === "object") return staff;

  const admins = asked.why === "not-me" ? await adminsWithoutChannel(world) : [];
  return world.store.inTransaction(async (tables) => {
    const held = await tables.registrations.hold(id);
    if (held?.owner.userId !== caller.userId) return { refused: "unknown-registration" };
    const underWay = await tables.newKeys.get(id);
    const current = (await tables.keys.of(id)).find(({ state }) => state === "current");
    const verdict = judgeNewKey(held, underWay, current?.keyId, asked);
    switch (verdict) {
      case "begin":
        await begin(tables, world, asked);
        break;
      case "alarm":
        if (underWay) await tables.newKeys.update({ ...underWay, why: asked.why });
        break;
      case "under-way":
        return { refused: "new-key-under-way", id };
      case "key-changed":
        return { refused: verdict, id };
      case "no-secret":
        return { refused: verdict, id };
      case "not-active":
        return { refused: "already-revoked", registration: held };
      default:
        return verdict satisfies never;
    }
    await tables.audit.append({
      at: world.clock.now(),
      who: caller.userId,
      what: "secret.replaced",
      surface: asked.surface,
      subject: id,
      outcome: asked.why,
      ...(current?.keyId && { detail: { keyId: current.keyId } }),
    });
    if (asked.why === "not-me") await sayNotMe(tables, world, held, admins);
    await tables.jobs.wake("deliver", id);
    return { begun: held };
  });
}

/** The key that works is given up, and the wish for another is written down, or neither is. */
async function begin(tables: Tables, world: World, { caller, id, why }: NewKeyAsked): Promise<void> {
  const at = world.clock.now();
  await tables.links.cancel({ requestId: id });
  for (const key of await tables.keys.of(id))
    if (key.state === "current") await tables.keys.update({ ...key, state: "abandoned", changedAt: at });
  await tables.registrations.keyEndsAt(id, undefined);
  const by = { userId: caller.userId, name: caller.name };
  await tables.newKeys.insert({ id, why, by, at, attempts: 0 });
  await tables.jobs.wake("new-key", id);
}

/** Somebody acted on a registration that is not theirs: they learn nothing of it, and the audit says so. */
async function refuseStranger(
  world: World,
  { caller, id, surface, why }: NewKeyAsked,
): Promise<{ refused: "unknown-registration" }> {
  await world.store.inTransaction((tables) =>
    tables.audit.append({
      at: world.clock.now(),
      who: caller.userId,
      what: "secret.replace-refused",
      surface,
      subject: id,
      outcome: "not-owner",
      detail: { why },
    }),
  );
  return { refused: "unknown-registration" };
}

/** Asks the directory, so it comes before the transaction. */
async function adminsWithoutChannel(world: World): Promise<UserId[]> {
  const channel = await world.store.tables.conversations.approvalsChannel();
  return channel ? [] : ((await adminsNow(world)) ?? []);
}

/** Somebody else may have the secret: those hear of it who can look what was done with it. */
async function sayNotMe(
  tables: Tables,
  world: World,
  { id, owner, plan }: Registration,
  admins: readonly UserId[],
): Promise<void> {
  const at = world.clock.now();
  const opened = (await tables.links.of(id)).findLast(({ state }) => state === "revealed");
  const message = {
    kind: "not-me",
    requestId: id,
    displayName: plan.displayName,
    system: plan.blueprint.title,
    owner,
    at: at.toISOString(),
    ...(opened?.state === "revealed" && { openedAt: opened.revealedAt.toISOString() }),
  } as const;
  const channel = await tables.conversations.approvalsChannel();
  const places = channel
    ? [{ kind: "conversation", conversationId: channel } as const]
    : admins.map((userId) => ({ kind: "personal", userId }) as const);
  for (const place of places) await tables.posts.add({ ...newPost(id, "note", at), place, message });
}
