import type { HeldKind, HeldWork } from "../../usecases/ports/hold.ts";
import type { Message } from "../../usecases/telling/messages.ts";
import type { Card } from "../expand.ts";
import { counted, momentWords } from "../words.ts";
import { execute } from "./buttons.ts";
import { noticeCard } from "./notices.ts";
import { fact, type Line, said } from "./text.ts";

const kinds: Readonly<Record<HeldKind, string>> = {
  making: "Approved requests, to be made",
  cleaning: "Requests to be cleaned up",
  revoking: "Registrations to be revoked",
  restoring: "Registrations to be brought back",
  "new-secret": "New secrets to be made",
  repair: "Registrations to be repaired",
  "entra-owner": "Owners to be changed in Entra",
  removal: "Secrets given up, to be removed",
  overlap: "Rotations whose old secret is to be removed",
};

/** What a restored backup left under way, for an admin, who compares it and lets it go on. */
export const heldCard = ({ since, madeAt, work }: Omit<Extract<Message, { kind: "held" }>, "kind">): Card =>
  noticeCard({
    title: "Usher was restored from a backup, and holds its work",
    lines: [
      fact("The backup is of", momentWords(new Date(madeAt))),
      fact("Restored on", momentWords(new Date(since))),
      said(
        "Usher does not know what people did in between. It does nothing in Entra by itself until you let it go on. Requests, approvals and lists work, and each registration is being compared with Entra.",
      ),
      ...heldLines(work),
      said(
        "Look at each of these in Entra first. What was done since the backup would be done again: a secret or a registration that is in use by now may be removed.",
      ),
    ],
    actions: [execute({ title: "Let it go on", verb: "held/go-on", data: { since }, style: "destructive" })],
  });

export const wentOnCard = (work: readonly HeldWork[]): Card =>
  noticeCard({
    title: "Usher goes on",
    lines: [
      said(
        work.length === 0
          ? "Nothing was held. Usher works as always."
          : "Within a minute Usher goes on with what was held:",
      ),
      ...(work.length === 0 ? [] : heldLines(work)),
    ],
  });

function heldLines(work: readonly HeldWork[]): Line[] {
  if (work.length === 0) return [said("Nothing is under way, so nothing waits.")];
  return work.map(({ kind, count, some }) => {
    const left = count - some.length;
    const rest = left > 0 ? ` and ${counted(left, "other")}` : "";
    return fact(kinds[kind], `${count}: ${some.join(", ")}${rest}`);
  });
}
