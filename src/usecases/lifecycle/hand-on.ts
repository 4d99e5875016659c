import type { RequestId } from "../../domain/ids.ts";
import type { Registration } from "../../domain/registration.ts";
import type { Actor } from "../../domain/request.ts";
import { beginNewKey } from "../handover/ask-for-new-key.ts";
import { receiverOf } from "../handover/carry-out-new-key.ts";
import type { Tables } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import { newPost } from "../telling/new-post.ts";
import type { ExpiryData } from "./keep-expiry.ts";

type Owners = Pick<Registration, "owner" | "coOwner">;

/** What becomes of the secret, for those who are told. */
type SecretHandedOn = {
  /** Nobody had opened that one: it is given up, and a new one is on its way to whoever comes or stays. */
  isNewSecretMade?: true;
  /** One was being made already, for whatever reason, and goes to whoever comes or stays. */
  isNewSecretUnderWay?: true;
  /** One that works was opened, so whoever had it goes on having it. */
  hasSecret?: true;
};

/**
 * In the transaction in which an owner goes, after `owners` were written down: a link that they have not opened is
 * cancelled, and whoever comes or stays gets a secret of their own. What is being made goes to them too, and what the
 * one who goes knew, nobody else is taken to know.
 */
export async function handOn(
  tables: Tables,
  world: World,
  { id }: Registration,
  { from, to, owners }: { from: Actor; to: Actor; owners: Owners },
): Promise<SecretHandedOn> {
  await forgetThatTheyKnew(tables, id, from);
  const made = await secretHandedOn(tables, world, id, { from, to, owners });
  const hasSecret = (await tables.keys.of(id)).some(
    ({ state }) => state === "current" || state === "retiring",
  );
  return { ...made, ...(hasSecret && { hasSecret }) };
}

async function secretHandedOn(
  tables: Tables,
  world: World,
  id: RequestId,
  { from, to, owners }: { from: Actor; to: Actor; owners: Owners },
): Promise<SecretHandedOn> {
  const underWay = await tables.newKeys.get(id);
  if (underWay) {
    const by = underWay.by.userId === from.userId ? to : underWay.by;
    if (by === to) await tables.newKeys.update({ ...underWay, by });
    return receiverOf(owners, by).userId === to.userId ? { isNewSecretUnderWay: true } : {};
  }
  const isTheirs = (await tables.links.of(id)).some(
    ({ state, requester, openedBy }) => state === "sealed" && requester === from.userId && !openedBy,
  );
  if (!isTheirs) {
    await showRotation(tables, id, to, world.clock.now());
    return {};
  }
  // Its key is known to nobody, so it is given up with it.
  await beginNewKey(tables, world, { id, caller: to, why: "lost" }, undefined);
  return { isNewSecretMade: true };
}

/** Where two secrets work, the new owner has the card on which the old one is given up too. */
async function showRotation(tables: Tables, id: RequestId, to: Actor, at: Date): Promise<void> {
  const keys = await tables.keys.of(id);
  const current = keys.find(({ state }) => state === "current")?.keyId;
  if (current === undefined || !keys.some(({ state }) => state === "retiring")) return;
  const place = { kind: "personal", userId: to.userId, copy: current } as const;
  await tables.posts.add({ ...newPost(id, "rotation", at), place });
}

/** Whoever went said that they know when its credential ends; whoever comes or stays hears of it again. */
async function forgetThatTheyKnew(tables: Tables, id: RequestId, { userId, name }: Actor): Promise<void> {
  const duty = (await tables.duties.of(id)).find(({ kind }) => kind === "expiry");
  if (!duty) return;
  const { known, knownAt: _at, knownBy, ...data }: Partial<ExpiryData> = duty.data;
  // Of what was written down before the id was, there is the name only.
  const isTheirs = known !== undefined && (knownBy === undefined ? known === name : knownBy === userId);
  if (isTheirs) await tables.duties.set({ ...duty, data });
}
