import { cut } from "../words.ts";

/** A run of text in a RichTextBlock. Unlike a TextBlock it renders no Markdown. */
export type TextRun = {
  type: "TextRun";
  text: string;
  weight?: "Bolder";
  color?: "Attention";
  fontType?: "Monospace";
  isSubtle?: true;
};
type Look = Omit<TextRun, "type" | "text">;

/** One RichTextBlock of a card. */
export type Line = { inlines: TextRun[] };

/** No text of a card is longer: what people may type is shorter, and a card must stay under 28 KB. */
const longest = 1200;

/**
 * Text that people typed, exactly as they typed it. Clients replace `{{DATE(…)}}` inside one run, so two braces
 * never stand in the same run.
 */
export function plain(text: string, look: Look = {}): TextRun[] {
  return cut(text, longest)
    .split(/(?<=\{)(?=\{)/)
    .map((part) => ({ type: "TextRun", text: part, ...look }));
}

/** A line of our own words. */
export const said = (text: string, look: Look = {}): Line => ({
  inlines: [{ type: "TextRun", text, ...look }],
});

/**
 * A label of ours and what people typed. The typed text comes last in its line: what turns the direction of writing
 * then turns nothing else.
 */
export function fact(label: string, text: string, look: Look = {}): Line {
  return { inlines: [{ type: "TextRun", text: `${label}: `, weight: "Bolder" }, ...plain(text, look)] };
}

/** What must be mended: said in words, not by the colour alone. */
export const complaint = (text: string): Line => ({
  inlines: [
    { type: "TextRun", text: "Please mend: ", weight: "Bolder", color: "Attention" },
    ...plain(text, { color: "Attention" }),
  ],
});

/** Some of a list, and how many more there are. */
export function some(words: readonly string[], most: number): string {
  const left = words.length - most;
  return left > 0 ? `${words.slice(0, most).join(", ")} … and ${left} more` : words.join(", ");
}
