import type { Credential } from "../../domain/plan.ts";
import { type Registration, restorableUntil } from "../../domain/registration.ts";
import { allShowsFrom } from "../../domain/restoration.ts";
import type { Message } from "../../usecases/telling/messages.ts";
import type { Card } from "../expand.ts";
import { counted, dayWords, momentWords } from "../words.ts";
import { execute } from "./buttons.ts";
import { noticeCard } from "./notices.ts";
import { fact, type Line, said, some } from "./text.ts";

type Revoked = Extract<Registration, { state: "revoked" }>;

/** What comes in the place of what it could sign in with. The owner holds the rest, and what they hold works again. */
const credentialWords: Readonly<Record<Credential["kind"], string>> = {
  secret:
    "No secret from before works again. Usher makes a new one, and its link goes to the owner in person, to nobody else.",
  certificate:
    "The certificate that was approved works again, with the private key that its holder has. If somebody else may have that key, leave it revoked: say request to ask anew.",
  federated: "The federated credential that was approved works again; every other one stays gone.",
  none: "It gets no credential: none was approved.",
};

/** Asks once before anything comes back. */
export function confirmRestoreCard(registration: Revoked): Card {
  const { id, plan, owner, clientId, revokedAt, revokedBy } = registration;
  const data = { registration: id };
  return noticeCard({
    title: "Restore this registration?",
    lines: [
      fact("Name", plan.displayName),
      fact("System", plan.blueprint.title),
      fact("Owner", owner.name),
      fact("Client ID", clientId, { fontType: "Monospace" }),
      fact(`Revoked on ${momentWords(revokedAt)} by`, revokedBy.name),
      ...powerLines(registration),
      said(credentialWords[plan.credential.kind]),
      said(
        `It comes back as it was approved, and can be restored until ${dayWords(restorableUntil(revokedAt))}. It lets nobody in before half an hour has passed since it was revoked. Nothing has been changed yet.`,
      ),
    ],
    actions: [
      execute({ title: "Yes, restore it", verb: "registration/confirm-restore", data, style: "positive" }),
      execute({ title: "Leave it revoked", verb: "registration/leave", data }),
    ],
  });
}

const mostNames = 20;

function powerLines({ plan }: Registration): Line[] {
  const { permissions, directoryRoles = [] } = plan;
  const names = [...directoryRoles, ...permissions].map(({ name }) => name);
  if (names.length === 0) return [said("It may do nothing by itself.")];
  return [fact(`It gets back ${counted(names.length, "right")}`, some(names, mostNames))];
}

/** What became of the wish to bring it back. */
export function restorationCard(registration: Registration): Card {
  const { id, plan, owner } = registration;
  const name = fact(id, plan.displayName);
  switch (registration.state) {
    case "active":
      return noticeCard({
        title: "Restored",
        lines: [
          name,
          said("It works again as it was approved. Say list to see how it stands."),
          ...(plan.credential.kind === "secret"
            ? [fact("The link to its new secret goes to", owner.name)]
            : []),
        ],
      });
    case "restoring": {
      const showsAll = allShowsFrom(registration.revokedAt);
      const waits = showsAll > registration.restoredAt;
      return noticeCard({
        title: "Being restored",
        lines: [
          name,
          said(
            "Usher is bringing it back as it was approved, and lets it sign in last of all. You need do nothing.",
          ),
          ...(waits
            ? [
                said(
                  `That is not before ${momentWords(showsAll)}: until then Entra may still show a secret from before, which Usher removes.`,
                ),
              ]
            : []),
          fact("Restored by", registration.restoredBy.name),
        ],
      });
    }
    case "revoking":
    case "revoked":
      return noticeCard({
        title: "Not restored",
        lines: [name, said(`It lets nobody in. ${revokedWords(registration)}`)],
      });
    case "removed":
      return noticeCard({
        title: "Not restored",
        lines: [
          name,
          said(
            "Entra keeps nothing of it any more, so it cannot come back. Say request if you need a new one.",
          ),
        ],
      });
    default:
      return registration satisfies never;
  }
}

const revokedWords = (registration: Extract<Registration, { state: "revoking" | "revoked" }>) =>
  registration.state === "revoked"
    ? `An approver or an admin who does not own it can restore it until ${dayWords(restorableUntil(registration.revokedAt))}: restore ${registration.id}.`
    : "It is being revoked. Say list to see how it stands.";

type Of<K extends Message["kind"]> = Extract<Message, { kind: K }>;

const nowWords: Readonly<Record<Credential["kind"], string>> = {
  secret:
    "No secret from before works. Usher makes a new one, and its link comes in this chat to whoever is its first owner. Put the new secret into the target system.",
  certificate: "It signs in with the same certificate as before.",
  federated: "It signs in with the same federated credential as before.",
  none: "It has no credential, as before.",
};

/** To its owners: it lets them in again. */
export function restoredCard({ requestId, displayName, by, credential, isIncomplete }: Of<"restored">): Card {
  return noticeCard({
    title: "Your registration was restored",
    lines: [
      fact(requestId, displayName),
      said(`It is as it was approved. ${nowWords[credential]}`),
      ...(isIncomplete
        ? [
            said(
              `Usher had no right to give back all of it. Say drift ${requestId} tomorrow to see what an administrator must still do in Entra.`,
            ),
          ]
        : []),
      fact("Restored by", by.name),
    ],
  });
}

/** To whoever wanted it back. */
export function notRestoredCard({ requestId, displayName, failure, isRemoved }: Of<"not-restored">): Card {
  return noticeCard({
    title: "Not restored",
    lines: [
      fact(requestId, displayName),
      fact("What happened", failure),
      said(
        isRemoved
          ? "It lets nobody in and cannot come back. Whoever still needs it says request."
          : `It lets nobody in: what had come back is stopped again. Once the reason is gone, say restore ${requestId}.`,
      ),
    ],
  });
}
