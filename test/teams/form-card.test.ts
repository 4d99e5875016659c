import assert from "node:assert/strict";
import { type Card, chooserCard, formCard } from "../../src/teams/cards.ts";
import { dayWords } from "../../src/teams/words.ts";
import type { FormView } from "../../src/usecases/telling/request-views.ts";
import { aCertificate } from "../support/certificates.ts";
import { assertGoodCard, elements, hostile, linesOf, verbsOf, wordsOf } from "./reading.ts";
import { aForm, allQuestions, draftId } from "./views.ts";

const form = (changes: Partial<FormView> = {}) => formCard(aForm(changes));
const field = (card: Card, id: string) => elements(card).find((node) => node.id === id)!;
/** Those of the whole page, which stand below all questions. */
const buttons = (card: Card) =>
  elements(card.actions).flatMap(({ type, title, data }) =>
    type === "Action.Execute" ? [{ title, data }] : [],
  );
const withoutCertificate = allQuestions.filter(({ type }) => type !== "certificate");

describe("the form", () => {
  it("asks every question of its page with the right input", () => {
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
      "q_tenant Input.Text",
      "q_roles Input.Text",
      "q_graph Input.Text",
      "q_pem Input.Text",
      "reason Input.Text",
    ]);
    assert.equal(field(card, "q_redirects").value, "https://a.example/x\nhttps://b.example/y");
    assert.equal(field(card, "q_scope").style, "expanded");
    assert.equal(field(card, "q_region").style, "compact");
    assert.equal(field(card, "q_roles").value, "Reader\nWriter");
    assert.match(String(field(card, "q_graph").placeholder), /Mail\.Read/);
  });

  it("takes a certificate whole, and says that the private key stays where it is", () => {
    const pem = `-----BEGIN CERTIFICATE-----\n${"MIIB".repeat(2000)}\n-----END CERTIFICATE-----`;
    const card = form({ values: { pem } });
    assertGoodCard(card);
    assert.deepEqual(
      [field(card, "q_pem").placeholder, field(card, "q_pem").maxLength, field(card, "q_pem").isMultiline],
      ["-----BEGIN CERTIFICATE-----", 12_000, true],
    );
    assert.equal(field(card, "q_pem").value, pem);
    assert.match(wordsOf(card), /never the private key/);
  });

  for (const kind of ["PRIVATE KEY", "RSA PRIVATE KEY", "ENCRYPTED PRIVATE KEY"]) {
    it(`does not repeat a private key, whatever field it was pasted into: ${kind}`, () => {
      const pasted = `-----BEGIN CERTIFICATE-----\nMIIB\n-----BEGIN ${kind}-----\nc2VjcmV0\n-----END ${kind}-----`;
      const values = Object.fromEntries(allQuestions.map(({ key }) => [key, pasted]));
      const lines = Object.fromEntries(allQuestions.map(({ key }) => [key, pasted.split("\n")]));
      for (const sent of [values, lines]) {
        const card = form({ values: sent, reason: pasted });
        assertGoodCard(card);
        assert.doesNotMatch(JSON.stringify(card), /c2VjcmV0|BEGIN [A-Z ]*KEY/);
      }
    });
  }

  it("does not repeat a private key of which only the beginning would be shown", () => {
    const name = `${"漢".repeat(20_000)} -----BEGIN PRIVATE KEY-----`;
    assert.equal(field(form({ values: { name } }), "q_name").value, undefined);
  });

  it("has Review alone on its only page, Next while more may follow, and Back after the first", () => {
    const titles = (card: Card) => buttons(card).map(({ title }) => title);
    assert.deepEqual(titles(form()), ["Review", "Cancel"]);
    assert.deepEqual(titles(form({ mayContinue: true })), ["Next", "Cancel"]);
    assert.deepEqual(titles(form({ page: 2, mayContinue: true })), ["Next", "Back", "Cancel"]);
    assert.deepEqual(titles(form({ page: 2 })), ["Review", "Back", "Cancel"]);
  });

  it("carries its page, and takes along what was typed when it goes back", () => {
    const card = form({ page: 2 });
    assertGoodCard(card);
    assert.deepEqual(
      buttons(card).map(({ data }) => data),
      [
        { verb: "intake/review", draft: draftId, page: 2 },
        { verb: "intake/back", draft: draftId, page: 1, from: 2 },
        { verb: "intake/cancel", draft: draftId },
      ],
    );
    const back = elements(card).find(({ verb }) => verb === "intake/back");
    assert.equal(back?.associatedInputs, undefined);
    assert.deepEqual(buttons(form({ page: 1 }))[1]?.data, {
      verb: "intake/back",
      draft: draftId,
      page: 0,
      from: 1,
    });
  });

  it("lets nobody be held on a page by its required fields, but says which they are", () => {
    const first = form({ questions: withoutCertificate });
    assert.deepEqual([field(first, "q_name").isRequired, field(first, "q_name").label], [true, "Name"]);
    assert.equal(field(first, "reason").isRequired, true);
    // Both Back and an upload are pressed while something is still empty.
    for (const other of [form({ page: 1, questions: withoutCertificate }), form()]) {
      assert.deepEqual(
        [field(other, "q_name").isRequired, field(other, "q_name").label],
        [false, "Name (required)"],
      );
      assert.equal(field(other, "reason").isRequired, false);
      assert.match(String(field(other, "reason").label), /\(required\)$/);
    }
  });

  describe("for a certificate", () => {
    it("has a button for whoever has a file, which takes along what was typed", () => {
      const card = form({ page: 2 });
      const upload = elements(card).find(({ verb }) => verb === "intake/upload");
      assert.equal(upload?.title, "Upload a file instead");
      assert.deepEqual(upload?.data, { verb: "intake/upload", draft: draftId, page: 2, question: "pem" });
      assert.equal(upload?.associatedInputs, undefined);
      assert.ok(!JSON.stringify(form({ questions: withoutCertificate })).includes("intake/upload"));
    });

    it("says where the link is once it was sent, beside the question that it is for", () => {
      assert.doesNotMatch(wordsOf(form()), /upload page/);
      assert.match(
        wordsOf(form({ linkSentFor: "pem" })),
        /The link to the upload page is in your own chat with Usher/,
      );
      assert.doesNotMatch(wordsOf(form({ linkSentFor: "other" })), /upload page/);
    });

    it("says what is in it, as text", async () => {
      const { pem, notAfter } = await aCertificate();
      const card = form({ values: { pem } });
      assertGoodCard(card);
      const words = wordsOf(card);
      assert.match(
        words,
        new RegExp(`It is valid until ${dayWords(notAfter)}\\.\nThumbprint: [0-9A-F]{40}\n`),
      );
      assert.match(words, /Name in it: backup\.larkfield\.example/);
      assert.doesNotMatch(wordsOf(form({ values: { pem: "nothing" } })), /Thumbprint/);
    });
  });

  it("says which page it is when there may be several", () => {
    assert.doesNotMatch(wordsOf(form()), /Page/);
    assert.match(wordsOf(form({ mayContinue: true })), /^All questions\nPage 1\n/);
    assert.match(wordsOf(form({ page: 1 })), /^All questions\nPage 2\n/);
  });

  it("says first what the blueprint has to say, and what speaks against the whole", () => {
    const card = form({ about: ["For the on-premises agent."], sentences: ["CSP needs several tenants."] });
    assert.deepEqual(linesOf(card).slice(0, 3), [
      "All questions",
      "For the on-premises agent.",
      "Please mend: CSP needs several tenants.",
    ]);
  });

  it("asks why only where it is told to", () => {
    const card = form({ asksReason: false, page: 1, errors: { reason: "Say why." } });
    assert.equal(field(card, "reason"), undefined);
    assert.doesNotMatch(wordsOf(card), /Why do you need it/);
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
      'Please mend: "Months" and "Why do you need it?". Nothing was sent, and what else you typed is kept.',
    );
    assert.ok(lines.includes("Please mend: 1 to 24, please."));
  });

  it("says ten complaints and how many more there are, in a few words each", () => {
    const sentences = Array.from({ length: 13 }, (_, at) => `${at} ${"s".repeat(400)}`);
    const lines = linesOf(form({ sentences, errors: { name: "e".repeat(700), reason: "r".repeat(700) } }));
    assert.equal(lines[10], `Please mend: 9 ${"s".repeat(297)}…`);
    assert.deepEqual(
      lines.slice(11, 13).map((line) => line.slice(0, 20)),
      ["… and 3 more.", 'Please mend: "Name" '],
    );
    for (const letter of ["e", "r"]) assert.ok(lines.includes(`Please mend: ${letter.repeat(599)}…`));
    assert.doesNotMatch(wordsOf(form({ sentences: sentences.slice(0, 10) })), /more/);
  });

  it("cuts nothing that was typed because there is much to mend", () => {
    const pem = `-----BEGIN CERTIFICATE-----\n${"M".repeat(11_000)}`;
    const questions = ["name", "api", "redirects", "roles", "graph", "pem"].map(
      (key) => allQuestions.find((question) => question.key === key)!,
    );
    const errors = Object.fromEntries(questions.map(({ key }) => [key, "x".repeat(5000)]));
    const sentences = Array.from({ length: 400 }, () => "s".repeat(5000));
    const reason = "w".repeat(1000);
    const card = form({ questions, values: { pem }, reason, errors: { ...errors, reason: "x" }, sentences });
    assertGoodCard(card);
    assert.deepEqual([field(card, "q_pem").value, field(card, "reason").value], [pem, reason]);
  });

  it("ends what it cuts with …, and shows what was typed up to there letter by letter", () => {
    const typed = `  a\r\n${"👩‍🚀 漢".repeat(10_000)}`;
    const values = { name: typed, redirects: typed, graph: typed, pem: typed };
    const card = form({ values, reason: typed });
    assertGoodCard(card);
    for (const id of ["q_name", "q_redirects", "q_graph", "q_pem", "reason"]) {
      const shown = field(card, id).value as string;
      assert.ok(shown.endsWith("…") && shown.length > 50, id);
      assert.ok(typed.startsWith(shown.slice(0, -1)), id);
    }
  });

  it("keeps every choice, however little room there is", () => {
    const options = Object.fromEntries(
      Array.from({ length: 20 }, (_, at) => [`option-number-${at}`, `Option ${at}`]),
    );
    const parts = Object.keys(options).join(",");
    const many = { key: "parts", label: "Parts", type: "many", options } as const;
    const roles = "漢".repeat(50_000);
    const card = form({ questions: [many, allQuestions[9]!], values: { parts, roles } });
    assert.equal(field(card, "q_parts").value, parts);
    assert.match(String(field(card, "q_roles").value), /^漢+…$/);
  });

  it("does not bring a default back that the person took away", () => {
    const questions = [{ ...allQuestions[7]!, default: ["mail"] }] as typeof allQuestions;
    assert.equal(field(form({ questions, values: { other: "x" } }), "q_parts").value, "mail");
    assert.equal(field(form({ questions, values: { parts: "" } }), "q_parts").value, undefined);
  });

  it("stays small whatever was sent to it", () => {
    const values = Object.fromEntries(allQuestions.map(({ key }) => [key, "漢".repeat(50_000)]));
    assertGoodCard(form({ values, reason: "漢".repeat(50_000), errors: { name: "x".repeat(5000) } }));
  });

  it("takes values of any shape without showing them", () => {
    for (const value of [null, { a: 1 }, [{}], "NaN", Number.NaN, Number.POSITIVE_INFINITY]) {
      assertGoodCard(form({ values: Object.fromEntries(allQuestions.map(({ key }) => [key, value])) }));
    }
  });
});

