import type { Plan } from "../../domain/plan.ts";
import type { Registration } from "../../domain/registration.ts";
import { momentWords } from "../words.ts";
import { fact, type Line, said } from "./text.ts";

/** What of it ends. */
export const endingOf = ({ credential }: Plan): "secret" | "certificate" =>
  credential.kind === "certificate" ? "certificate" : "secret";

/** What the card of a request says at its top once that has ended. */
export const endedTitle = (plan: Plan) => `Its ${endingOf(plan)} has stopped working`;

/** Since when, and what to do about it. */
export const endedLines = (registration: Registration): Line[] => [
  ...(registration.expiresAt ? [fact("Worked until", momentWords(registration.expiresAt))] : []),
  ...renewLines(registration),
];

/** How its owner gets another. Usher has no private key, so it can renew nothing but a secret. */
export function renewLines({ id, plan }: Registration, by?: "button"): Line[] {
  const how = by ? `Press Rotate the secret, or say rotate ${id}` : `Say rotate ${id}`;
  return [
    said(
      endingOf(plan) === "secret"
        ? `${how}: Usher makes a new secret, sends its link to the owner, and leaves this one as it is for a while.`
        : "Usher cannot renew a certificate, because its private key is with its owner. The owner makes a new one and asks anew with it: say request. Revoke this registration once the new one is in use.",
    ),
  ];
}
