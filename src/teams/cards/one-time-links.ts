import type { Message } from "../../usecases/telling/messages.ts";
import { type Card, expandTemplate } from "../expand.ts";
import { momentWords, quoted } from "../words.ts";
import { riskOf } from "./powers.ts";
import { fact, said } from "./text.ts";

type Of<K extends Message["kind"]> = Extract<Message, { kind: K }>;

/** Its token leaves the process here. */
export function auditExportCard({ format, subject, url, expiresAt }: Of<"audit-export">): Card {
  const title = "The audit is ready as a file";
  return expandTemplate("link", {
    summary: `${title}.`,
    title,
    button: "Open the download",
    url: url.reveal(),
    lines: [
      fact("What", subject ?? "All of it"),
      fact("Format", format === "csv" ? "CSV" : "JSON Lines"),
      said(
        `Only you can open it, and only once, until ${momentWords(expiresAt)}. You will be asked to sign in. The file holds what is there when you download it.`,
      ),
    ],
  });
}

/** Its token leaves the process here. */
export function certificateWantedCard({ system, label, url, expiresAt }: Of<"certificate-wanted">): Card {
  const title = "Upload the certificate";
  return expandTemplate("link", {
    summary: `${title} for ${quoted(system)}.`,
    title,
    button: "Open the upload page",
    url: url.reveal(),
    lines: [
      fact("For the form", system),
      fact("It asks for", label),
      said(
        `The page takes a file (.cer, .crt, .der or .pem) or pasted text: only the certificate, never its private key. The form then shows it, and you go on there. Only you can open it, and it takes one certificate, until ${momentWords(expiresAt)}. You will be asked to sign in.`,
      ),
    ],
  });
}

/** Its token leaves the process here. It may stand in the approvals channel, so it says for whom it is. */
export function signInToVoteCard({ view, url, expiresAt }: Of<"sign-in-to-vote">): Card {
  const { id, revision, requester, plan } = view.request;
  const title = `Sign in to approve ${id}`;
  return expandTemplate("link", {
    summary: `${title}: nothing is approved yet.`,
    title,
    button: "Sign in and approve",
    url: url.reveal(),
    lines: [
      fact(`${id}, revision ${revision}`, plan.displayName),
      fact("System", plan.blueprint.title),
      fact("Who", requester.name),
      said(riskOf(view, plan).text),
      said(
        `Policy wants a fresh sign-in for this risk. Your approval counts once you have signed in there and pressed Approve; nothing is approved yet. The link opens only for the approver who pressed, once, until ${momentWords(expiresAt)}.`,
      ),
    ],
  });
}
