import { ownersOf, type Registration } from "../../domain/registration.ts";
import type { Message } from "../../usecases/telling/messages.ts";
import type { Card } from "../expand.ts";
import { ask, confirm, execute } from "./buttons.ts";
import { noticeCard } from "./notices.ts";
import { entraLines } from "./ownership-lines.ts";
import { rotateButton } from "./rotation.ts";
import { fact, type Line, said } from "./text.ts";

/** Opens the card with which an owner changes who owns it. */
export const ownersButton = (id: string) =>
  execute({
    title: "Change its owners",
    verb: "ownership/ask",
    data: { registration: id },
  });

/** The people of the organisation, as Teams offers them: its value is a person's id in Entra, which is looked up again. */
export const personInput = (id: string, label: string): Card => ({
  type: "Input.ChoiceSet",
  id,
  label,
  placeholder: "Type a name",
  isRequired: true,
  errorMessage: "Choose a colleague.",
  choices: [],
  "choices.data": { type: "Data.Query", dataset: "graph.microsoft.com/users" },
});

export const ownersLinesOf = (registration: Pick<Registration, "owner" | "coOwner">): Line[] =>
  ownersOf(registration).map(({ name }, at) => fact(at === 0 ? "Owner" : "Second owner", name));

/** An owner chooses who owns it beside them, or in their place. `note`: what became of a press on it. */
export function ownersCard(registration: Registration, note?: string): Card {
  const { id, plan, coOwner } = registration;
  const data = { registration: id };
  return noticeCard({
    title: "Who owns this registration?",
    lines: [
      ...(note === undefined ? [] : [said(note)]),
      fact(id, plan.displayName),
      ...ownersLinesOf(registration),
      said(
        "Choose a colleague: Usher asks them, and nothing changes before they accept. Guests cannot own a registration.",
      ),
      said(
        coOwner
          ? `In words: transfer ${id} and the person's name with @, or their email address; or remove co-owner ${id}.`
          : `In words: transfer ${id}, or co-owner ${id}, and the person's name with @, or their email address.`,
        { isSubtle: true },
      ),
    ],
    actions: [
      ask({ title: "Hand it over" }, personInput("transferTo", "Who takes your place as its owner?"), {
        title: "Ask them to take it over",
        verb: "ownership/transfer",
        data,
        style: "positive",
      }),
      coOwner
        ? confirm(
            { title: "Remove the second owner", style: "destructive" },
            "The second owner can then do nothing more about it in Usher. The first owner stays.",
            {
              title: "Yes, remove the second owner",
              verb: "ownership/remove",
              data: { ...data, person: coOwner.userId },
              style: "destructive",
            },
          )
        : ask({ title: "Add a second owner" }, personInput("coOwner", "Who owns it beside you?"), {
            title: "Ask them to own it too",
            verb: "ownership/co-owner",
            data,
            style: "positive",
          }),
      execute({ title: "Leave it as it is", verb: "ownership/leave", data }),
    ],
  });
}

/** The answer to an owner who has left it as it is, or who has removed the second one. */
export function ownersNowCard(registration: Registration, title: string): Card {
  const { id, plan } = registration;
  return noticeCard({
    title,
    lines: [
      fact(id, plan.displayName),
      ...ownersLinesOf(registration),
      said(`Say show ${id} to see how it stands.`),
    ],
  });
}

type Of<K extends Message["kind"]> = Extract<Message, { kind: K }>;

const toldTitles: Readonly<Record<Of<"ownership-told">["outcome"], string>> = {
  accepted: "They accepted, and an approver must agree",
  done: "The owner has changed",
  declined: "They declined",
  denied: "The change of owner was not approved",
  expired: "Nobody answered in time",
  withdrawn: "The question was taken back",
  removed: "The second owner was removed",
};

export const toldTitle = ({ outcome, offer }: Of<"ownership-told">) =>
  outcome === "done" && offer === "co-owner" ? "A second owner was added" : toldTitles[outcome];

