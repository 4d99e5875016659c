import type { Registration } from "../../domain/registration.ts";
import { nextLook, warnAt } from "../../domain/rotation.ts";
import type { Duty } from "../ports/duties.ts";
import type { KeyRow } from "../ports/registrations.ts";
import type { Tables } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import { keysNow, tellOwners } from "./overlap.ts";

/** While nobody has the new secret the old one stays, and Usher looks again after so long. */
const againMs = 3_600_000;
const dayMs = 86_400_000;

/**
 * Looks each day which secret is in use, where Entra tells; warns a day before the end of the overlap; and at its end
 * gives up the old secret, unless nobody has the new one by then. The sweep removes it in Entra.
 */
export async function keepOverlap(world: World, duty: Duty, now: Date): Promise<void> {
  const { id } = duty;
  const used = await usedSince(world, duty);
  await world.store.inTransaction(async (tables) => {
    const registration = await tables.registrations.hold(id);
    const old = (await tables.keys.of(id)).find(({ state }) => state === "retiring");
    if (registration?.state !== "active" || !old) {
      await tables.duties.move(duty, undefined);
      return;
    }
    const stands = await keysNow(tables, id);
    const newest = (await tables.links.of(id)).findLast(({ keyId }) => keyId === stands.current);
    // The link was cancelled as a backup was restored: whether somebody has the new one only they know.
    const isUnopened = stands.isUnopened || newest?.state === "cancelled";
    const isReady = stands.current !== undefined && !stands.underWay && !isUnopened;
    const { isWarnedOf, ...rest } = duty.data;
    const isWarning = isWarnedOf !== undefined && now >= warnAt(endOf(duty));
    // After an outage the warning comes late: there is a day after it all the same.
    const endsAt = isWarning ? later(endOf(duty), new Date(now.getTime() + dayMs)) : endOf(duty);
    if (now >= endsAt && isReady) {
      if (await tables.duties.move(duty, undefined)) await end(tables, registration, old, now);
      return;
    }
    const data = { ...(isWarning ? rest : duty.data), ...used, endsAt: endsAt.toISOString() };
    const stillWarns = isWarnedOf !== undefined && !isWarning;
    const dueAt = now >= endsAt ? new Date(now.getTime() + againMs) : nextLook(now, endsAt, !stillWarns);
    if (!(await tables.duties.move(duty, { ...duty, dueAt, data }))) return;
    await tables.jobs.wake("deliver", id);
    if (!isWarning) return;
    await tellOwners(tables, registration, now, {
      kind: "overlap-ends",
      requestId: id,
      displayName: registration.plan.displayName,
      keyId: stands.current ?? "",
      ...data,
      ...(!isReady && { isUnopened: true }),
    });
  });
}

const endOf = ({ data }: Duty) => new Date(data.endsAt ?? 0);
const later = (a: Date, b: Date) => (a > b ? a : b);

async function end(tables: Tables, registration: Registration, old: KeyRow, now: Date): Promise<void> {
  const { id, plan } = registration;
  await tables.keys.update({ ...old, state: "abandoned", changedAt: now });
  await tables.audit.append({
    at: now,
    who: "usher",
    what: "secret.rotate",
    surface: "system",
    subject: id,
    outcome: "ended",
    detail: { removed: old.keyId ?? "" },
  });
  const { displayName } = plan;
  await tellOwners(tables, registration, now, {
    kind: "rotation-over",
    requestId: id,
    displayName,
    why: "ended",
  });
}

/** When Entra last saw each of the two, where it tells. The new one counts from the moment in which it was shown. */
async function usedSince(
  { store: { tables }, signIns }: World,
  { id, data }: Duty,
): Promise<{ newUsedAt?: string; oldUsedAt?: string }> {
  const [registration, keys, links] = await Promise.all([
    tables.registrations.get(id),
    tables.keys.of(id),
    tables.links.of(id),
  ]);
  const old = keys.find(({ state }) => state === "retiring")?.keyId;
  const current = keys.find(({ state }) => state === "current")?.keyId;
  const shown = links.findLast((link) => link.keyId === current && link.state === "revealed");
  if (registration?.state !== "active" || !old || shown?.state !== "revealed") return {};
  // Usher signs in with a new secret too, to prove it, before anybody is shown it.
  const lastUsed = await signIns.lastByKey(registration.clientId, shown.revealedAt);
  const newUsedAt = current === undefined ? undefined : lastUsed?.get(current);
  const oldUsedAt = lastUsed?.get(old);
  return {
    // The first time that it was seen is since when it is in use.
    ...(newUsedAt && { newUsedAt: data.newUsedAt ?? newUsedAt.toISOString() }),
    ...(oldUsedAt && { oldUsedAt: oldUsedAt.toISOString() }),
  };
}
