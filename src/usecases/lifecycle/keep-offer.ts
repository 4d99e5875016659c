import { isOpenOffer, offerDays } from "../../domain/ownership.ts";
import { adminsNow } from "../approval/tell-admins.ts";
import type { KeepDuty } from "./keep-duties.ts";
import { daysLater, endOffer, showOffer } from "./offer-ownership.ts";
import { tell, tellOwners, toldOf } from "./tell-owners.ts";

/** Ends an offer that nobody has answered; before that, the approvers are reminded once of one that waits for them. */
export const keepOffer: KeepDuty = async (world, seen, now) => {
  const channel = await world.store.tables.conversations.approvalsChannel();
  const admins = channel ? [] : ((await adminsNow(world)) ?? []);
  await world.store.inTransaction(async (tables) => {
    const { id } = seen;
    const held = await tables.registrations.hold(id);
    // Held before it is read: who answers at this moment comes before or after.
    const duty = (await tables.duties.of(id)).find(({ kind }) => kind === "offer");
    if (!held || !duty || duty.dueAt.getTime() !== seen.dueAt.getTime()) return;
    const offer = await tables.ownership.get(duty.data.offer ?? "");
    if (!offer || !isOpenOffer(offer)) return void (await tables.duties.move(duty, undefined));
    const endsAt = daysLater(offer.changedAt, offerDays);
    if (offer.state === "accepted" && !duty.data.reminded && endsAt > now) {
      const data = { ...duty.data, reminded: "true" };
      if (!(await tables.duties.move(duty, { ...duty, dueAt: endsAt, data }))) return;
      // A card of its own, so that people are notified.
      const again = { ...offer, id: `${offer.id} again` };
      if (channel) await showOffer(tables, again, { kind: "conversation", conversationId: channel }, now);
      else for (const userId of admins) await showOffer(tables, again, { kind: "personal", userId }, now);
      return tables.jobs.wake("deliver", id);
    }
    if (!(await endOffer(tables, offer, { state: "expired", by: "usher" }, now))) return;
    await tellOwners(tables, held, offer, { outcome: "expired" }, now);
    if (offer.state === "accepted")
      await tell(tables, id, [offer.to], toldOf(held, offer, { outcome: "expired" }), now);
  });
};
