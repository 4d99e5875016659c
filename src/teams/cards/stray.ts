import type { Stray } from "../../usecases/ports/entra.ts";
import type { Card } from "../expand.ts";
import { momentWords } from "../words.ts";
import { execute } from "./buttons.ts";
import { noticeCard } from "./notices.ts";
import { fact, said } from "./text.ts";

/** Asks once before what Usher made and does not know any more is stopped. */
export function confirmStrayCard(stray: Stray): Card {
  return noticeCard({
    title: "Revoke what Usher has no record of?",
    lines: [
      ...aboutStray(stray),
      said(
        "Usher made this app registration and owns it in Entra, but knows no request and no owner of it. Nobody but you is told.",
      ),
      said(
        "Whatever uses it stops working: it gets no new tokens at once, and its credentials, consents and roles are removed for good. Entra keeps the application itself for 30 days; only an administrator can restore it there. Nothing has been changed yet.",
      ),
    ],
    actions: [
      execute({
        title: "Yes, revoke it",
        verb: "registration/confirm-stray",
        data: { client: stray.clientId },
        style: "destructive",
      }),
    ],
  });
}

export const stoppedStrayCard = (stray: Stray): Card =>
  noticeCard({
    title: "Revoked",
    lines: [
      ...aboutStray(stray),
      said("It lets nobody in any more, and no credential of it is left. There is nothing left to do."),
    ],
  });

const aboutStray = ({ displayName, clientId, madeAt, requestId }: Stray) => [
  fact("Name", displayName),
  fact("Client ID", clientId, { fontType: "Monospace" }),
  fact("Made on", momentWords(madeAt)),
  ...(requestId ? [fact("Its tag names", requestId)] : []),
];
