import { longestPem } from "../../domain/certificate.ts";
import type { FormView } from "../../usecases/telling/request-views.ts";
import { type Card, expandTemplate } from "../expand.ts";
import { cut, listed } from "../words.ts";
import { belowCertificate } from "./certificate-field.ts";
import { fitting } from "./fitting.ts";
import { fieldOf, longestError, repeated } from "./form-fields.ts";
import { complaint, type Line, plain, said } from "./text.ts";

/** The longest reason that the server takes. */
const longestReason = 1000;

/** What speaks against the whole leaves room for what was typed: nobody mends more than this at once. */
const mostSentences = 10;
const longestSentence = 300;

/** One page of questions, with what the person typed and, beside each field, what must be mended. */
export function formCard(view: FormView): Card {
  // Whatever a client sent is shown again, as long as the card stays small enough to be shown at all.
  const lengths = { sentences: longestPem, dangers: 4000, names: 400, part: 60 } as const;
  return fitting((detail) => drawForm(view, lengths[detail]));
}

function drawForm(view: FormView, longest: number): Card {
  const { draftId, title, about, questions, page, mayContinue, asksReason, values, errors } = view;
  const place = page > 0 || mayContinue ? `Page ${page + 1}` : undefined;
  // These buttons send what was typed along, and a client sends nothing while a field that it requires is empty. So a
  // page with Back or an upload leaves it to the server to ask for it.
  const isEnforced = page === 0 && !questions.some(({ type }) => type === "certificate");
  const fields = questions.map((question) => {
    const { items } = fieldOf(
      question,
      // A question may be called `constructor`, which every object inherits.
      Object.hasOwn(values, question.key) ? values[question.key] : undefined,
      Object.hasOwn(errors, question.key) ? errors[question.key] : undefined,
      { longest, isEnforced },
    );
    return {
      items: [...items, ...(question.type === "certificate" ? belowCertificate(view, question.key) : [])],
    };
  });
  return expandTemplate("form", {
    summary: `${title}: a form to fill in.${place ? ` ${place}.` : ""}`,
    title,
    about: [
      ...(place ? [said(place, { isSubtle: true })] : []),
      ...about.map((text): Line => ({ inlines: plain(text) })),
    ],
    complaints: complaintsOf(view),
    fields: asksReason ? [...fields, reasonField(view, longest, isEnforced)] : fields,
    draftId,
    page,
    before: page - 1,
    hasBack: page > 0,
    next: mayContinue ? "Next" : "Review",
  });
}

function reasonField({ reason, errors }: FormView, longest: number, isEnforced: boolean): { items: Card[] } {
  const typed = repeated(reason ?? "", Math.min(longest, 2 * longestReason));
  return {
    items: [
      ...(errors.reason === undefined
        ? []
        : [{ type: "RichTextBlock", ...complaint(cut(errors.reason, longestError)) }]),
      {
        type: "Input.Text",
        id: "reason",
        label: `Why do you need it? Approvers read this first.${isEnforced ? "" : " (required)"}`,
        isMultiline: true,
        isRequired: isEnforced,
        maxLength: longestReason,
        errorMessage: "Say why you need it.",
        ...(typed !== "" && { value: typed }),
      },
    ],
  };
}

function complaintsOf({ questions, asksReason, errors, sentences }: FormView): Line[] {
  const labels = questions.filter(({ key }) => Object.hasOwn(errors, key)).map(({ label }) => `"${label}"`);
  if (asksReason && errors.reason !== undefined) labels.push('"Why do you need it?"');
  const left = sentences.length - mostSentences;
  return [
    ...sentences.slice(0, mostSentences).map((sentence) => complaint(cut(sentence, longestSentence))),
    ...(left > 0 ? [said(`… and ${left} more.`)] : []),
    ...(labels.length > 0
      ? [complaint(`${listed(labels)}. Nothing was sent, and what else you typed is kept.`)]
      : []),
  ];
}
