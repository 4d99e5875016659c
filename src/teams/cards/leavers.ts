import type { WhyGone } from "../../domain/leavers.ts";
import type { Registration } from "../../domain/registration.ts";
import type { Message } from "../../usecases/telling/messages.ts";
import type { SecondOwnerView, UnownedView } from "../../usecases/telling/registration-views.ts";
import type { Card } from "../expand.ts";
import { ask, execute } from "./buttons.ts";
import { noticeCard } from "./notices.ts";
import { ownersButton, ownersLinesOf, personInput } from "./owners.ts";
import { fact, type Line, said } from "./text.ts";

type Of<K extends Message["kind"]> = Extract<Message, { kind: K }>;

const goneWords: Readonly<Record<WhyGone, string>> = {
  disabled: "account disabled",
  deleted: "account deleted",
  "may-not-ask": "may not ask for it any more",
};

const aboutLines = ({ id, plan }: Registration): Line[] => [
  fact(id, plan.displayName),
  fact("System", plan.blueprint.title),
];

/** Its buttons do nothing any more. */
function pastTitle({ registration, isOld }: Pick<UnownedView, "registration" | "isOld">): string | undefined {
  if (registration.state !== "active") return "This registration does not run any more";
  return isOld ? "There is a newer card about this registration" : undefined;
}

const pastCard = (title: string, registration: Registration): Card =>
  noticeCard({
    title,
    lines: [
      ...aboutLines(registration),
      said(`You need do nothing about this card. Say show ${registration.id} to see how it stands.`),
    ],
  });

export function unownedTitle(view: UnownedView): string {
  const past = pastTitle(view);
  if (past) return past;
  if (view.gone.length === 0) return "Somebody owns this registration again";
  return view.open ? "Nobody owns this registration, and somebody is asked" : "Nobody owns this registration";
}

/** To the approvers, when nobody is left whom Usher could ask by itself. */
export function unownedCard(view: UnownedView): Card {
  const { registration, gone, open, asked, needsApprover } = view;
  const { id } = registration;
  const title = unownedTitle(view);
  if (pastTitle(view)) return pastCard(title, registration);
  if (gone.length === 0)
    return noticeCard({
      title,
      lines: [...aboutLines(registration), ...ownersLinesOf(registration), said("You need do nothing.")],
    });
  return noticeCard({
    title,
    lines: [
      ...aboutLines(registration),
      ...gone.map(({ name, why }) => fact(`Owner until now, ${goneWords[why]}`, name)),
      ...(asked && !open ? [fact("Asked as the manager, and did not take it over", asked.to.name)] : []),
      said("It works as before: nothing was stopped, and its secret is handed to nobody else."),
      ...(open ? openLines(open) : choiceLines(id, needsApprover)),
      said(
        `If nobody needs it, press Revoke, or say revoke ${id}: that stops it at once. It can be brought back for 30 days.`,
      ),
    ],
    actions: [...(open ? [] : choiceButtons(id)), revokeButton(id)],
  });
}

const openLines = ({ to, state }: NonNullable<UnownedView["open"]>): Line[] =>
  state === "accepted"
    ? [
        fact("Wants to own it", to.name),
        said("An approver who has no part in it must agree: a card of its own asks for that."),
      ]
    : [
        fact("Asked to own it", to.name),
        said("They have 7 days to answer. Until then nobody else is asked."),
      ];

const choiceLines = (id: string, needsApprover: boolean): Line[] => [
  said(
    `Press Take over to own it yourself, or choose a colleague, who accepts first. Or say take over ${id}, or hand over ${id} and the person's name with @ or their email address.`,
  ),
  ...(needsApprover
    ? [said("It is of high risk: another approver, who has no part in it, must agree.")]
    : []),
  said("Usher says it again each week until somebody owns it."),
];

