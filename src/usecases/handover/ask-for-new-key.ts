import type { Surface } from "../../domain/audit.ts";
import type { RequestId, UserId } from "../../domain/ids.ts";
import { judgeNewKey, type NewKey, type NewKeyPress } from "../../domain/new-key.ts";
import type { Caller } from "../../domain/person.ts";
import { isOwnedBy, type Registration } from "../../domain/registration.ts";
import type { Actor } from "../../domain/request.ts";
import { adminsNow } from "../approval/tell-admins.ts";
import { checkStaff } from "../intake/staff.ts";
import type { Tables } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import type { Message } from "../telling/messages.ts";
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
  const isOwner = caller.tenantId === world.settings.tenantId && isOwnedBy(registration, caller);
  if (!isOwner) return refuseStranger(world, asked);
  const staff = await checkStaff(world, caller);
  if (staff === "unknown") return { refused: "directory-unreachable" };
  if (typeof staff === "object") return staff;

  const admins = asked.why === "not-me" ? await adminsWithoutChannel(world) : [];
  return world.store.inTransaction(async (tables) => {
    const held = await tables.registrations.hold(id);
    if (!held || !isOwnedBy(held, caller)) return { refused: "unknown-registration" };
    const underWay = await tables.newKeys.get(id);
    const keys = await tables.keys.of(id);
    const current = keys.find(({ state }) => state === "current");
    // Whoever else has the one before may use it too: both are given up then, whichever the card showed.
    const isRetiring = keys.some(({ state, keyId }) => state === "retiring" && keyId === asked.keyId);
    if (asked.keyId === undefined && (await isSaidAgain(tables, world, asked, current?.keyId)))
      return { refused: "key-changed", id };
    const { keyId: _shown, ...whichever } = asked;
    const press = asked.why === "not-me" && isRetiring ? whichever : asked;
    const verdict = judgeNewKey(held, underWay, current?.keyId, press);
    switch (verdict) {
      case "begin":
        await beginNewKey(tables, world, asked, underWay);
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
    if (asked.why === "not-me") await sayNotMe(tables, world, held, current?.keyId, admins);
    await tables.jobs.wake("deliver", id);
    return { begun: held };
  });
}

/**
 * A command names no key, so one that is said again and again would take back what it brought a moment ago. An alarm
 * that was not raised yet is none that was said before.
 */
async function isSaidAgain(
  tables: Tables,
  { clock }: World,
  { id, why }: NewKeyAsked,
  keyId: string | undefined,
): Promise<boolean> {
  const isRecent = (at: string) => clock.now().getTime() - Date.parse(at) < justCameMs;
  const isAlarm = (message: Message | undefined) => message?.kind === "not-me" && isRecent(message.at);
  if (why === "not-me" && !(await tables.posts.of(id)).some(({ message }) => isAlarm(message))) return false;
  const links = await tables.links.of(id);
  const newest = links.find((link) => link.state === "sealed" && link.keyId === keyId);
  const isFirst = links.every((link) => link === newest);
  return newest !== undefined && !isFirst && clock.now().getTime() - newest.madeAt.getTime() < justCameMs;
}
const justCameMs = 10 * 60_000;

/**
 * The key that works is given up, and the wish for another is written down, or neither is. What works beside it during
 * a rotation goes on until its end, unless it may be in the wrong hands too.
 */
export async function beginNewKey(
  tables: Tables,
  world: World,
  { caller, id, why }: Pick<NewKeyAsked, "id" | "why"> & { caller: Actor },
  underWay: NewKey | undefined,
): Promise<void> {
  const at = world.clock.now();
  // Whoever makes a key beside the old one has lost.
  if (underWay) await tables.steps.takeOver(id);
  await tables.links.cancel({ requestId: id });
  const given = why === "not-me" ? ["current", "retiring"] : ["current"];
  let endsAt: Date | undefined;
  for (const key of await tables.keys.of(id)) {
    if (given.includes(key.state)) await tables.keys.update({ ...key, state: "abandoned", changedAt: at });
    else if (key.state === "retiring") endsAt = key.expiresAt;
  }
  await tables.registrations.keyEndsAt(id, endsAt);
  if (!endsAt) await tables.duties.remove(id, "overlap");
  const by = { userId: caller.userId, name: caller.name };
  const newKey = { id, why, by, at, attempts: 0 };
  if (underWay) await tables.newKeys.update(newKey);
  else await tables.newKeys.insert(newKey);
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
  keyId: string | undefined,
  admins: readonly UserId[],
): Promise<void> {
  const at = world.clock.now();
  // Of that key only: an opening of one before it was somebody's of that time.
  const links = await tables.links.of(id);
  const opened = links.findLast((link) => link.state === "revealed" && link.keyId === keyId);
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
