import type { OwnershipOffer } from "../../domain/ownership.ts";
import { ownersOf, type Registration } from "../../domain/registration.ts";
import type { Listing } from "../../usecases/lifecycle/list-registrations.ts";
import type { RegistrationView } from "../../usecases/lifecycle/show-registration.ts";
import type { Card } from "../expand.ts";
import { counted, cut, dayWords, momentWords } from "../words.ts";
import { execute } from "./buttons.ts";
import { noticeCard } from "./notices.ts";
import { entraLines } from "./ownership-lines.ts";
import { actsFor } from "./registration-buttons.ts";
import { stateWords } from "./registration-state.ts";
import { fact, type Line, plain, said } from "./text.ts";

/** One registration, with the acts of whoever looks. `list`: the page of a list from which it was opened. */
export function registrationCard(view: RegistrationView, list?: Listing): Card {
  const { registration, request, now, stops } = view;
  const { id, plan, clientId, applicationObjectId, servicePrincipalId, createdAt } = registration;
  const mono = { fontType: "Monospace" } as const;
  return noticeCard({
    title: "Registration",
    lines: [
      { inlines: plain(plan.displayName, { weight: "Bolder" }) },
      said(`${id} · for ${plan.blueprint.title}`),
      said(stateWords(registration, now, stops)),
      ...secretLines(view),
      ...(view.differs > 0
        ? [
            said(
              `It differs from what was approved in ${counted(view.differs, "thing")}; say drift ${id} to see more.`,
            ),
          ]
        : []),
      ...ownersLines(registration),
      ...(view.offer ? offerLines(view.offer) : []),
      ...entraLines(view),
      ...(request && request.requester.userId !== registration.owner.userId
        ? [fact("Asked for by", request.requester.name)]
        : []),
      ...(request && "decidedBy" in request ? [fact("Approved by", request.decidedBy.name)] : []),
      fact("Made on", dayWords(createdAt)),
      fact("Client ID", clientId, mono),
      fact("Object ID", applicationObjectId, mono),
      fact("Object ID of its enterprise application", servicePrincipalId, mono),
      ...("revokedBy" in registration ? [fact("Revoked by", registration.revokedBy.name)] : []),
    ],
    actions: [...actsFor(view), ...(list ? [backButton(list)] : [])],
  });
}

/** Everybody whom it belongs to, the first one first. */
export function ownersLines(registration: Registration, longest = 200): Line[] {
  return ownersOf(registration).map(({ name }, at) =>
    fact(at === 0 ? "Owner" : "Second owner", cut(name, longest)),
  );
}

const offerLines = ({ state, kind, to }: OwnershipOffer): Line[] => [
  fact(kind === "co-owner" ? "Asked to own it too" : "Asked to take it over", to.name),
  ...(state === "accepted" ? [said("They accepted, and an approver must agree.")] : []),
];

function secretLines({ registration: { id }, secret }: RegistrationView): Line[] {
  const { newKey, retiring, link } = secret ?? {};
  if (newKey) return [said("A new secret is being made; its link goes to an owner's personal chat.")];
  if (retiring) {
    return [
      said(
        retiring.isUnopened
          ? "Two secrets work: nobody has opened the new one yet, so the old one stays."
          : `Two secrets work: the old one until ${momentWords(retiring.endsAt)}. Say switched ${id} once the new one is in use.`,
      ),
    ];
  }
  return link?.state === "sealed" ? [said("Nobody has opened the link to its secret yet.")] : [];
}

const backButton = ({ scope, after = "", filter = "" }: Listing) =>
  execute({
    title: "Back to the list",
    verb: "list/page",
    data: { scope, after, filter },
    isSecondary: true,
  });
