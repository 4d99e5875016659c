import type { Blueprint } from "../../domain/blueprint.ts";
import { type Card, expandTemplate } from "../expand.ts";
import { quoted } from "../words.ts";
import { complaint, type Line, plain } from "./text.ts";

/** Up to this many systems stand open on the card; more are found by typing. */
const mostOpen = 6;

/** Asks which system it is for. `typed`: what was said with it, when it means no system or several. */
export function chooserCard(choice: {
  draftId: string;
  blueprints: readonly Pick<Blueprint, "id" | "title">[];
  typed?: { text: string; isKnown: boolean };
  error?: string;
}): Card {
  const { draftId, blueprints, typed, error } = choice;
  const only = blueprints.length === 1 ? blueprints[0]?.id : undefined;
  const input = {
    type: "Input.ChoiceSet",
    id: "blueprint",
    label: "Which system is it for?",
    isRequired: true,
    errorMessage: "Please choose one of the list.",
    // Teams finds what is typed into a filtered list; a client that cannot do it shows a drop-down.
    ...(blueprints.length <= mostOpen
      ? { style: "expanded" }
      : { style: "filtered", placeholder: "Type a part of its name" }),
    wrap: true,
    choices: blueprints.map(({ id, title }) => ({ title, value: id })),
    ...(only !== undefined && { value: only }),
  };
  return expandTemplate("chooser", {
    summary: "New app registration: choose the system that it is for.",
    draftId,
    complaints: [
      ...(typed && blueprints.length > 0 ? [typedLine(typed)] : []),
      ...(error === undefined ? [] : [complaint(error)]),
    ],
    isEmpty: blueprints.length === 0,
    choice: blueprints.length === 0 ? [] : input,
  });
}

function typedLine({ text, isKnown }: { text: string; isKnown: boolean }): Line {
  const name = `“${quoted(text, 60)}”`;
  return {
    inlines: plain(
      isKnown ? `Several systems match ${name}.` : `There is no system called ${name}. Choose one of these.`,
    ),
  };
}
