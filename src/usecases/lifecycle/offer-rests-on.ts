import type { RequestId } from "../../domain/ids.ts";
import { isOpenOffer, type OwnershipOffer } from "../../domain/ownership.ts";
import { ownersOf, type Registration } from "../../domain/registration.ts";
import type { Actor } from "../../domain/request.ts";
import { checkStaff } from "../intake/staff.ts";
import { DirectoryFailure } from "../ports/entra.ts";
import type { Tables } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import { newPost } from "../telling/new-post.ts";
import type { FoundOffer } from "./hold-offer.ts";
import { lookUpOwners } from "./look-up-owners.ts";
import { endOffer, lookAtOwnersNow } from "./offer-ownership.ts";
import { tell, toldOf } from "./tell-owners.ts";

/** Somebody can be counted on: they hand it over themselves. */
export type HasOwner = { refused: "has-owner"; id: RequestId };
/** Whoever made the offer has left since. */
export type AskerGone = { refused: "asker-gone"; id: RequestId; name: string };

/** On what an offer no longer rests. */
export type Fallen = { refusal: HasOwner; owner: Actor } | { refusal: AskerGone };

/**
 * Whether what an offer rests on is so at this moment: what is taken over has no owner who is there, and whoever offers
 * it is still on the staff. The look of the day may be a day old.
 */
export async function lookWhatItRestsOn(
  world: World,
  { offer, registration }: FoundOffer,
): Promise<"stands" | Fallen | { refused: "directory-unreachable" }> {
  if (registration.state !== "active" || !isOpenOffer(offer)) return "stands";
  const { by, from, kind } = offer;
  const isTakenOver = kind === "take-over";
  if (isTakenOver) {
    const owner = await ownerThere(world, registration);
    if (owner === "unknown") return { refused: "directory-unreachable" };
    if (owner) return { refusal: { refused: "has-owner", id: registration.id }, owner };
  }
  // In whose place somebody comes who takes over has left, which is why.
  const askers = [...(by === "usher" ? [] : [by]), ...(from && !isTakenOver ? [from] : [])];
  for (const asker of askers) {
    const staff = await checkStaff(world, { ...asker, tenantId: world.settings.tenantId });
    if (staff === "unknown") return { refused: "directory-unreachable" };
    if (staff !== "staff")
      return { refusal: { refused: "asker-gone", id: registration.id, name: asker.name } };
  }
  return "stands";
}

/** An owner who can be counted on at this moment. */
export async function ownerThere(
  world: World,
  registration: Registration,
): Promise<Actor | "unknown" | undefined> {
  try {
    const gone = (await lookUpOwners(world, [registration]))(registration);
    return ownersOf(registration).find(({ userId }) => !gone.has(userId));
  } catch (error) {
    if (!(error instanceof DirectoryFailure)) throw error;
    world.log.warn({ err: error }, "it could not be looked up whether somebody owns a registration");
    return "unknown";
  }
}

/** Ends it in the caller's transaction, which holds the registration; what is next follows from a look at its owners. */
export async function endFallen(
  tables: Tables,
  held: Registration,
  offer: OwnershipOffer,
  fallen: Fallen,
  at: Date,
): Promise<HasOwner | AskerGone | "passed"> {
  const { id, plan } = held;
  if (!(await endOffer(tables, offer, { state: "withdrawn", by: "usher" }, at))) return "passed";
  await lookAtOwnersNow(tables, id, at);
  const people = [offer.to, ...(offer.by === "usher" ? [] : [offer.by])];
  if ("owner" in fallen) {
    const { owner } = fallen;
    const message = { kind: "owner-back", requestId: id, displayName: plan.displayName, owner } as const;
    for (const userId of new Set(people.map((each) => each.userId)))
      await tables.posts.add({
        ...newPost(id, "note", at),
        place: { kind: "personal", userId },
        message,
      });
    await tables.jobs.wake("deliver", id);
  } else await tell(tables, id, [offer.to], toldOf(held, offer, { outcome: "withdrawn" }), at);
  return fallen.refusal;
}
