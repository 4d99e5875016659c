import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { DraftId } from "../../src/domain/ids.ts";
import type { RequestState } from "../../src/domain/request.ts";
import { SecretText } from "../../src/domain/secret-text.ts";
import {
  approvalCard,
  type Card,
  chooserCard,
  confirmRevokeCard,
  draftDoneCard,
  formCard,
  helpCard,
  messageCard,
  registrationsCard,
  requestCard,
  reviewCard,
  revokedCard,
  sentenceCard,
} from "../../src/teams/cards.ts";
import { expandTemplate, type TemplateName } from "../../src/teams/expand.ts";
import type { Message } from "../../src/usecases/telling/messages.ts";
import {
  aBlueprint,
  ada,
  aPermission,
  aPlan,
  aRegistration,
  aRequest,
  aView,
  draftId,
  grace,
  later,
  noon,
  requestId,
  somePermissions,
} from "./views.ts";

const { AdaptiveCard, SerializationContext, Versions } = createRequire(import.meta.url)(
  "adaptivecards/dist/adaptivecards.js",
);
const folder = new URL("../../cards/", import.meta.url);
const states: RequestState[] = ["pending", "denied", "withdrawn", "approved", "provisioned", "failed"];
const draft = draftId as DraftId;

/** Everything that typed text may hide, in one text. */
const hostile =
  "[pay](https://evil.example) **b** <at>All</at> ${title} ${1+1} {{DATE(2017-02-14T06:08:39Z)}} \u202Eabc 👩‍🚀 `x` \\n";

const common = ["type", "spacing", "separator"];
const input = [...common, "id", "label", "isRequired", "errorMessage", "value"];
const action = ["type", "title", "style", "data", "associatedInputs"];
/** The elements and properties of schema 1.5 that Usher's cards use. */
const schema: Record<string, string[]> = {
  AdaptiveCard: ["type", "$schema", "version", "fallbackText", "speak", "body", "actions"],
  ActionSet: [...common, "actions"],
  Container: [...common, "items", "style"],
  RichTextBlock: [...common, "inlines"],
  TextBlock: [...common, "text", "style", "size", "weight", "wrap"],
  TextRun: ["type", "text", "weight", "color", "fontType", "isSubtle"],
  "Input.ChoiceSet": [...input, "style", "isMultiSelect", "wrap", "choices"],
  "Input.Number": [...input, "min", "max"],
  "Input.Text": [...input, "isMultiline", "maxLength", "placeholder", "style"],
  "Input.Toggle": [...input, "title"],
  "Action.Execute": [...action, "verb", "fallback"],
  "Action.OpenUrl": ["type", "title", "url"],
  "Action.ShowCard": ["type", "title", "style", "card"],
  "Action.Submit": action,
};
const verbData: Record<string, string[]> = {
  "intake/choose": ["draft"],
  "intake/review": ["draft"],
  "intake/back": ["draft"],
  "intake/submit": ["draft"],
  "intake/cancel": ["draft"],
  "approval/approve": ["request", "revision"],
  "approval/deny": ["request", "revision"],
  "request/withdraw": ["request", "revision"],
  "registration/revoke": ["registration"],
  "registration/confirm-revoke": ["registration"],
  "registration/keep": ["registration"],
  "list/page": ["scope", "after"],
};

type Node = { type: string } & Record<string, unknown>;

/** Every object with a type, wherever it stands in the card. */
function elements(value: unknown): Node[] {
  if (Array.isArray(value)) return value.flatMap(elements);
  if (typeof value !== "object" || value === null) return [];
  const inner = Object.values(value).flatMap(elements);
  return "type" in value ? [value as Node, ...inner] : inner;
}

const verbsOf = (card: Card) =>
  elements(card)
    .filter(({ type }) => type === "Action.Execute")
    .map(({ verb }) => verb as string);