const choiceButtons = (id: string): Card[] => [
  execute({
    title: "Take over",
    verb: "owners/take-over",
    data: { registration: id },
    style: "positive",
  }),
  ask({ title: "Hand over" }, personInput("handTo", "Who is to own it?"), {
    title: "Ask them to own it",
    verb: "owners/hand-over",
    data: { registration: id },
    style: "positive",
  }),
];

/** It asks once more before anything is stopped. */
const revokeButton = (id: string) =>
  execute({
    title: "Revoke",
    verb: "registration/revoke",
    data: { registration: id },
    style: "destructive",
  });

export function secondOwnerTitle(view: SecondOwnerView): string {
  const past = pastTitle(view);
  if (past) return past;
  const { isStillWanted, open, isForOwner } = view;
  if (!isStillWanted) return "No further owner is wanted";
  if (open) return "A second owner is asked";
  return isForOwner ? "Name a second owner" : "A registration has one owner, and policy wants two";
}

/** Where policy wants two owners and there is one: to that one, and after four weeks to the approvers. */
export function secondOwnerCard(view: SecondOwnerView): Card {
  const { registration, isStillWanted, open, isForOwner } = view;
  const { id } = registration;
  const title = secondOwnerTitle(view);
  if (pastTitle(view)) return pastCard(title, registration);
  const lines = [...aboutLines(registration), ...ownersLinesOf(registration)];
  if (!isStillWanted) return noticeCard({ title, lines: [...lines, said("You need do nothing.")] });
  if (open)
    return noticeCard({
      title,
      lines: [
        ...lines,
        fact("Asked to own it", open.to.name),
        said("Nothing changes before they accept. You need do nothing now."),
      ],
    });
  if (!isForOwner)
    return noticeCard({
      title,
      lines: [
        ...lines,
        said(
          `Usher has asked its owner for four weeks to name a second one, and goes on each week. It works as before. Ask them: they say co-owner ${id} and the person's name with @.`,
        ),
      ],
    });
  return noticeCard({
    title,
    lines: [
      ...lines,
      said(
        "Policy wants two owners for what is as dangerous as this, so that somebody looks after it when one of them leaves. It works as before.",
      ),
      said(
        `Choose a colleague, or say co-owner ${id} and the person's name with @ or their email address: Usher asks them, and nothing changes before they accept. Usher asks again each week.`,
      ),
    ],
    actions: [
      ask({ title: "Choose a second owner" }, personInput("coOwner", "Who owns it beside you?"), {
        title: "Ask them to own it too",
        verb: "ownership/co-owner",
        data: { registration: id },
        style: "positive",
      }),
    ],
  });
}

/** To the owner who stays when the other one has left. */
export function ownerLeftCard({
  requestId,
  displayName,
  left,
  why,
  isAnotherWanted,
  isNewSecretMade,
}: Of<"owner-left">): Card {
  return noticeCard({
    title: "You are its only owner now",
    lines: [
      fact(requestId, displayName),
      fact(`Owner until now, ${goneWords[why]}`, left.name),
      said(
        "It works as before, and from now on Usher asks and tells you alone. Whoever has left may still know its secret.",
      ),
      ...(isNewSecretMade
        ? [
            said(
              "Nobody had opened its newest secret, so that one is given up. Usher makes another, and its link comes in this chat.",
            ),
          ]
        : []),
      said(
        `To give it a new secret, say rotate ${requestId}. ${isAnotherWanted ? "Policy wants two owners: Usher asks you for another one." : `To name a second owner, say co-owner ${requestId} and the person's name with @.`}`,
      ),
    ],
    actions: [ownersButton(requestId)],
  });
}

/** To whoever was asked, or told, that somebody must take it over. */
export function ownerBackCard({ requestId, displayName, owner }: Of<"owner-back">): Card {
  return noticeCard({
    title: "Its owner is back",
    lines: [
      fact(requestId, displayName),
      fact("Owner", owner.name),
      said("Nobody needs to take it over any more, and nothing was changed. You need do nothing."),
    ],
  });
}
