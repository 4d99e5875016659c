import { readCertificate } from "../../domain/certificate.ts";
import type { FormView } from "../../usecases/telling/request-views.ts";
import type { Card } from "../expand.ts";
import { dayWords } from "../words.ts";
import { execute } from "./buttons.ts";
import { fact, type Line, said } from "./text.ts";

/** What stands below the input for a certificate: what is in it, and a way to give a file, since a card has none. */
export function belowCertificate(view: FormView, question: string): Card[] {
  const { draftId, page, values, linkSentFor } = view;
  const typed = Object.hasOwn(values, question) ? values[question] : undefined;
  const upload = execute({
    title: "Upload a file instead",
    verb: "intake/upload",
    data: { draft: draftId, page, question },
    takesInputs: true,
  });
  return [
    ...(typeof typed === "string" ? factsOf(typed) : []).map(lineBelow),
    { type: "ActionSet", spacing: "Small", actions: [upload] },
    ...(linkSentFor === question ? [lineBelow(said(sent))] : []),
  ];
}

const sent =
  "The link to the upload page is in your own chat with Usher. Give the file there, and this form shows what is in it. If it did not come, press the button once more.";

const lineBelow = (line: Line): Card => ({ type: "RichTextBlock", spacing: "Small", ...line });

/** As far as it can be read: what will not do is said above the input. */
function factsOf(typed: string): Line[] {
  const read = readCertificate(typed);
  if ("error" in read) return [];
  return [
    said(`It is valid until ${dayWords(read.expiresAt)}.`),
    fact("Thumbprint", read.thumbprint, { fontType: "Monospace" }),
    ...(read.name === undefined ? [] : [fact("Name in it", read.name)]),
  ];
}
