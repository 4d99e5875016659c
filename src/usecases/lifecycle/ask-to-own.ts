import type { Surface } from "../../domain/audit.ts";
import type { RequestId } from "../../domain/ids.ts";
import { mayOffer, type OfferVerdict, type OwnershipOffer } from "../../domain/ownership.ts";
import type { Caller } from "../../domain/person.ts";
import { isOwnedBy, type Registration } from "../../domain/registration.ts";
import type { Actor } from "../../domain/request.ts";
import type { World } from "../ports/world.ts";
import type { OwnershipView } from "../telling/registration-views.ts";
import { offerOwnership } from "./offer-ownership.ts";
import { ownershipView } from "./ownership-view.ts";
import { type CannotOwn, type PersonNamed, personToOwn } from "./person-to-own.ts";
import { findRegistration, type NamedRefusal } from "./registrations-named.ts";

export type AskRefusal =
  | NamedRefusal
  | CannotOwn
  | { refused: "not-yours-to-give"; id: RequestId }
  | { refused: "already-revoked"; registration: Registration }
  | { refused: "owner-already"; id: RequestId; name: string }
  | { refused: "two-owners"; id: RequestId };

/** `named`: its request id, client id or name. `kind`: beside the one who asks, or in their place. */
export type OwnershipAsked = {
  caller: Caller;
  named: string;
  kind: "co-owner" | "transfer";
  person: PersonNamed;
  surface: Surface;
};

/** The registration of that name, if the caller owns it. Whoever else may see it is told that they do not. */
export async function findOwn(
  world: World,
  { caller, named, surface }: Pick<OwnershipAsked, "caller" | "named" | "surface">,
): Promise<{ registration: Registration } | AskRefusal> {
  const found = await findRegistration(world, caller, named);
  if ("registration" in found && isOwnedBy(found.registration, caller)) return found;
  const [meant] = "registration" in found ? [found.registration] : await strangersFind(world, found, named);
  if (meant) await auditOwnershipRefusal(world, caller, meant.id, surface, "not-owner");
  return "refused" in found ? found : { refused: "not-yours-to-give", id: found.registration.id };
}

/** What there is of that name, whosever it is: only the audit hears of it. */
const strangersFind = (world: World, { refused }: NamedRefusal, named: string) =>
  refused === "unknown-registration" ? world.store.tables.registrations.find(named) : [];

/** An owner asks a colleague to own it too, or in their place. Nothing changes before the colleague says yes. */
export async function askToOwn(
  world: World,
  asked: OwnershipAsked,
): Promise<{ offered: OwnershipView } | { open: OwnershipView } | AskRefusal> {
  const found = await findOwn(world, asked);
  if ("refused" in found) return found;
  const { caller, kind, surface } = asked;
  const { id } = found.registration;
  const looked = await personToOwn(world, asked.person, found.registration);
  if ("refused" in looked) return looked;
  const { person: to } = looked;
  const by: Actor = { userId: caller.userId, name: caller.name };
  type Outcome = AskRefusal | { offer: OwnershipOffer; held: Registration; isNew: boolean };
  const outcome = await world.store.inTransaction(async (tables): Promise<Outcome> => {
    const held = await tables.registrations.hold(id);
    if (!held || !isOwnedBy(held, caller)) return { refused: "unknown-registration" };
    const offered = { kind, to, by, ...(kind === "transfer" && { from: by }) };
    const verdict = mayOffer(held, offered);
    if (verdict !== "may") return refusalOf(held, verdict, to);
    const open = await tables.ownership.open(id);
    if (open) return { offer: open, held, isNew: false };
    const offer = await offerOwnership(tables, held, { ...offered, surface }, world.clock.now());
    return offer ? { offer, held, isNew: true } : { refused: "unknown-registration" };
  });
  if ("refused" in outcome) return outcome;
  const view = await ownershipView(world, outcome.offer, outcome.held, "owner");
  return outcome.isNew ? { offered: view } : { open: view };
}

/** Why nobody is asked, in the words of a refusal. */
function refusalOf(registration: Registration, verdict: Exclude<OfferVerdict, "may">, to: Actor): AskRefusal {
  const { id } = registration;
  switch (verdict) {
    case "not-active":
      return { refused: "already-revoked", registration };
    case "owner-already":
      return { refused: verdict, id, name: to.name };
    case "two-owners":
      return { refused: verdict, id };
    case "not-owner":
      return { refused: "not-yours-to-give", id };
    default:
      return verdict satisfies never;
  }
}

/** Somebody wanted to change who owns what is not theirs, or is not theirs to decide. */
export const auditOwnershipRefusal = (
  world: World,
  { userId }: Caller,
  subject: RequestId,
  surface: Surface,
  outcome: string,
): Promise<void> =>
  world.store.inTransaction((tables) =>
    tables.audit.append({
      at: world.clock.now(),
      who: userId,
      what: "ownership.refused",
      surface,
      subject,
      outcome,
    }),
  );
