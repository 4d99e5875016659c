import { readAnswers } from "../../domain/answers.ts";
import type { Question } from "../../domain/blueprint.ts";
import { type Certificate, pemOf, readCertificate } from "../../domain/certificate.ts";
import { pagesOf } from "../../domain/form.ts";
import { certificateLimits } from "../../domain/limits.ts";
import { type DraftRefusal, type OpenForm, openForm } from "../intake/draft.ts";
import { formOf } from "../intake/form-page.ts";
import { ChatFailure } from "../ports/chat.ts";
import type { Pass } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import type { Message } from "../telling/messages.ts";
import type { UploadView, Viewer } from "./desk.ts";

type CertificatePass = Extract<Pass, { kind: "certificate" }>;

/** The form was changed since, so that the question is not asked any more. */
export type UploadRefusal = DraftRefusal | { refused: "no-certificate-asked" };

/** The form as it stands, with the question that wants a certificate. */
type Asking = { form: OpenForm; question: Question; page: number };

/** What the page asks for; nothing changes. */
export async function lookAtUpload(world: World, pass: CertificatePass, viewer: Viewer) {
  const asking = await askingFor(world, pass, viewer);
  if ("refused" in asking) return { kind: "no-form", refusal: asking } as const;
  return { kind: "upload", view: viewOf(asking) } as const;
}

/** So often a press on the form's card may come in between. */
const tries = 5;

/**
 * Keeps the certificate as the form's answer and spends the link, both or neither. What will not do spends nothing, and
 * nothing of it is kept.
 */
export async function keepCertificate(world: World, pass: CertificatePass, viewer: Viewer, text: string) {
  for (let attempt = 1; attempt <= tries; attempt++) {
    const asking = await askingFor(world, pass, viewer);
    if ("refused" in asking) return { kind: "no-form", refusal: asking } as const;
    const read = readFor(asking, text, world.clock.now());
    if ("error" in read) return { kind: "mend", view: viewOf(asking), sentence: read.error } as const;
    const saved = await save(world, pass, asking.form, read);
    if (saved === "gone") return { kind: "gone" } as const;
    if (saved === "draft-changed") continue;
    const isShown = await showInChat(world, pass, viewer);
    const { name, thumbprint, expiresAt } = read;
    const view = { ...viewOf(asking), thumbprint, expiresAt, isShown, ...(name && { name }) };
    return { kind: "uploaded", view } as const;
  }
  return { kind: "no-form", refusal: { refused: "draft-changed" } } as const;
}

async function askingFor(
  world: World,
  { draftId, question: key }: CertificatePass,
  { userId, tenantId }: Viewer,
): Promise<Asking | UploadRefusal> {
  const form = await openForm(world, { userId, tenantId, name: "" }, draftId);
  if ("refused" in form) return form;
  const pages = pagesOf(form.blueprint, form.draft.answers ?? {});
  const page = pages.findIndex(({ questions }) => questions.some((each) => each.key === key));
  const question = pages[page]?.questions.find((each) => each.key === key);
  return question?.type === "certificate" ? { form, question, page } : { refused: "no-certificate-asked" };
}

const viewOf = ({ form, question: { label, help } }: Asking): UploadView => ({
  system: form.blueprint.title,
  label,
  ...(help && { help }),
});

/** By the same rules as what is typed into the form, and by those that count only today. */
function readFor({ form, question }: Asking, text: string, now: Date): Certificate | { error: string } {
  const { when: _when, ...alone } = question;
  const answer = readAnswers(
    { ...form.blueprint, ask: [{ ...alone, required: true }] },
    { [question.key]: text },
  );
  if ("errors" in answer) return { error: answer.errors[question.key] ?? "" };
  const read = readCertificate(text);
  if ("error" in read) return read;
  const [limit] = certificateLimits(read, form.known.rules, now);
  return limit === undefined ? read : { error: limit };
}

/** Thrown inside the transaction, so that the link is as it was. */
class DraftChanged extends Error {
  override readonly name = "DraftChanged";
}

async function save(
  world: World,
  { tokenHash, userId, question, draftId }: CertificatePass,
  { draft }: OpenForm,
  certificate: Certificate,
): Promise<"saved" | "gone" | "draft-changed"> {
  const now = world.clock.now();
  // What was reviewed no longer stands for what the form says now.
  const { plan: _plan, ...rest } = draft;
  const answers = { ...draft.answers, [question]: pemOf(certificate) };
  try {
    return await world.store.inTransaction(async (tables) => {
      if (!(await tables.passes.use(tokenHash, now))) return "gone";
      if (!(await tables.drafts.update({ ...rest, answers }))) throw new DraftChanged();
      await tables.audit.append({
        at: now,
        who: userId,
        what: "certificate.uploaded",
        surface: "web",
        subject: "certificate",
        outcome: "kept",
        detail: { draft: draftId, thumbprint: certificate.thumbprint },
      });
      return "saved";
    });
  } catch (error) {
    if (error instanceof DraftChanged) return "draft-changed";
    throw error;
  }
}

/** The form's card, or, where that cannot be had any more, a new one in the person's own chat. */
async function showInChat(world: World, pass: CertificatePass, viewer: Viewer): Promise<boolean> {
  const asking = await askingFor(world, pass, viewer);
  // Sent or given up in this very moment: its card says so.
  if ("refused" in asking) return true;
  const message: Message = { kind: "form", view: formOf(asking.form, asking.page) };
  try {
    if (pass.card && (await world.chat.update(pass.card, message)) === "updated") return true;
  } catch (error) {
    noteUnshown(world, error);
  }
  try {
    const own = await world.chat.personalChat(pass.userId);
    if (own) await world.chat.post(own, message);
    return own !== undefined;
  } catch (error) {
    noteUnshown(world, error);
    return false;
  }
}

function noteUnshown({ log }: World, error: unknown): void {
  if (!(error instanceof ChatFailure)) throw error;
  log.warn({ err: error }, "a form could not be shown with its certificate; the answer is kept");
}
