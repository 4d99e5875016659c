import type { ApplicationObjectId, ClientId, RequestId, ServicePrincipalId } from "./ids.ts";
import type { Plan } from "./plan.ts";
import type { Actor } from "./request.ts";

type Made = {
  /** One request makes one registration, so they share a name that people can say. */
  id: RequestId;
  owner: Actor;
  /** May do all that the owner may. */
  coOwner?: Actor;
  plan: Plan;
  clientId: ClientId;
  applicationObjectId: ApplicationObjectId;
  servicePrincipalId: ServicePrincipalId;
  createdAt: Date;
  /** When its secret or certificate stops working; a federated credential has no end. */
  expiresAt?: Date;
  /** It was found deleted in Entra, by somebody else than Usher. */
  goneSince?: Date;
  /** When somebody began to bring it back: Entra may see that as late as something new. */
  restoredAt?: Date;
};

/** So often each registration is compared with its plan. */
export const checkEveryMs = 24 * 3_600_000;

/**
 * `revoking`: somebody confirmed, and Usher is taking it apart; it ends as `revoked` however often it is interrupted.
 * `restoring`: likewise back to `active`. `removed`: Entra keeps nothing of it any more.
 */
export type Registration = Made &
  (
    | { state: "active" }
    | { state: "revoking"; revokedBy: Actor }
    | { state: "revoked"; revokedBy: Actor; revokedAt: Date }
    | { state: "restoring"; revokedBy: Actor; revokedAt: Date; restoredBy: Actor; restoredAt: Date }
    | { state: "removed"; revokedBy: Actor; revokedAt: Date }
  );

/** Who it belongs to, the first one first. */
export const ownersOf = ({ owner, coOwner }: Pick<Made, "owner" | "coOwner">): Actor[] =>
  coOwner ? [owner, coOwner] : [owner];

export const isOwnedBy = (registration: Pick<Made, "owner" | "coOwner">, { userId }: Pick<Actor, "userId">) =>
  ownersOf(registration).some((owner) => owner.userId === userId);

/** Entra keeps a soft-deleted application for 30 days. */
const restorableDays = 30;

export function restorableUntil(revokedAt: Date): Date {
  return new Date(revokedAt.getTime() + restorableDays * 86_400_000);
}

/** Since when it may not be seen everywhere in Entra. */
export const newSince = ({ createdAt, restoredAt }: Pick<Made, "createdAt" | "restoredAt">): Date =>
  restoredAt ?? createdAt;

/** The end of a life counted in calendar months; the last of a month stays the last (31 January + 1 = 28 February). */
export function monthsLater(from: Date, months: number): Date {
  const end = new Date(from);
  end.setUTCMonth(end.getUTCMonth() + months);
  if (end.getUTCDate() !== from.getUTCDate()) end.setUTCDate(0);
  return end;
}
