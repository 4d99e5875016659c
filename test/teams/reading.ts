import assert from "node:assert/strict";
import { createRequire } from "node:module";
import type { Card } from "../../src/teams/cards.ts";

const { AdaptiveCard, SerializationContext, Versions } = createRequire(import.meta.url)(
  "adaptivecards/dist/adaptivecards.js",
);

/** Everything that typed text may hide, in one text. */
export const hostile =
  "[pay](https://evil.example) **b** <at>All</at> ${title} ${1+1} {{DATE(2017-02-14T06:08:39Z)}} \u202Eabc 👩‍🚀 `x` \\n";

const common = ["type", "spacing", "separator"];
const input = [...common, "id", "label", "isRequired", "errorMessage", "value"];
const action = ["type", "title", "style", "mode", "data", "associatedInputs"];
/** The elements and properties of schema 1.5 that Usher's cards use. */
const schema: Record<string, string[]> = {
  AdaptiveCard: ["type", "$schema", "version", "fallbackText", "speak", "body", "actions", "refresh"],
  ActionSet: [...common, "actions"],
  Container: [...common, "items", "style"],
  RichTextBlock: [...common, "inlines"],
  TextBlock: [...common, "text", "style", "size", "weight", "wrap"],
  TextRun: ["type", "text", "weight", "color", "fontType", "isSubtle"],
  "Input.ChoiceSet": [...input, "style", "isMultiSelect", "wrap", "choices", "choices.data", "placeholder"],
  // Of schema 1.6, which Teams takes in cards of any version: the people of the organisation.
  "Data.Query": ["type", "dataset"],
  "Input.Number": [...input, "min", "max"],
  "Input.Text": [...input, "isMultiline", "maxLength", "placeholder", "style"],
  "Input.Toggle": [...input, "title"],
  "Action.Execute": [...action, "verb", "fallback"],
  "Action.OpenUrl": ["type", "title", "url"],
  "Action.ShowCard": ["type", "title", "style", "card"],
  "Action.Submit": action,
};
/** What each verb brings along; the review goes back without a page that it comes from. */
const verbData: Record<string, string[]> = {
  "intake/choose": ["draft"],
  "intake/review": ["draft", "page"],
  "intake/upload": ["draft", "page", "question"],
  "intake/back": ["draft", "page", "from"],
  "intake/smaller": ["draft"],
  "intake/submit": ["draft", "mark"],
  "intake/cancel": ["draft"],
  "intake/anyway": ["draft"],
  "approval/approve": ["request", "revision"],
  "approval/deny": ["request", "revision"],
  "approval/return": ["request", "revision"],
  "approval/narrow": ["request", "revision"],
  "approval/offer": ["request", "revision"],
  "approval/back": ["request"],
  "provisioning/retry": ["request"],
  "provisioning/clean": ["request"],
  "approval/list": ["request", "page"],
  "approval/refresh": ["request"],
  "request/withdraw": ["request", "revision"],
  "request/accept": ["request", "revision"],
  "request/answer": ["request", "revision"],
  "request/edit": ["request", "revision"],
  "request/nudge": ["request", "revision"],
  "request/again": ["request"],
  "request/show": ["request"],
  "key/lost": ["request", "keyId"],
  "key/not-me": ["request", "keyId"],
  "key/new": ["request", "keyId"],
  "registration/revoke": ["registration"],
  "registration/confirm-revoke": ["registration"],
  "registration/keep": ["registration"],
  "registration/restore": ["registration"],
  "registration/confirm-restore": ["registration"],
  "registration/leave": ["registration"],
  "registration/confirm-stray": ["client"],
  "held/go-on": ["since"],
  "drift/repair": ["registration", "mark"],
  "drift/check": ["registration"],
  "drift/accept": ["registration", "mark"],
  "rotation/ask": ["registration"],
  "rotation/confirm": ["registration", "keyId"],
  "rotation/leave": ["registration"],
  "rotation/switched": ["registration", "keyId"],
  "rotation/cancel": ["registration", "keyId"],
  "ownership/ask": ["registration"],
  "ownership/transfer": ["registration"],
  "ownership/co-owner": ["registration"],
  "ownership/remove": ["registration", "person"],
  "ownership/leave": ["registration"],
  "ownership/accept": ["offer"],
  "ownership/decline": ["offer"],
  "ownership/withdraw": ["offer"],
  "ownership/approve": ["offer"],
  "ownership/deny": ["offer"],
  "owners/take-over": ["registration"],
  "owners/hand-over": ["registration"],
  "expiry/know": ["request"],
  "need/confirm": ["request"],
  "list/page": ["scope", "after", "filter"],
  "registration/show": ["registration", "scope", "after", "filter"],
  "audit/page": ["subject", "after"],
  "audit/export": ["subject", "format"],
};

