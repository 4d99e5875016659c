import { readFileSync } from "node:fs";
import { Template } from "adaptivecards-templating";

/** An Adaptive Card, or an element of one, as plain JSON. */
export type Card = Record<string, unknown>;

export type TemplateName =
  | "already"
  | "approval"
  | "audit"
  | "chooser"
  | "confirm-revoke"
  | "doctor"
  | "drift"
  | "form"
  | "help"
  | "link"
  | "narrow"
  | "notice"
  | "plan"
  | "powers"
  | "registrations"
  | "request"
  | "review";

const compiled = new Map<TemplateName, Template>();

/**
 * Fills `cards/<name>.json`; it is read and compiled once per process. The data must hold every field that the
 * template names: the library leaves `${field}` standing for one that is missing. It goes over the template once
 * and never looks into what it put in, so a `${…}` in the data comes out as it is.
 */
export function expandTemplate(name: TemplateName, data: object): Card {
  let template = compiled.get(name);
  if (!template) {
    template = new Template(
      JSON.parse(readFileSync(new URL(`../../cards/${name}.json`, import.meta.url), "utf8")),
    );
    compiled.set(name, template);
  }
  return template.expand({ $root: data }) as Card;
}
