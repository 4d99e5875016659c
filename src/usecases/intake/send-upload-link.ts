import type { RawAnswers } from "../../domain/answers.ts";
import { pagesOf } from "../../domain/form.ts";
import type { DraftId } from "../../domain/ids.ts";
import type { Caller } from "../../domain/person.ts";
import { type PassRefusal, sendPass } from "../handover/send-pass.ts";
import type { UploadRefusal } from "../handover/upload-certificate.ts";
import type { Posted } from "../ports/chat.ts";
import type { World } from "../ports/world.ts";
import type { FormView } from "../telling/request-views.ts";
import { openForm } from "./draft.ts";
import { keepTyped } from "./fill-draft.ts";
import { formOf } from "./form-page.ts";

/** Long enough to find the file, and to have a certificate made by somebody else in the same office. */
const linkLifeMs = 60 * 60_000;

export type UploadAsked = {
  caller: Caller;
  draftId: DraftId;
  page: number;
  /** The question that wants a certificate. */
  question: string;
  raw: RawAnswers;
  reason: unknown;
  card: Posted | undefined;
};

/**
 * Sends whoever fills in the form a link to a page that takes a file. What is typed on the form is kept, right or wrong.
 * Pressed again, it sends a new link, and the older one is left to expire.
 */
export async function sendUploadLink(
  world: World,
  { caller, draftId, page, question: key, raw, reason, card }: UploadAsked,
): Promise<{ form: FormView } | UploadRefusal | PassRefusal> {
  const open = await openForm(world, caller, draftId);
  if ("refused" in open) return open;
  const form = await keepTyped(world, open, page, raw, reason);
  if ("refused" in form) return form;
  const { questions } = pagesOf(form.blueprint, form.draft.answers ?? {})[page] ?? { questions: [] };
  const question = questions.find((each) => each.key === key);
  if (question?.type !== "certificate") return { refused: "no-certificate-asked" };
  const sent = await sendPass(world, {
    pass: { kind: "certificate", userId: caller.userId, draftId, question: key, ...(card && { card }) },
    lifeMs: linkLifeMs,
    event: {
      who: caller.userId,
      what: "certificate.link-asked",
      surface: "card",
      subject: "certificate",
      outcome: "asked",
      detail: { draft: draftId },
    },
    message: (url, expiresAt) => ({
      kind: "certificate-wanted",
      system: form.blueprint.title,
      label: question.label,
      url,
      expiresAt,
    }),
  });
  return "refused" in sent ? sent : { form: { ...formOf(form, page), linkSentFor: key } };
}