export type Node = { type: string } & Record<string, unknown>;

/** Every object with a type, wherever it stands in the card. */
export function elements(value: unknown): Node[] {
  if (Array.isArray(value)) return value.flatMap(elements);
  if (typeof value !== "object" || value === null) return [];
  const inner = Object.values(value).flatMap(elements);
  return "type" in value ? [value as Node, ...inner] : inner;
}

export const verbsOf = (card: Card) =>
  elements(card)
    .filter(({ type }) => type === "Action.Execute")
    .map(({ verb }) => verb as string);

/** The words of a card as a person reads them, one line per block. */
export function linesOf(card: Card): string[] {
  return elements(card).flatMap((node) => {
    if (node.type === "TextBlock") return [node.text as string];
    if (node.type === "RichTextBlock") return [(node.inlines as Node[]).map(({ text }) => text).join("")];
    return [];
  });
}
export const wordsOf = (card: Card) => linesOf(card).join("\n");

export function assertGoodCard(card: Card, { mayHoldExpressions = false } = {}): void {
  const json = JSON.stringify(card);
  assert.ok(Buffer.byteLength(json) < 28_000, `${Buffer.byteLength(json)} bytes`);
  if (!mayHoldExpressions) assert.doesNotMatch(json, /\$\{|\$when|\$data|undefined|\[object/);
  // What a client does by itself is no button: it has no fallback.
  const { refresh: _refresh, ...shown } = card;
  for (const node of elements(shown)) {
    const known = schema[node.type];
    assert.ok(known, `${node.type} is no element of the schema`);
    const beyond = Object.keys(node).filter((key) => !known.includes(key));
    assert.deepEqual(beyond, [], `${node.type} has properties beyond the schema`);
    if (node.type.startsWith("Input."))
      assert.ok(node.label && node.errorMessage, `${node.id} has no label or error text`);
    if (node.type === "Action.Execute") assertGoodAction(node);
  }
  const context = new SerializationContext(Versions.v1_5);
  const parsed = new AdaptiveCard();
  parsed.parse(card, context);
  const events = Array.from({ length: context.eventCount }, (_, at) => context.getEventAt(at).message);
  const failures = parsed
    .validateProperties()
    .validationEvents.map(({ message }: { message: string }) => message);
  // Teams fills a picker of people itself, in cards of any version.
  const hasPicker = elements(card).some(({ type }) => type === "Data.Query");
  const isOfPicker = (message: string) =>
    hasPicker && /^Property "choices\.data" is supported|must have at least one choice/.test(message);
  assert.deepEqual(
    [...events, ...failures].filter((message) => !isOfPicker(message)),
    [],
  );
}

function assertGoodAction({ verb, title, data, fallback, associatedInputs }: Node): void {
  const keys = verbData[verb as string];
  assert.ok(keys, `${verb} is no verb`);
  const sent = Object.keys(data as object);
  assert.deepEqual(
    sent,
    ["verb", ...keys].filter((key) => key !== "from" || sent.includes("from")),
  );
  assert.equal((data as Node).verb, verb);
  const again = fallback as Node;
  assert.deepEqual([again.type, again.title, again.data], ["Action.Submit", title, data]);
  assert.equal(again.associatedInputs, associatedInputs);
}
