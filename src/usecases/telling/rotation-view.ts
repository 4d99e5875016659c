import type { Registration } from "../../domain/registration.ts";
import type { Tables } from "../ports/store.ts";
import type { RetiringView, RotationView } from "./registration-views.ts";

/** How a rotation stands: the one that led to this key, or else the newest. */
export async function rotationView(
  tables: Tables,
  registration: Registration,
  keyId?: string,
): Promise<RotationView> {
  const { id, plan, owner } = registration;
  const [keys, newKey] = await Promise.all([tables.keys.of(id), tables.newKeys.get(id)]);
  const current = keys.find(({ state }) => state === "current")?.keyId;
  const of = keyId ?? current;
  const about = { requestId: id, displayName: plan.displayName, owner, ...(of && { keyId: of }) };
  if (keyId === undefined && newKey) return { ...about, state: "making", newKey };
  const isStanding = registration.state === "active" && of === current && !newKey;
  const retiring = isStanding ? await retiringView(tables, registration) : undefined;
  if (retiring) return { ...about, state: "overlap", retiring };
  const hasCome = keys.some((key) => key.keyId === of && ["current", "retiring"].includes(key.state));
  return { ...about, state: hasCome ? "over" : "gone" };
}

/** The secret from before a rotation, while it works beside the new one. */
export async function retiringView(
  { keys, duties, links }: Pick<Tables, "keys" | "duties" | "links">,
  { id }: Registration,
): Promise<RetiringView | undefined> {
  const [all, due, allLinks] = await Promise.all([keys.of(id), duties.of(id), links.of(id)]);
  const old = all.find(({ state }) => state === "retiring");
  if (!old) return undefined;
  const current = all.find(({ state }) => state === "current")?.keyId;
  const isUnopened = allLinks.findLast(({ keyId }) => keyId === current)?.state === "sealed";
  const { endsAt, newUsedAt, oldUsedAt } = due.find(({ kind }) => kind === "overlap")?.data ?? {};
  return {
    keyId: old.keyId ?? "",
    endsAt: endsAt === undefined ? old.expiresAt : new Date(endsAt),
    isUnopened: current === undefined || isUnopened,
    ...(newUsedAt !== undefined && { newUsedAt: new Date(newUsedAt) }),
    ...(oldUsedAt !== undefined && { oldUsedAt: new Date(oldUsedAt) }),
  };
}