/** Said once to those whom it concerns. */
export function ownershipToldCard(message: Of<"ownership-told">): Card {
  const { requestId: id, displayName, outcome, offer, to, from, by, reason, isOwner, hasSecret } = message;
  const role = outcome === "removed" || offer === "co-owner" ? "Second owner" : "New owner";
  return noticeCard({
    title: toldTitle(message),
    lines: [
      fact(id, displayName),
      fact(role, to.name),
      ...(from ? [fact("In the place of", from.name)] : []),
      ...(by ? [fact("By", by.name)] : []),
      ...(reason === undefined ? [] : [fact("Why", reason)]),
      ...toldLines(message),
    ],
    actions:
      outcome === "done" && from && isOwner && hasSecret && !isNewSecretComing(message)
        ? [rotateButton(id)]
        : [],
  });
}

const isNewSecretComing = ({ isNewSecretMade, isNewSecretUnderWay }: Of<"ownership-told">) =>
  isNewSecretMade === true || isNewSecretUnderWay === true;

/** What becomes of the secret with the owner who went. */
function newSecretLines(message: Of<"ownership-told">): Line[] {
  const { outcome, isNewSecretMade, hasSecret } = message;
  if (!isNewSecretComing(message)) return [];
  const whose = outcome === "removed" ? "the first owner's" : "the new owner's";
  const comes = `its link comes in ${whose} personal chat.`;
  return [
    said(
      isNewSecretMade
        ? `Nobody had opened its newest secret, so that one is given up. Usher makes another, and ${comes}`
        : `Usher is making a new secret of it, and ${comes}`,
    ),
    ...(hasSecret
      ? [said("The secret from before works on for now. Whoever had that one still has it.")]
      : []),
  ];
}

function toldLines(message: Of<"ownership-told">): Line[] {
  const { requestId: id, outcome, from, isOwner, hasSecret } = message;
  switch (outcome) {
    case "accepted":
      return [said("Nothing has changed yet. Usher tells you what the approvers say.")];
    case "done":
      return [
        ...newSecretLines(message),
        ...(isOwner
          ? [
              ...(from && hasSecret && !isNewSecretComing(message)
                ? [
                    said(
                      `It works as before. Whoever had its secret still has it: press Rotate the secret, or say rotate ${id}, for a new one.`,
                    ),
                  ]
                : []),
              ...(from
                ? []
                : [
                    said(
                      "Either owner can rotate its secret and revoke it, and Usher tells both what is due.",
                    ),
                  ]),
              said(`Say show ${id} to see how it stands.`),
            ]
          : [said("They answer for it from now on, and Usher tells them what is due. You need do nothing.")]),
      ];
    case "declined":
    case "denied":
    case "expired":
      return [said(`Everything stays as it was. An owner can ask somebody else: say show ${id}.`)];
    case "withdrawn":
      return [said("Everything stays as it was. You need do nothing.")];
    case "removed":
      return [
        ...newSecretLines(message),
        said(
          `The first owner stays, and can do all that they could. Whoever was removed may still have its secret: the owner can say rotate ${id}.`,
        ),
      ];
    default:
      return outcome satisfies never;
  }
}

/** Whom Entra names by now, which Usher cannot always change. */
export function entraOwnerCard({
  requestId,
  displayName,
  named,
  owner,
  outcome,
  note,
}: Of<"entra-owner">): Card {
  const about = [fact(requestId, displayName), fact("Owner", owner.name)];
  return outcome === "changed"
    ? noticeCard({
        title: "Entra names the new owner",
        lines: [...about, said("Usher has changed the owner in Entra too. You need do nothing.")],
      })
    : noticeCard({
        title: "Entra still names the owner before",
        lines: [
          ...about,
          ...entraLines({
            registration: { owner },
            entraOwner: { named, state: "left", ...(note !== undefined && { note }) },
          }),
        ],
      });
}
