/** Markup that may stand in a page as it is. Only `html` makes it. */
export class Html {
  readonly #markup: string;

  constructor(markup: string) {
    this.#markup = markup;
  }

  toString(): string {
    return this.#markup;
  }
}

type Piece = string | Html | readonly Html[] | undefined;

/** A piece of a page: every value between the literal parts is escaped, unless it is such a piece itself. */
export function html(literals: TemplateStringsArray, ...values: Piece[]): Html {
  const pieces = values.map((value, index) => markupOf(value) + literals[index + 1]);
  return new Html(literals[0] + pieces.join(""));
}

function markupOf(value: Piece): string {
  if (value === undefined) return "";
  if (typeof value === "string") return escapeHtml(value);
  return value instanceof Html ? value.toString() : value.join("");
}

const entities: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Safe in text and in a quoted attribute. */
function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities[character]!);
}
