import type { KeepDuty } from "./keep-duties.ts";

/** Thirty days after it was revoked Entra keeps nothing of it, so there is nothing to bring back. */
export const keepPurge: KeepDuty = async ({ store }, duty, now) => {
  const { id } = duty;
  await store.inTransaction(async (tables) => {
    const registration = await tables.registrations.hold(id);
    if (!(await tables.duties.move(duty, undefined))) return;
    if (registration?.state !== "revoked") return;
    if (!(await tables.registrations.change(registration, { ...registration, state: "removed" }))) return;
    // Nothing is due about it any more.
    for (const { kind } of await tables.duties.of(id)) await tables.duties.remove(id, kind);
    await tables.duties.remove(id, "owners");
    await tables.audit.append({
      at: now,
      who: "usher",
      what: "registration.removed",
      surface: "system",
      subject: id,
      outcome: "removed",
      detail: { clientId: registration.clientId },
    });
    await tables.jobs.wake("deliver", id);
  });
};
