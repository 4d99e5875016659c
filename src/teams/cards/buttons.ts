import type { Card } from "../expand.ts";

type Button = {
  title: string;
  verb: string;
  /**
   * Names of things only; nothing of it is decided upon. Never one called `key`: the client's own renderer
   * (adaptivecards 3) fails to send it, "Cannot assign to read only property 'key'".
   */
  data: Readonly<Record<string, unknown>> & { key?: never };
  style?: "positive" | "destructive";
  /** What was typed and ticked on the card goes along. */
  takesInputs?: true;
  /** In the menu behind the others. */
  isSecondary?: true;
};

/** A press that is answered. Clients that cannot do it send its fallback, which is the same press as a message. */
export function execute({ title, verb, data, style, takesInputs, isSecondary }: Button): Card {
  const look = {
    title,
    ...(style && { style }),
    ...(isSecondary && { mode: "secondary" }),
    data: { verb, ...data },
    ...(!takesInputs && { associatedInputs: "none" }),
  };
  return { type: "Action.Execute", verb, ...look, fallback: { type: "Action.Submit", ...look } };
}

/** A button that opens an input, with the press that sends it. */
export function ask(
  button: { title: string; style?: Button["style"] },
  input: Card,
  send: Omit<Button, "takesInputs">,
): Card {
  return {
    type: "Action.ShowCard",
    ...button,
    card: { type: "AdaptiveCard", body: [input], actions: [execute({ ...send, takesInputs: true })] },
  };
}

/** A button that says once more what it does, with the press that does it. */
export function confirm(
  button: { title: string; style?: Button["style"] },
  question: string,
  act: Omit<Button, "takesInputs">,
): Card {
  const body = [{ type: "TextBlock", text: question, wrap: true }];
  return {
    type: "Action.ShowCard",
    ...button,
    card: { type: "AdaptiveCard", body, actions: [execute(act)] },
  };
}

/** The longest text that the server takes. */
const longestText = 1000;

/** Where a person writes some sentences that another person will read. */
export function sentencesInput(input: { id: string; label: string; errorMessage: string }): Card {
  return { type: "Input.Text", ...input, isMultiline: true, maxLength: longestText, isRequired: true };
}
