import { permissionKey, redirectKey } from "../../domain/plan-difference.ts";
import type { NarrowingView } from "../../usecases/telling/request-views.ts";
import { type Card, expandTemplate } from "../expand.ts";
import { counted, cut, quoted } from "../words.ts";
import { execute } from "./buttons.ts";
import { type Detail, fitting } from "./fitting.ts";
import { kindWords, rankWords } from "./powers.ts";
import { complaint, fact, type Line, plain, said } from "./text.ts";

/** The inputs of the form, as its press names them. */
export const narrowInputs = {
  permissions: "keep_permissions",
  smaller: "smaller",
  roles: "keep_roles",
  redirects: "keep_redirects",
  months: "months",
  note: "note",
} as const;

/** Up to this many choices stand open on the card; more are behind a list. */
const mostOpen = 15;

/** The longest note that the server takes. */
const longestNote = 1000;

/**
 * The form in which an approver leaves less of a plan. What is ticked stays. Clients join what is ticked by commas, and
 * an address may hold one, so each choice is the place of its thing in the plan of this revision.
 */
export function narrowCard(view: NarrowingView): Card {
  return fitting((detail) => drawNarrow(view, detail));
}

function drawNarrow(view: NarrowingView, detail: Detail): Card {
  const { requestId, revision, requester, plan, sentences, counts } = view;
  const vote = counts
    ? "your approval counts for what is left"
    : "since policy asks for a fresh sign-in, you approve what is left once they have accepted";
  const data = { request: requestId, revision };
  const isWhole = detail !== "part";
  const tooLong =
    "This plan is too long for this form. The request stands as it was. Press Back, then send it back with a question or deny it.";
  const complaints = [
    ...sentences.map((text) => complaint(cut(text, 300))),
    ...(isWhole ? [] : [said(tooLong)]),
  ];
  return expandTemplate("narrow", {
    summary: `${requestId}: approve with changes. Nothing has been decided yet.`,
    title: "Approve with changes",
    about: [
      fact("Who", requester.name),
      fact("Name", plan.displayName),
      said(
        `${requestId}, revision ${revision}. What is ticked stays. The person who asked sees what you took away, and accepts it or withdraws; ${vote}. Nothing has been decided yet.`,
      ),
    ],
    hasComplaints: complaints.length > 0,
    complaints,
    fields: isWhole ? fieldsOf(view, detail) : [],
    actions: [
      ...(isWhole
        ? [
            execute({
              title: "Offer this to the requester",
              verb: "approval/offer",
              data,
              style: "positive",
              takesInputs: true,
            }),
          ]
        : []),
      execute({ title: "Back", verb: "approval/back", data: { request: requestId } }),
    ],
  });
}

type Choice = { title: string; value: string };
type Field = { items: Card[] };

function fieldsOf(view: NarrowingView, detail: Detail): Field[] {
  const { plan, permissions, roles, redirects, months, chosen } = view;
  const placeOf = (keys: readonly string[]) => (key: string) => String(keys.indexOf(key));
  const permissionPlace = placeOf(plan.permissions.map(permissionKey));
  const rolePlace = placeOf((plan.directoryRoles ?? []).map(({ templateId }) => templateId));
  const redirectPlace = placeOf(plan.redirects.map(redirectKey));
  const isBrief = detail === "names";
  return [
    choices(
      {
        id: narrowInputs.permissions,
        label: "Permissions that stay",
        value: chosen.permissions.map(permissionPlace),
      },
      permissions.map(({ key, permission: { name, rank, kind, apiName } }) => ({
        text: [name, rankWords[rank], ...(isBrief ? [] : [kindWords[kind], apiName])].join(" · "),
        value: permissionPlace(key),
      })),
    ),
    choices(
      {
        id: narrowInputs.smaller,
        label: "Smaller ones to take instead",
        value: chosen.smaller.map(permissionPlace),
      },
      permissions.flatMap(({ key, permission, smaller }) =>
        smaller
          ? [{ text: `${smaller.name} instead of ${permission.name}`, value: permissionPlace(key) }]
          : [],
      ),
    ),
    choices(
      { id: narrowInputs.roles, label: "Directory roles that stay", value: chosen.roles.map(rolePlace) },
      roles.map(({ templateId, role }) => ({
        text: `${role.name} · ${rankWords[role.rank]}`,
        value: rolePlace(templateId),
      })),
    ),
    choices(
      {
        id: narrowInputs.redirects,
        label: "Addresses that sign-in may return to",
        value: chosen.redirects.map(redirectPlace),
      },
      redirects.map(({ key, uri }) => ({ text: uri, value: redirectPlace(key) })),
    ),
    ...(months.length > 0 ? [monthsField(months, chosen.months)] : []),
    noteField(view),
  ].filter(({ items }) => items.length > 0);
}

/** Clients may read the title of a choice as Markdown, so one that could be is written above and named by a number. */
const mayBeMarkdown = /[*`~[\]\\<>!#|]|\{\{|(?:^|\W)_|_(?:\W|$)/;
const longestTitle = 200;

function choices(
  { id, label, value }: { id: string; label: string; value: string[] },
  all: readonly { text: string; value: string }[],
): Field {
  if (all.length === 0) return { items: [] };
  const above: Line[] = [];
  const titled = all.map(({ text, value: each }, at): Choice => {
    const title = quoted(text, longestTitle);
    if (title === text && !mayBeMarkdown.test(text)) return { title, value: each };
    above.push({ inlines: plain(`${at + 1}: ${text}`) });
    return { title: `Number ${at + 1}, as written above`, value: each };
  });
  const ticked = value.filter((each) => titled.some((choice) => choice.value === each));
  return {
    items: [
      ...above.map((line) => ({ type: "RichTextBlock", spacing: "Small", ...line })),
      {
        type: "Input.ChoiceSet",
        id,
        label,
        // All may be taken away; the server says when nothing is left that could be made.
        isRequired: false,
        errorMessage: "Choose what stays.",
        style: titled.length > mostOpen ? "compact" : "expanded",
        isMultiSelect: true,
        wrap: true,
        choices: titled,
        ...(ticked.length > 0 && { value: ticked.join(",") }),
      },
    ],
  };
}

function monthsField(months: readonly number[], chosen: number | undefined): Field {
  const value = String(chosen ?? months[0]);
  return {
    items: [
      {
        type: "Input.ChoiceSet",
        id: narrowInputs.months,
        label: "How long the secret lives",
        isRequired: true,
        errorMessage: "Choose how long the secret lives.",
        style: "compact",
        isMultiSelect: false,
        wrap: true,
        choices: months.map((each) => ({ title: counted(each, "month"), value: String(each) })),
        value: months.map(String).includes(value) ? value : String(months[0]),
      },
    ],
  };
}

function noteField({ note, needsNote }: NarrowingView): Field {
  return {
    items: [
      {
        type: "Input.Text",
        id: narrowInputs.note,
        label: needsNote
          ? "Why is this right? The person who asked will read it, and it is kept."
          : "A note to the person who asked (may stay empty)",
        isMultiline: true,
        maxLength: longestNote,
        isRequired: needsNote,
        errorMessage: needsNote
          ? `Say why, in at most ${longestNote} characters.`
          : `At most ${longestNote} characters, please.`,
        ...(note ? { value: cut(note, 2 * longestNote) } : {}),
      },
    ],
  };
}
