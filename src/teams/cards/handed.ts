import type { Credential } from "../../domain/plan.ts";
import type { Registration } from "../../domain/registration.ts";
import type { SecretView } from "../../usecases/telling/registration-views.ts";
import type { RequestView } from "../../usecases/telling/request-views.ts";
import { dayWords } from "../words.ts";
import { fact, type Line, plain, said } from "./text.ts";

type Handed = { label: string; lines: Line[] };

/**
 * The vendor's labels with what goes there; a secret's only says where it comes from. A place that is the same for
 * all of them is said once.
 */
export function handed({ handover, registration, secret, request: { plan } }: RequestView): Handed[] {
  const isListed = handover.some(({ value }) => value === registration?.clientId);
  const isUsable = !registration || registration.state === "active";
  const value = (text: string): Line => ({ inlines: plain(text, { fontType: "Monospace" }) });
  const secrets =
    isUsable && plan.credential.kind === "secret"
      ? plan.handover.filter((entry) => entry.value === "secret")
      : [];
  const entries: (Handed & { where?: string | undefined })[] = [
    ...(registration && !isListed ? [{ label: "Client ID", lines: [value(registration.clientId)] }] : []),
    ...handover.map(({ label, value: text, where }) => ({ label, lines: [value(text)], where })),
    ...secrets.map(({ label, where }) => ({ label, lines: [secretLine(registration, secret)], where })),
  ];
  return [...withPlaces(entries), ...(isUsable ? ownCredential(plan.credential) : [])];
}

function withPlaces(entries: (Handed & { where?: string | undefined })[]): Handed[] {
  const [common] = entries.map(({ where }) => where);
  if (common && entries.length > 1 && entries.every(({ where }) => where === common)) {
    return [...entries, { label: "Where these go", lines: [{ inlines: plain(common) }] }];
  }
  return entries.map(({ label, lines, where }) => ({
    label,
    lines: where ? [...lines, fact("Goes in", where)] : lines,
  }));
}

function secretLine(registration: Registration | undefined, secret: SecretView | undefined): Line {
  if (secret?.newKey)
    return said("A new one is being made. Its link comes in your personal chat with Usher.");
  if (secret && !secret.keyId) return said("None works now. What to do about it stands below.");
  const until = registration?.expiresAt ? ` It works until ${dayWords(registration.expiresAt)}.` : "";
  if (secret?.link?.state === "revealed") return said(`The secret was opened.${until}`);
  return said(`The secret comes by a link in your personal chat with Usher.${until}`);
}

/** What the app signs in with, where Usher hands nothing over because the requester has it already. */
function ownCredential(credential: Credential): Handed[] {
  switch (credential.kind) {
    case "secret":
      return [];
    case "certificate":
      return [
        {
          label: "Signs in with your certificate",
          lines: [
            said(
              `There is no secret. Give your system the private key of the certificate that you gave Usher; it works until ${dayWords(new Date(credential.expiresAt))}.`,
            ),
            fact("Thumbprint", credential.thumbprint, { fontType: "Monospace" }),
          ],
        },
      ];
    case "federated":
      return [
        {
          label: "Signs in without a secret",
          lines: [
            said(
              "There is nothing to keep. Where the app runs, let it ask its own identity provider for a token with these three, letter by letter, and send that to Entra in the place of a secret.",
            ),
            fact("Issuer", credential.issuer, { fontType: "Monospace" }),
            fact("Subject", credential.subject, { fontType: "Monospace" }),
            fact("Audience", credential.audience, { fontType: "Monospace" }),
          ],
        },
      ];
    case "none":
      return [
        {
          label: "No credential",
          lines: [said("It has no credential: it does not sign in by itself.")],
        },
      ];
    default:
      return credential satisfies never;
  }
}
