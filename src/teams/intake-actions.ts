import type { RawAnswers } from "../domain/answers.ts";
import { parseDraftId } from "../domain/ids.ts";
import { fillPage, giveUpDraft, openPage, takeSmaller } from "../usecases/intake/fill-draft.ts";
import { sendUploadLink } from "../usecases/intake/send-upload-link.ts";
import { chooseBlueprint, goOnAnyway } from "../usecases/intake/start-draft.ts";
import { submitRequest } from "../usecases/intake/submit-request.ts";
import { requestView } from "../usecases/telling/request-view.ts";
import type { DraftView, FormView } from "../usecases/telling/request-views.ts";
import { fieldPrefix } from "./cards/form-fields.ts";
import { smallerInput } from "./cards/review.ts";
import { alreadyCard, chooserCard, draftDoneCard, formCard, requestCard, reviewCard } from "./cards.ts";
import { type Action, type PressData, text } from "./press.ts";
import { type Reply, refused, type Turn } from "./reply.ts";

const draftIn = (data: PressData) => parseDraftId(text(data.draft));

function answersIn(data: PressData): RawAnswers {
  const answers = Object.entries(data).flatMap(([key, value]) =>
    key.startsWith(fieldPrefix) ? [[key.slice(fieldPrefix.length), value] as const] : [],
  );
  return Object.fromEntries(answers);
}

/** A page of the form, from 0. */
function pageIn(value: unknown): number {
  const page = Number(value);
  return Number.isInteger(page) && page > 0 ? page : 0;
}

/** What was ticked of what would be less. */
const smallerIn = (data: PressData) =>
  (text(data[smallerInput]) ?? "").split(",").flatMap((id) => id.trim() || []);

/** The form's page, or the review once all is filled in. */
const drawn = (filled: { form: FormView } | { reviewed: DraftView }, note?: string): Reply => ({
  card: "form" in filled ? formCard(filled.form) : reviewCard(filled.reviewed, note),
});

/** The verbs of asking: from the choice of a system to submitting what was reviewed. */
export const intakeActions: Readonly<Record<string, Action>> = {
  async "intake/choose"({ world, caller }, data) {
    const id = draftIn(data);
    if (!id) return refused({ refused: "draft-gone" });
    const chosen = await chooseBlueprint(world, caller, id, text(data.blueprint) ?? "");
    if ("already" in chosen) return { card: alreadyCard({ draftId: id, ...chosen.already }) };
    if (!("refused" in chosen)) return drawn(chosen);
    if (chosen.refused !== "unknown-blueprint") return refused(chosen);
    const { blueprints } = world.catalog;
    return {
      card: chooserCard({ draftId: id, blueprints, error: "Please choose the system that it is for." }),
    };
  },

  async "intake/anyway"({ world, caller }, data) {
    const id = draftIn(data);
    if (!id) return refused({ refused: "draft-gone" });
    const opened = await goOnAnyway(world, caller, id);
    return "refused" in opened ? refused(opened) : drawn(opened);
  },

  async "intake/review"({ world, caller }, data) {
    const id = draftIn(data);
    if (!id) return refused({ refused: "draft-gone" });
    const filled = await fillPage(world, caller, id, pageIn(data.page), answersIn(data), data.reason);
    return "refused" in filled ? refused(filled) : drawn(filled);
  },

  async "intake/upload"({ world, caller, pressed }, data) {
    const draftId = draftIn(data);
    if (!draftId) return refused({ refused: "draft-gone" });
    const sent = await sendUploadLink(world, {
      caller,
      draftId,
      page: pageIn(data.page),
      question: text(data.question) ?? "",
      raw: answersIn(data),
      reason: data.reason,
      card: pressed,
    });
    return "refused" in sent ? refused(sent) : drawn(sent);
  },

  async "intake/back"({ world, caller }, data) {
    const id = draftIn(data);
    if (!id) return refused({ refused: "draft-gone" });
    // From a page of the form, what was typed there comes along; the review has nothing to type.
    const typed =
      data.from === undefined
        ? undefined
        : { from: pageIn(data.from), raw: answersIn(data), reason: data.reason };
    const opened = await openPage(world, caller, id, pageIn(data.page), typed);
    return "refused" in opened ? refused(opened) : drawn(opened);
  },

  async "intake/smaller"(turn, data) {
    const offers = smallerIn(data);
    if (offers.length === 0) {
      return {
        sentence: "Nothing was changed: tick what you would rather ask for, then press Ask for less again.",
      };
    }
    return askForLess(turn, data, offers, "You ask for less now. Nothing has been sent yet.");
  },

  async "intake/submit"(turn, data) {
    const { world, caller, pressed } = turn;
    const ticked = smallerIn(data);
    if (ticked.length > 0) {
      const note =
        "What you had ticked is taken. Nothing has been sent yet: press Submit if it is right now.";
      return askForLess(turn, data, ticked, note);
    }
    const id = draftIn(data);
    if (!id) return refused({ refused: "draft-gone" });
    const outcome = await submitRequest(world, caller, id, pressed, text(data.mark));
    if ("refused" in outcome) {
      if (outcome.refused !== "not-what-was-shown") return refused(outcome);
      const note = "This has changed since you saw it, so nothing was sent. Look again, then press Submit.";
      return askForLess(turn, data, [], note);
    }
    const card = requestCard(await requestView(world, outcome.submitted));
    return { card, shows: { requestId: outcome.submitted.id, purpose: "request" } };
  },

  async "intake/cancel"({ world, caller }, data) {
    const id = draftIn(data);
    const outcome = id ? await giveUpDraft(world, caller, id) : ({ refused: "draft-gone" } as const);
    return "refused" in outcome ? refused(outcome) : { card: draftDoneCard() };
  },
};

/** Takes less and shows the plan anew: nobody submits what they have not seen. */
async function askForLess(
  { world, caller }: Turn,
  data: PressData,
  offers: string[],
  note: string,
): Promise<Reply> {
  const id = draftIn(data);
  if (!id) return refused({ refused: "draft-gone" });
  const taken = await takeSmaller(world, caller, id, offers);
  return "refused" in taken ? refused(taken) : drawn(taken, note);
}
