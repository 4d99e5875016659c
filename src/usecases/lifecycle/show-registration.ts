import { isReported, type WhyStopped } from "../../domain/finding.ts";
import type { OwnershipOffer } from "../../domain/ownership.ts";
import type { Caller } from "../../domain/person.ts";
import { isOwnedBy, type Registration } from "../../domain/registration.ts";
import type { Request } from "../../domain/request.ts";
import { isApproverOrAdmin } from "../approval/authority.ts";
import { stoppedOutside } from "../drift/why-stopped.ts";
import { DirectoryFailure } from "../ports/entra.ts";
import type { EntraOwner } from "../ports/ownership.ts";
import type { World } from "../ports/world.ts";
import type { SecretView } from "../telling/registration-views.ts";
import { secretView } from "../telling/request-view.ts";
import { findRegistration, type NamedRefusal } from "./registrations-named.ts";

/** Who looks at a registration, and so may act on it. */
export type Viewer = { isOwner: boolean; isApproverOrAdmin: boolean };

/** One registration as it stands, for somebody who may see it. */
export type RegistrationView = {
  registration: Registration;
  viewer: Viewer;
  now: Date;
  request?: Request;
  secret?: SecretView;
  stops?: WhyStopped;
  /** In how many things it differs from what was approved. */
  differs: number;
  /** Somebody is asked to own it. */
  offer?: OwnershipOffer;
  entraOwner?: EntraOwner;
};

/** To whoever neither owns it nor is an approver or an admin it does not exist. */
export async function showRegistration(
  world: World,
  caller: Caller,
  named: string,
): Promise<{ view: RegistrationView } | NamedRefusal> {
  const found = await findRegistration(world, caller, named);
  if ("refused" in found) return found;
  const { registration } = found;
  const { tables } = world.store;
  let decides: boolean;
  try {
    decides = await isApproverOrAdmin(world, caller);
  } catch (error) {
    if (!(error instanceof DirectoryFailure)) throw error;
    return { refused: "directory-unreachable" };
  }
  const [request, secret, stops, findings, offer, entraOwner] = await Promise.all([
    tables.requests.get(registration.id),
    secretView(tables, registration),
    stoppedOutside(tables, [registration]),
    tables.drifts.of(registration.id),
    tables.ownership.open(registration.id),
    tables.entraOwners.get(registration.id),
  ]);
  const why = stops.get(registration.id);
  return {
    view: {
      registration,
      viewer: { isOwner: isOwnedBy(registration, caller), isApproverOrAdmin: decides },
      now: world.clock.now(),
      ...(request && { request }),
      ...secret,
      ...(why && { stops: why }),
      ...(offer && { offer }),
      ...(entraOwner && { entraOwner }),
      differs: registration.state === "active" ? findings.filter(isReported).length : 0,
    },
  };
}
