import type { Finding } from "../../domain/finding.ts";
import type { RequestId } from "../../domain/ids.ts";
import type { WhyGone } from "../../domain/leavers.ts";
import type { NewKey } from "../../domain/new-key.ts";
import type { OwnershipOffer } from "../../domain/ownership.ts";
import type { Rank, RankedPermission, RankedRole } from "../../domain/permission.ts";
import type { Registration } from "../../domain/registration.ts";
import type { Actor } from "../../domain/request.ts";
import type { EntraOwner } from "../ports/ownership.ts";
import type { LinkView } from "./request-views.ts";

/** How the secret of a registration stands. Never what is in its link. */
export type SecretView = {
  /** Entra's id of the key that works; left out while none does. */
  keyId?: string;
  /** The link to that key, or else the last one that there was. */
  link?: LinkView;
  /** One that is being made. */
  newKey?: NewKey;
  /** The one before, which works beside it for a while. */
  retiring?: RetiringView;
};

export type RetiringView = {
  keyId: string;
  endsAt: Date;
  /** Nobody has the new one yet: until then the old one stays. */
  isUnopened: boolean;
  /** Since when Entra has seen the new one in use, and when it last saw the old one; left out where it does not tell. */
  newUsedAt?: Date;
  oldUsedAt?: Date;
};

/** A new secret beside the old one, for whoever asked for it and for its owners. Never what is in its link. */
export type RotationView = {
  requestId: RequestId;
  displayName: string;
  owner: Actor;
  /** The key that is meant: what a press on it names. */
  keyId?: string;
  /** Whoever reads it owns it no longer. */
  isGivenAway?: true;
} & (
  | { state: "making"; newKey: NewKey }
  | { state: "overlap"; retiring: RetiringView }
  /** The old one is gone. */
  | { state: "over" }
  /** The new one is gone: it was cancelled, lost, or followed by another. */
  | { state: "gone" }
);

/** That the credential of a registration ends. */
export type ExpiryView = {
  registration: Registration;
  /** The end that was told of. */
  endsAt: Date;
  /** Days of the calendar that were left when it was said. */
  daysLeft: number;
  /** `replaced`: another credential counts by now, or none works. */
  stands: "ends" | "ended" | "replaced";
  isBeingReplaced?: true;
  /** An owner has said that they know. */
  known?: { by: string; at: Date };
  /** Its owner reads it; otherwise the approvers. */
  isForOwner: boolean;
  /** A newer card tells how it stands. */
  isOld: boolean;
  /** Whoever reads it owns it no longer. */
  isGivenAway?: true;
};

/** The question whether a registration is still needed, or to the approvers that nobody answers it. */
export type NeedView = {
  registration: Registration;
  /** The day on which its owners were asked first. */
  askedOn: Date;
  confirmed?: { by: string; at: Date };
  isForOwner: boolean;
  isOld: boolean;
};

/** An offer to own a registration, as its reader may see it. */
export type OwnershipView = {
  offer: OwnershipOffer;
  registration: Registration;
  rank: Rank;
  permissions: RankedPermission[];
  roles: RankedRole[];
  /** `person`: whom it is offered to. `owner`: who offered it, or owns it. */
  reader: "person" | "owner" | "approver";
  /** Where approvers see it that waits for them. */
  hasApprovalsChannel: boolean;
  /** Who offered it was gone when Usher looked at the owners last. */
  askerGone?: { name: string; why: WhyGone };
  entraOwner?: EntraOwner;
};

/** A registration whose owners are all gone, to the approvers. */
export type UnownedView = {
  registration: Registration;
  /** As far as it is so by now. */
  gone: { name: string; why: WhyGone }[];
  /** Somebody is asked to own it, and has not answered or waits for an approver. */
  open?: OwnershipOffer;
  /** Usher asked them before, and nothing came of it. */
  asked?: OwnershipOffer;
  needsApprover: boolean;
  isOld: boolean;
};

/** A registration that has one owner where policy wants two. */
export type SecondOwnerView = {
  registration: Registration;
  isStillWanted: boolean;
  open?: OwnershipOffer;
  isForOwner: boolean;
  isOld: boolean;
};

/** In what a registration differs from its approved plan. */
export type DriftView = {
  registration: Registration;
  /** As they are now, most dangerous first; a permission or role with what Usher knows of it. */
  findings: (Finding & { ranked?: Pick<RankedPermission, "rank" | "sentence"> })[];
  /** What people were told of and need decide no more; what was accepted and stands so among it. */
  ended: Finding[];
  /** Seen once: Entra may have shown an older state, so it is looked at again before anybody decides. */
  unsure: Finding[];
  /** When Usher looked last; it has not yet where it is left out. */
  lookedAt?: Date;
  /** Where an administrator sees it in Entra. */
  portal?: string;
  /** Its owner reads it: others decide. */
  isForOwner: boolean;
  /** A newer card tells how it stands. */
  isOld: boolean;
};