describe("the choice of a system", () => {
  const systems = (count: number) =>
    Array.from({ length: count }, (_, at) => ({ id: `s${at}`, title: `System ${at}` }));
  const chooser = (changes: Partial<Parameters<typeof chooserCard>[0]> = {}) =>
    chooserCard({ draftId, blueprints: systems(2), ...changes });

  it("says so when there is none", () => {
    const [some, none] = [chooser({ error: "Choose one." }), chooser({ blueprints: [] })];
    for (const card of [some, none]) assertGoodCard(card);
    assert.deepEqual(verbsOf(some), ["intake/choose", "intake/cancel"]);
    assert.deepEqual(verbsOf(none), ["intake/cancel"]);
  });

  it("is open for a few, and found by typing among many", () => {
    const [few, many] = [chooser({ blueprints: systems(6) }), chooser({ blueprints: systems(7) })];
    for (const card of [few, many]) assertGoodCard(card);
    assert.equal(field(few, "blueprint").style, "expanded");
    assert.equal(field(many, "blueprint").style, "filtered");
  });

  it("says that nothing, or that several match what was typed, as plain text", () => {
    const unknown = chooser({ typed: { text: hostile, isKnown: false } });
    assertGoodCard(unknown, { mayHoldExpressions: true });
    assert.match(wordsOf(unknown), /There is no system called “\[pay\]\(https:\/\/evil\.example\) \*\*b\*\*/);
    assert.match(wordsOf(unknown), /” ?\.? ?Choose one of these\./);
    for (const { type, text } of elements(unknown)) {
      if (type === "TextBlock") assert.doesNotMatch(String(text), /evil/);
    }
    assert.match(
      wordsOf(chooser({ typed: { text: "net", isKnown: true } })),
      /Several systems match “net”\./,
    );
  });
});