/** The words of a card as a person reads them, one line per block. */
function linesOf(card: Card): string[] {
  return elements(card).flatMap((node) => {
    if (node.type === "TextBlock") return [node.text as string];
    if (node.type === "RichTextBlock") return [(node.inlines as Node[]).map(({ text }) => text).join("")];
    return [];
  });
}
const wordsOf = (card: Card) => linesOf(card).join("\n");

function assertGoodCard(card: Card, { mayHoldExpressions = false } = {}): void {
  const json = JSON.stringify(card);
  assert.ok(Buffer.byteLength(json) < 28_000, `${Buffer.byteLength(json)} bytes`);
  if (!mayHoldExpressions) assert.doesNotMatch(json, /\$\{|\$when|\$data|undefined|\[object/);
  for (const node of elements(card)) {
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
  assert.deepEqual([...events, ...failures], []);
}

function assertGoodAction({ verb, title, data, fallback, associatedInputs }: Node): void {
  const keys = verbData[verb as string];
  assert.ok(keys, `${verb} is no verb`);
  assert.deepEqual(Object.keys(data as object), ["verb", ...keys]);
  assert.equal((data as Node).verb, verb);
  const again = fallback as Node;
  assert.deepEqual([again.type, again.title, again.data], ["Action.Submit", title, data]);
  assert.equal(again.associatedInputs, associatedInputs);
}

describe("card templates", () => {
  const names = readdirSync(folder).flatMap(
    (file) => /^([a-z-]+)\.json$/.exec(file)?.[1] ?? [],
  ) as TemplateName[];

  it("are all there", () => {
    assert.ok(names.length >= 11, names.join(" "));
  });

  for (const name of names) {
    it(`${name} draws its sample`, () => {
      const sample = JSON.parse(readFileSync(new URL(`${name}.sample.json`, folder), "utf8"));
      const drawn = expandTemplate(name, sample);
      // A part of a card is looked at inside one.
      assertGoodCard(
        drawn.type === "AdaptiveCard" ? drawn : { type: "AdaptiveCard", version: "1.5", body: [drawn] },
      );
    });
  }

  it("go over their data once only", () => {
    const lines = [{ inlines: [{ type: "TextRun", text: "${title}" }] }];
    const card = expandTemplate("notice", { summary: "${title}", title: "Taken", lines });
    assert.equal(card.speak, "${title}");
    assert.deepEqual(linesOf(card), ["Taken", "${title}"]);
  });
});

describe("a request's cards", () => {
  for (const state of states) {
    it(`are drawn when it is ${state}`, () => {
      const view = aView(aRequest(state));
      const approval = approvalCard(view);
      const own = requestCard(view);
      const told = messageCard({ kind: "decision", view }).card!;
      for (const card of [approval, own, told]) assertGoodCard(card);
      assert.deepEqual(verbsOf(approval), state === "pending" ? ["approval/approve", "approval/deny"] : []);
      assert.deepEqual(verbsOf(own), state === "pending" ? ["request/withdraw"] : []);
      assert.deepEqual(verbsOf(told), []);
    });
  }

  it("tell the approver who, which system, how dangerous and why, in this order, before anything else", () => {
    assert.deepEqual(linesOf(approvalCard(aView(aRequest("pending")))).slice(0, 6), [
      "Approve this app registration?",
      "Who: Ada Lovelace",
      "System: Netwrix Identity Manager",
      "Name: Netwrix Identity Manager Contoso",
      "High risk (1 of 3 permissions): it can read or change much of the organisation's data. Acts without a signed-in person.",
      "Why: The yearly review of access needs it.",
    ]);
  });

  it("carry the revision that they were drawn from", () => {
    const presses = elements(approvalCard(aView(aRequest("pending")))).filter(
      ({ type }) => type === "Action.Execute",
    );
    assert.deepEqual(presses[0]?.data, { verb: "approval/approve", request: requestId, revision: 2 });
    assert.deepEqual(presses[1]?.data, { verb: "approval/deny", request: requestId, revision: 2 });
  });

  it("need a reason to deny", () => {
    const denial = elements(approvalCard(aView(aRequest("pending")))).find(({ id }) => id === "denial");
    assert.deepEqual([denial?.isRequired, denial?.isMultiline], [true, true]);
  });

  it("say who decided, when and why", () => {
    const view = aView(aRequest("denied"));
    for (const card of [
      approvalCard(view),
      requestCard(view),
      messageCard({ kind: "decision", view }).card!,
    ]) {
      assert.match(
        wordsOf(card),
        /Denied on 20 Nov 2026, 14:05 UTC by: Grace Hopper\nReason: Ask for less\./,
      );
    }
  });

  it("say who can decide, and how long it has waited when asked", () => {
    const words = wordsOf(requestCard(aView(aRequest("pending")), later));
    assert.match(words, /Waits since: 20 Nov 2026, 12:00 UTC \(2 hours\)/);
    assert.match(words, /Can decide: Grace Hopper, Alan Turing/);
  });

  it("say when nobody can decide, when it is unknown who can, and when no channel is set", () => {
    const pending = aRequest("pending");
    assert.match(wordsOf(requestCard(aView(pending, { deciders: [] }))), /Nobody can decide yet/);
    const { deciders: _, ...unknown } = aView(pending);
    assert.match(wordsOf(requestCard({ ...unknown, deciders: undefined })), /could not be looked up/);
    assert.match(
      wordsOf(requestCard(aView(pending, { hasApprovalsChannel: false }))),
      /No approvals channel is set/,
    );
  });

  it("show each step with how far it is in words, and leave out grants that the plan does not need", () => {
    const plan = aPlan({ permissions: [aPermission("User.Read")] });
    const words = wordsOf(
      approvalCard(aView(aRequest("approved", { plan }), { permissions: [aPermission("User.Read")] })),
    );
    assert.match(words, /Done: the application\nWorking: its service principal/);
    assert.match(words, /Not yet: consent to what it does for signed-in people/);
    assert.match(
      words,
      /Trying since 20 Nov 2026, 14:05 UTC: a personal chat for the one-time link\. Say hello to Usher alone\./,
    );
    assert.doesNotMatch(words, /by itself\n/);
  });

  it("hand over under the vendor's labels, without the secret, and number what to do next", () => {
    const words = wordsOf(requestCard(aView(aRequest("provisioned"))));
    assert.match(words, /Application ID\n12345678-0000-4000-8000-000000000001\nGoes in: Connections > Entra/);
    assert.match(words, /Tenant ID\n11111111-1111-4111-8111-111111111111/);
    assert.match(
      words,
      /Client Secret\nThe secret comes by a link in your personal chat with Usher. It works until 20 Nov 2027\./,
    );
    assert.match(words, /1\. Open the connector's settings\.\n2\. Paste the three values\./);
    assert.doesNotMatch(words, /Client ID/);
  });

  it("show the client ID even when the blueprint does not list it", () => {
    const plan = aPlan({ handover: [] });
    const view = aView(aRequest("provisioned", { plan }), { handover: [] });
    assert.match(wordsOf(requestCard(view)), /Client ID\n12345678-0000-4000-8000-000000000001/);
  });

  it("say that what was made has been revoked", () => {
    for (const state of ["revoking", "revoked"] as const) {
      const view = aView(aRequest("provisioned"), { registration: aRegistration(state) });
      for (const card of [approvalCard(view), requestCard(view)]) {
        assertGoodCard(card);
        assert.match(
          wordsOf(card),
          state === "revoking" ? /^Being revoked\n/ : /^Revoked\n[\s\S]*Revoked on .* by: Grace Hopper/,
        );
      }
      assert.doesNotMatch(wordsOf(requestCard(view)), /Paste the three values|The secret comes/);
    }
  });
});

describe("what Usher says by itself", () => {
  const about = { requestId, displayName: hostile };
  const url = new SecretText("https://usher.contoso.example/s/token");
  const messages: Message[] = [
    { kind: "approval", view: aView(aRequest("pending", { requester: { ...ada, name: hostile } })) },
    { kind: "request", view: aView(aRequest("approved")) },
    { kind: "decision", view: aView(aRequest("failed")) },
    { kind: "link", ...about, url, expiresAt: later },
    { kind: "link-gone", ...about, state: "revealed" },
    { kind: "link-gone", ...about, state: "expired" },
    { kind: "link-gone", ...about, state: "cancelled" },
    { kind: "no-approvals-channel", requestId, requester: { ...ada, name: hostile } },
    { kind: "approvals-channel-moved", by: { ...grace, name: hostile } },
    { kind: "approval-card-lost", requestId },
    { kind: "open-personal-chat", requestId },
    { kind: "revoked", ...about, by: { ...grace, name: hostile } },
  ];

  for (const [at, message] of messages.entries()) {
    it(`is drawn: ${message.kind} (${at})`, () => {
      const { card, text, summary } = messageCard(message);
      assert.ok(card !== undefined || text !== undefined);
      if (card) assertGoodCard(card, { mayHoldExpressions: true });
      assert.doesNotMatch(`${text}${summary}`, /<at>|\u202E|\n/);
      assert.ok(summary.length > 10);
    });
  }

  it("opens the secret with a button, and says for whom, how often and until when", () => {
    const { card } = messageCard({ kind: "link", requestId, displayName: "x", url, expiresAt: later });
    assert.deepEqual(
      elements(card)
        .filter(({ type }) => type === "Action.OpenUrl")
        .map((each) => each.url),
      [url.reveal()],
    );
    assert.match(wordsOf(card!), /Only you can open it, and only once, until 20 Nov 2026, 14:05 UTC/);
  });

  it("shows the link nowhere but on the button", () => {
    const { card, summary } = messageCard({
      kind: "link",
      requestId,
      displayName: "x",
      url,
      expiresAt: later,
    });
    assert.equal(JSON.stringify({ card, summary }).split(url.reveal()).length, 2);
  });
});

describe("the form", () => {
  const form = (changes: Partial<Parameters<typeof formCard>[0]> = {}) =>
    formCard({ draftId: draft, blueprint: aBlueprint, values: {}, errors: {}, ...changes });
  const field = (card: Card, id: string) => elements(card).find((node) => node.id === id)!;

  it("asks every question of the blueprint with the right input", () => {
    const card = form();
    assertGoodCard(card);
    const inputs = elements(card).flatMap(({ type, id }) =>
      type.startsWith("Input.") ? [`${id} ${type}`] : [],
    );
    assert.deepEqual(inputs, [
      "q_name Input.Text",
      "q_api Input.Text",
      "q_redirects Input.Text",
      "q_months Input.Number",
      "q_fulfill Input.Toggle",
      "q_scope Input.ChoiceSet",
      "q_region Input.ChoiceSet",
      "q_parts Input.ChoiceSet",
      "q_group Input.Text",
      "reason Input.Text",
    ]);
    assert.equal(field(card, "q_redirects").value, "https://a.example/x\nhttps://b.example/y");
    assert.equal(field(card, "q_scope").style, "expanded");
    assert.equal(field(card, "q_region").style, "compact");
  });

  it("does not offer what is always included, and says that it is", () => {
    const card = form();
    assert.deepEqual(field(card, "q_parts").choices, [
      { title: "Mail", value: "mail" },
      { title: "Files", value: "files" },
    ]);
    assert.equal(field(card, "q_parts").isRequired, false);
    assert.match(wordsOf(card), /Always included: Core\./);
  });

  it("says when a question counts, and lets the form go without it", () => {
    const group = field(form(), "q_group");
    assert.equal(
      group.label,
      'Group (only if "Write back" is yes, "Parts" has "Mail" or "Files" and "How far" is not "Several")',
    );
    assert.equal(group.isRequired, false);
  });

  it("keeps what the person typed and names the fields that must be mended", () => {
    const values = {
      name: hostile,
      months: "99",
      fulfill: "true",
      scope: "many",
      parts: "mail,files",
      api: "ftp://x",
    };
    const card = form({
      values,
      reason: hostile,
      errors: { months: "1 to 24, please.", reason: "Say why." },
    });
    assertGoodCard(card, { mayHoldExpressions: true });
    assert.equal(field(card, "q_name").value, hostile);
    assert.equal(field(card, "reason").value, hostile);
    assert.equal(field(card, "q_months").value, 99);
    assert.equal(field(card, "q_fulfill").value, "true");
    assert.equal(field(card, "q_scope").value, "many");
    assert.equal(field(card, "q_parts").value, "mail,files");
    const lines = linesOf(card);
    assert.equal(
      lines[1],
      'Please mend: "Months" and "Why do you need it?". What you typed is kept; nothing was sent.',
    );
    assert.ok(lines.includes("Please mend: 1 to 24, please."));
  });

  it("does not bring a default back that the person took away", () => {
    const blueprint = {
      ...aBlueprint,
      ask: [{ ...aBlueprint.ask[7]!, default: ["mail"] }],
    } as typeof aBlueprint;
    assert.equal(field(form({ blueprint }), "q_parts").value, "mail");
    assert.equal(field(form({ blueprint, values: { other: "x" } }), "q_parts").value, undefined);
  });

  it("stays small whatever was sent to it", () => {
    const values = Object.fromEntries(aBlueprint.ask.map(({ key }) => [key, "漢".repeat(50_000)]));
    assertGoodCard(form({ values, reason: "漢".repeat(50_000), errors: { name: "x".repeat(5000) } }));
  });

  it("takes values of any shape without showing them", () => {
    for (const value of [null, { a: 1 }, [{}], "NaN", Number.NaN, Number.POSITIVE_INFINITY]) {
      assertGoodCard(form({ values: Object.fromEntries(aBlueprint.ask.map(({ key }) => [key, value])) }));
    }
  });
});

describe("the other cards", () => {
  it("ask for a system, and say so when there is none", () => {
    const blueprints = [
      { id: "a", title: "A" },
      { id: "b", title: "B" },
    ];
    const card = chooserCard({ draftId: draft, blueprints, chosen: "b", error: "Choose one." });
    assertGoodCard(card);
    assert.deepEqual(verbsOf(card), ["intake/choose", "intake/cancel"]);
    assert.equal(elements(card).find(({ id }) => id === "blueprint")?.value, "b");
    const empty = chooserCard({ draftId: draft, blueprints: [] });
    assertGoodCard(empty);
    assert.deepEqual(verbsOf(empty), ["intake/cancel"]);
  });

  it("show a plan before it is submitted", () => {
    const card = reviewCard({
      draftId: draft,
      plan: aPlan(),
      permissions: somePermissions,
      reason: "Because.",
    });
    assertGoodCard(card);
    assert.deepEqual(verbsOf(card), ["intake/submit", "intake/back", "intake/cancel"]);
    const words = wordsOf(card);
    for (const expected of [
      "Group.ReadWrite.All · High risk · acts by itself · Microsoft Graph. What Group.ReadWrite.All lets",
      "User.Read · Low risk · acts for a signed-in person · Microsoft Graph.",
      "Who can sign in: people of this organisation only",
      "Sign-in returns to (website): https://identity.contoso.example/signin",
      "Handed straight to the browser: ID tokens",
      "Credential: a secret for 12 months, named usher",
    ]) {
      assert.ok(words.includes(expected), expected);
    }
  });

  it("list registrations with a button for one's own active ones only", () => {
    const other = aRegistration("active", { owner: grace });
    const rows = [aRegistration("active"), aRegistration("revoking"), aRegistration("revoked"), other];
    const own = registrationsCard({ scope: "own", rows: rows.slice(0, 3), next: "x", now: noon });
    const all = registrationsCard({ scope: "all", rows, now: noon, viewer: ada.userId });
    for (const card of [own, all]) assertGoodCard(card);
    assert.deepEqual(verbsOf(own), ["registration/revoke", "list/page"]);
    assert.deepEqual(verbsOf(all), ["registration/revoke"]);
    assert.match(wordsOf(own), /Active, its secret works until 20 Nov 2027 \(365 days left\)/);
    assert.match(wordsOf(all), /Owner: Grace Hopper/);
    assertGoodCard(registrationsCard({ scope: "own", rows: [], now: noon }));
  });

  it("list twenty registrations with long names", () => {
    const row = aRegistration("active", {
      plan: aPlan({ displayName: "漢".repeat(120) }),
      owner: { ...ada, name: "漢".repeat(60) },
    });
    const rows = Array.from({ length: 20 }, () => row);
    const card = registrationsCard({ scope: "all", rows, next: "x", now: noon, viewer: ada.userId });
    assertGoodCard(card);
    assert.equal(linesOf(card).filter((line) => line.startsWith("漢漢漢")).length, 20);
    assert.ok(verbsOf(card).includes("list/page"));
  });

  it("ask once before revoking, and say what became of it", () => {
    const confirm = confirmRevokeCard(aRegistration("active"));
    assertGoodCard(confirm);
    assert.deepEqual(verbsOf(confirm), ["registration/confirm-revoke", "registration/keep"]);
    for (const state of ["active", "revoking", "revoked"] as const)
      assertGoodCard(revokedCard(aRegistration(state)));
    assert.match(
      wordsOf(revokedCard(aRegistration("revoked"))),
      /Entra keeps the application until 20 Dec 2026/,
    );
  });

  it("list the commands that a person has", () => {
    const [plain, full] = [
      helpCard({ isApprover: false, isAdmin: false }),
      helpCard({ isApprover: true, isAdmin: true }),
    ];
    for (const card of [plain, full, draftDoneCard(), sentenceCard("Refused", hostile)]) {
      assertGoodCard(card, { mayHoldExpressions: true });
    }
    assert.doesNotMatch(wordsOf(plain), /approve|approvals here/);
    assert.match(wordsOf(full), /approve REQ-… rN: [\s\S]*approvals here: /);
  });
});

describe("text that people typed", () => {
  const typist = { ...ada, name: `${hostile} name` };
  const plan = aPlan({
    displayName: `${hostile} app`,
    redirects: [{ platform: "web", uri: `${hostile} uri` }],
    credential: { kind: "secret", label: `${hostile} label`, months: 1 },
    next: [`${hostile} next`],
  });
  const own = { requester: typist, plan, reason: `${hostile} reason` };
  const decider = { ...grace, name: `${hostile} decider` };
  const registration = aRegistration("active", { plan, owner: typist });
  const cards: Record<string, Card> = {
    form: formCard({
      draftId: draft,
      blueprint: aBlueprint,
      values: { name: hostile },
      errors: { name: hostile },
      sentence: hostile,
    }),
    review: reviewCard({ draftId: draft, plan, permissions: somePermissions, reason: own.reason }),
    registrations: registrationsCard({ scope: "all", rows: [registration], now: noon }),
    confirm: confirmRevokeCard(registration),
    revoked: revokedCard({ ...registration, state: "revoked", revokedBy: decider, revokedAt: later }),
    done: draftDoneCard(hostile),
    sentence: sentenceCard("Refused", hostile),
  };
  for (const state of states) {
    const request = aRequest(state, own);
    const decided = "decidedBy" in request ? { ...request, decidedBy: decider } : request;
    const told = {
      ...decided,
      ...(decided.state === "denied" && { denial: hostile }),
      ...(decided.state === "failed" && { failure: hostile }),
    } as typeof request;
    const view = aView(told, {
      ...(state === "pending" && { deciders: [hostile, hostile] }),
      steps: [{ step: "application", state: "waiting", since: later, note: hostile }],
      handover: [{ label: "Tenant ID", value: hostile, where: hostile }],
      ...(state === "provisioned" && { registration }),
    });
    cards[`approval ${state}`] = approvalCard(view);
    cards[`request ${state}`] = requestCard(view);
    cards[`decision ${state}`] = messageCard({ kind: "decision", view }).card!;
  }

  for (const [name, card] of Object.entries(cards)) {
    it(`stays text, exactly, on the card: ${name}`, () => {
      assertGoodCard(card, { mayHoldExpressions: true });
      assert.ok(wordsOf(card).includes(hostile), "the text is not there as it was typed");
      for (const node of elements(card)) {
        for (const [key, value] of Object.entries(node)) {
          if (typeof value !== "string" || !/evil|<at>|\$\{|\u202E/.test(value)) continue;
          const where = `${node.type}.${key}`;
          assert.ok(where === "TextRun.text" || where === "Input.Text.value", `typed text in ${where}`);
          // Clients turn {{DATE(…)}} into a date inside one run.
          if (where === "TextRun.text") assert.doesNotMatch(value, /\{\{/);
        }
      }
    });
  }

  it("keeps its line breaks and right-to-left writing", () => {
    const reason = "first line\nשלום עולם\u200F\nlast line";
    assert.ok(wordsOf(approvalCard(aView(aRequest("pending", { reason })))).includes(`Why: ${reason}`));
  });

  it("is last in its line, so that it turns the direction of nothing else", () => {
    const line = linesOf(approvalCard(aView(aRequest("pending", own)))).find((each) =>
      each.startsWith("Who: "),
    );
    assert.ok(line?.endsWith(typist.name));
  });
});

describe("a long plan", () => {
  const many = (count: number) =>
    Array.from({ length: count }, (_, at) => ({
      ...aPermission(
        `SomeRatherLongResourceName${at}.ReadWrite.All`,
        at % 2 ? "application" : "delegated",
        at < 3 ? "high" : "low",
      ),
      sentence: "s".repeat(160),
    }));
  const redirects = Array.from({ length: 20 }, (_, at) => ({
    platform: "web" as const,
    uri: `https://host${at}.example/${"p".repeat(200)}`,
  }));
  const drawn = (count: number) => {
    const permissions = many(count);
    const plan = aPlan({ permissions, redirects, displayName: "n".repeat(120) });
    const view = aView(aRequest("pending", { plan, reason: "漢".repeat(1000) }), { permissions });
    const review = reviewCard({ draftId: draft, plan, permissions, reason: "漢".repeat(1000) });
    return { permissions, approval: approvalCard(view), review, own: requestCard(view) };
  };

  it("with 60 permissions names every one of them and can be approved", () => {
    const { permissions, approval, review, own } = drawn(60);
    for (const card of [approval, review, own]) assertGoodCard(card);
    for (const card of [approval, review]) {
      for (const { name } of permissions) assert.ok(wordsOf(card).includes(name), name);
      for (const { uri } of redirects) assert.ok(wordsOf(card).includes(uri), uri);
    }
    assert.ok(verbsOf(approval).includes("approval/approve"));
  });

  it("that cannot be shown whole can be denied, but neither approved nor submitted", () => {
    const { approval, review } = drawn(600);
    for (const card of [approval, review]) assertGoodCard(card);
    assert.deepEqual(verbsOf(approval), ["approval/deny"]);
    assert.match(wordsOf(approval), /… and \d+ more/);
    assert.match(wordsOf(approval), /too long to be shown whole/);
    assert.ok(!verbsOf(review).includes("intake/submit"));
  });
});
