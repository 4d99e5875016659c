import type { RequestId } from "../../domain/ids.ts";
import type { OwnershipOffer } from "../../domain/ownership.ts";
import type { Actor } from "../../domain/request.ts";

/** Offers to own registrations; those that have ended stay. */
export interface OwnershipOffers {
  /** False when one is open for the registration. */
  insert(offer: OwnershipOffer): Promise<boolean>;
  get(id: string): Promise<OwnershipOffer | undefined>;
  /** The one of a registration that still waits for somebody. */
  open(registrationId: RequestId): Promise<OwnershipOffer | undefined>;
  /** All of a registration, oldest first. */
  of(registrationId: RequestId): Promise<OwnershipOffer[]>;
  /** Writes only while it is in the state that was seen; false when another process has changed it since. */
  change(seen: OwnershipOffer, to: OwnershipOffer): Promise<boolean>;
  /** Those that wait for an approver, oldest first. */
  waiting(limit: number): Promise<OwnershipOffer[]>;
}

/**
 * Whom Entra names as an owner beside Usher, while that is another than Usher's records say. `changing`: Usher brings it
 * in line. `left`: it has no right to, or could not, and an administrator can.
 */
export type EntraOwner = {
  registrationId: RequestId;
  named: Actor;
  /** Whom Entra may name too: Usher has added them on the way, or was about to when it ended. */
  others?: readonly Actor[];
  state: "changing" | "left";
  attempts: number;
  nextAttemptAt?: Date;
  /** Why it could not be changed, for people. */
  note?: string;
};

/** Everybody whom Entra may name but the one who owns it: they are all to go. */
export const namedBeside = ({ named, others = [] }: EntraOwner, owner: Pick<Actor, "userId">): Actor[] =>
  [named, ...others].filter(({ userId }) => userId !== owner.userId);

/** One for each registration at most; none where Entra and Usher agree. */
export interface EntraOwners {
  get(registrationId: RequestId): Promise<EntraOwner | undefined>;
  set(entraOwner: EntraOwner): Promise<void>;
  remove(registrationId: RequestId): Promise<void>;
  /** Those to be changed whose next attempt is due. */
  due(now: Date): Promise<RequestId[]>;
}
