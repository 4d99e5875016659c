import type { Message } from "../../usecases/telling/messages.ts";
import type { Card } from "../expand.ts";
import { noticeCard } from "./notices.ts";
import { fact, said } from "./text.ts";

/** A secret may be left in Entra that nobody was given, and Usher may not look for it. */
export function keyLeftCard({
  requestId,
  applicationObjectId,
  marker,
  why,
}: Extract<Message, { kind: "key-left" }>): Card {
  return noticeCard({
    title: "A secret may be left in Entra",
    lines: [
      said(
        `Usher gave up an attempt to make the secret of ${requestId}, and cannot see whether Entra made one. Nobody was given it, and no link opens it.`,
      ),
      fact("Entra says", why),
      fact("Object ID of the app registration", applicationObjectId),
      fact("The secret's description ends with", marker),
      said(
        "Look in the Entra admin center under App registrations, the app, Certificates & secrets, and delete that secret if it is there. Usher looks for it no more.",
      ),
    ],
  });
}
