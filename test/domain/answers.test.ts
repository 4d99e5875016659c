import assert from "node:assert/strict";
import { readAnswers, readReason } from "../../src/domain/answers.ts";
import type { Answer, Question } from "../../src/domain/blueprint.ts";
import { checkRedirectUri } from "../../src/domain/redirect-uri.ts";
import { aBlueprint } from "../support/builders.ts";

/** A question of each type; the tests say only what differs. */
const question = {
  text: { key: "q", label: "Q", type: "text" },
  url: { key: "q", label: "Q", type: "url" },
  urls: { key: "q", label: "Q", type: "urls" },
  number: { key: "q", label: "Q", type: "number" },
  flag: { key: "q", label: "Q", type: "flag" },
  one: { key: "q", label: "Q", type: "one", options: { red: "Red", blue: "Blue" } },
  many: { key: "q", label: "Q", type: "many", options: { red: "Red", blue: "Blue", green: "Green" } },
} satisfies Record<string, Question>;

const read = (asked: Question, sent: unknown) => readAnswers(aBlueprint([asked]), { q: sent });

function accepts(asked: Question, sent: unknown, answer: Answer | undefined) {
  assert.deepEqual(read(asked, sent), { answers: answer === undefined ? {} : { q: answer } });
}

function refuses(asked: Question, sent: unknown, sentence: RegExp) {
  const outcome = read(asked, sent);
  assert.ok("errors" in outcome, `${JSON.stringify(sent)} was taken`);
  assert.deepEqual(Object.keys(outcome.errors), ["q"]);
  assert.match(outcome.errors.q ?? "", sentence);
}

const long = "x".repeat(10_000);

describe("answers to a form", () => {
  const taken: [name: string, asked: Question, sent: unknown, answer: Answer | undefined][] = [
    ["text, without the space around it", question.text, "  Payroll  ", "Payroll"],
    [
      "text with emoji, right-to-left script and Markdown as it is",
      question.text,
      "📦 שלום **x**",
      "📦 שלום **x**",
    ],
    ["text that looks like a template as it is", question.text, "{{tenantId}} ${x}", "{{tenantId}} ${x}"],
    ["text of exactly the longest length", { ...question.text, max: 5 }, "12345", "12345"],
    ["text that fits its pattern", { ...question.text, pattern: "[a-z]+" }, "abc", "abc"],
    ["an address, without the slash at its end", question.url, "https://a.example/", "https://a.example"],
    [
      "addresses a line each, each once, without empty lines",
      question.urls,
      "https://a.example/x\r\n\r\n https://b.example/y \nhttps://a.example/x",
      ["https://a.example/x", "https://b.example/y"],
    ],
    ["a number as text", question.number, "12", 12],
    ["a number as a number", question.number, 12, 12],
    ["a number with an empty fraction, as some clients send it", question.number, "12.0", 12],
    ["a toggle that is on", question.flag, "true", true],
    ["a toggle that is off", question.flag, "false", false],
    ["a toggle as a boolean", question.flag, true, true],
    ["one of the options", question.one, "blue", "blue"],
    ["many, in the order of the options", question.many, "green,red", ["red", "green"]],
    ["many with one named twice", question.many, "red, red", ["red"]],
    ["many with nothing chosen", question.many, undefined, []],
    [
      "many, always with what is always in it",
      { ...question.many, always: ["blue"] },
      "red",
      ["red", "blue"],
    ],
    ["nothing for a text that may be left out", question.text, "   ", undefined],
    ["the default of a text that was left out", { ...question.text, default: "Main" }, "", "Main"],
    ["the default of a number that was left out", { ...question.number, default: 12 }, undefined, 12],
    ["no for a toggle that was left out", question.flag, undefined, false],
  ];
  for (const [name, asked, sent, answer] of taken) it(`takes ${name}`, () => accepts(asked, sent, answer));

  const refused: [name: string, asked: Question, sent: unknown, sentence: RegExp][] = [
    ["a required text that is only space", { ...question.text, required: true }, " \t ", /fill this in/],
    ["a required choice that is missing", { ...question.one, required: true }, undefined, /fill this in/],
    ["a required list that is empty", { ...question.many, required: true }, "", /at least one/],
    [
      "a list of addresses that is only commas and spaces",
      { ...question.many, required: true },
      " , ,",
      /at least one/,
    ],
    ["text one too long", { ...question.text, max: 5 }, "123456", /At most 5 characters/],
    ["text beside its pattern", { ...question.text, pattern: "[a-z]+" }, "abc1", /form that is needed/],
    [
      "text with a line of its own before the pattern",
      { ...question.text, pattern: "[a-z]+" },
      "1\nabc",
      /invisible/,
    ],
    ["text with a line break", question.text, "a\nb", /invisible/],
    ["text with a NUL", question.text, "a\u0000b", /invisible/],
    ["text with an escape sequence", question.text, "a\u001b[31mb", /invisible/],
    ["text that turns its direction", question.text, "a\u202egnp.exe", /invisible/],
    ["text with a zero-width space", question.text, "a\u200bb", /invisible/],
    ["text with a line separator", question.text, "a\u2028b", /invisible/],
    ["text with half of a surrogate pair, which no database takes", question.text, "a\ud83db", /invisible/],
    ["10,000 characters of text", question.text, long, /At most 200 characters.*10000/],
    ["10,000 characters as an address", question.url, `https://a.example/${long}`, /longer than 256/],
    ["10,000 characters as a number", question.number, "1".repeat(10_000), /whole number/],
    ["10,000 characters as a choice", question.one, long, /from the list/],
    ["10,000 characters as choices", question.many, long, /from the list/],
    ["10,000 characters as a toggle", question.flag, long, /yes or no/],
    ["an address with a query", question.url, "https://a.example/?x=1", /from the \? on/],
    ["an address with an empty query", question.url, "https://a.example/?", /from the \? on/],
    [
      "more addresses than asked for",
      { ...question.urls, max: 1 },
      "https://a.example\nhttps://b.example",
      /At most 1 addresses/,
    ],
    [
      "more than 20 addresses when no limit is set",
      question.urls,
      Array.from({ length: 21 }, (_, n) => `https://a.example/${n}`).join("\n"),
      /At most 20/,
    ],
    [
      "a wrong address among good ones, naming it",
      question.urls,
      "https://a.example\nftp://b.example",
      /"ftp:\/\/b\.example"/,
    ],
    ["a number below the least", { ...question.number, min: 3 }, "2", /from 3/],
    ["a number above the most", { ...question.number, max: 24 }, "25", /to 24/],
    ["a negative number", question.number, "-1", /whole number/],
    ["a fraction", question.number, "1.5", /whole number/],
    ["a number in another notation", question.number, "1e1", /whole number/],
    ["a hexadecimal number", question.number, "0x10", /whole number/],
    ["digits of another script", question.number, "١٢", /whole number/],
    ["infinity", question.number, Number.POSITIVE_INFINITY, /whole number/],
    ["a toggle that is neither", question.flag, "yes", /yes or no/],
    ["an option that is not offered", question.one, "green", /from the list/],
    ["an option by its label", question.one, "Red", /from the list/],
    ["what every object has as an option", question.one, "constructor", /from the list/],
    ["what every object has among many", question.many, "red,__proto__", /from the list/],
    ["an option that is not offered among many", question.many, "red,black", /from the list/],
  ];
  for (const [name, asked, sent, sentence] of refused)
    it(`refuses ${name}`, () => refuses(asked, sent, sentence));

  for (const sent of [{ length: 3 }, ["https://a.example"], null, () => "x", Symbol("x")])
    it(`takes a value that is no text (${Object.prototype.toString.call(sent)}) as left out`, () =>
      refuses({ ...question.text, required: true }, sent, /fill this in/));

  const branching = aBlueprint([
    { key: "kind", label: "Kind", type: "one", default: "plain", options: { plain: "Plain", web: "Web" } },
    { key: "site", label: "Site", type: "url", required: true, when: { kind: "web" } },
    { key: "note", label: "Note", type: "text", when: { kind: { not: "web" } } },
  ]);

  it("ask for no question that earlier answers hide", () =>
    assert.deepEqual(readAnswers(branching, { kind: "plain" }), { answers: { kind: "plain" } }));

  it("ask for a question that earlier answers show", () =>
    assert.deepEqual(readAnswers(branching, { kind: "web" }), { errors: { site: "Please fill this in." } }));

  it("leave out what was sent for a hidden question, also when it is wrong", () =>
    assert.deepEqual(readAnswers(branching, { kind: "plain", site: "http://evil.example" }), {
      answers: { kind: "plain" },
    }));

  it("go by the default of the question that hides another", () =>
    assert.deepEqual(readAnswers(branching, { site: "https://a.example", note: "kept" }), {
      answers: { kind: "plain", note: "kept" },
    }));

  it("name every field that must be mended, and keep none of the answers", () =>
    assert.deepEqual(
      Object.keys(
        (readAnswers(branching, { kind: "web", site: "http://a.example" }) as { errors: object }).errors,
      ),
      ["site"],
    ));

  it("hold nothing but the blueprint's questions, whatever else was forged", () => {
    const forged = JSON.parse(
      '{"q":"ok","isApprover":true,"permissions":["Directory.ReadWrite.All"],"constructor":"x","__proto__":{"q2":"x","polluted":true}}',
    );
    const asked: Question[] = [question.text, { key: "q2", label: "Q2", type: "text" }];
    assert.deepEqual(readAnswers(aBlueprint(asked), forged), { answers: { q: "ok" } });
    assert.equal(({} as { polluted?: boolean }).polluted, undefined);
  });

  it("take nothing from a prototype", () => {
    const inherited = Object.create({ q: "inherited" });
    assert.deepEqual(readAnswers(aBlueprint([question.text]), inherited), { answers: {} });
  });
});

describe("a redirect URI", () => {
  for (const uri of [
    "https://a.example",
    "https://a.example:8443/signin-oidc?x=1",
    "https://A.Example/CaseMatters",
    "https://xn--bcher-kva.example/cb",
    "http://localhost/cb",
    "http://localhost:3000",
    "http://127.0.0.1:8080/cb",
    "https://[2001:db8::1]/cb",
  ])
    it(`may be ${uri}, and stays as it was typed`, () => assert.deepEqual(checkRedirectUri(uri), { uri }));

  const refused: [string, RegExp][] = [
    ["http://a.example/cb", /must begin with https/],
    ["http://localhost.a.example/cb", /must begin with https/],
    ["http://localhost@a.example/cb", /user name or password/],
    ["https://ada:pw@a.example/cb", /user name or password/],
    ["https://@a.example/cb", /user name or password/],
    ["https://a.example/cb#part", /fragment/],
    ["https://a.example/cb#", /fragment/],
    ["https://*.a.example/cb", /whole address/],
    ["https:\\\\a.example\\cb", /whole address/],
    ["https://a.example/c b", /space/],
    ["https://a.example/\u202ecb", /invisible/],
    ["https://a.exa\u00admple/cb", /invisible/],
    ["https://a.example/(cb)", /Entra refuses/],
    ["a.example/cb", /no address/],
    ["https://", /no address/],
    ["https://a.example:99999/", /no address/],
    ["javascript:alert`1`", /must begin with https|host/],
    ["data:text/html,x", /Entra refuses|must begin with https/],
    ["file:///etc/passwd", /must begin with https|host/],
    ["ftp://a.example", /must begin with https/],
    // Each of these reads as localhost or as a.example, and none of them was typed so.
    ["http://ｌocalhost/cb", /ASCII/],
    ["http://ⓛocalhost/cb", /ASCII/],
    ["http://lоcalhost/cb", /ASCII/],
    ["https://а.example/cb", /ASCII/],
    ["http:/ⓛocalhost/cb", /host/],
    ["http:ⓛocalhost/cb", /host/],
    ["http:///localhost/cb", /host/],
    ["https:/a.example/cb", /host/],
    ["http://%6cocalhost/cb", /host/],
    ["http://127.1/cb", /host/],
    ["http://0x7f000001/cb", /host/],
    ["http://2130706433/cb", /host/],
  ];
  for (const [uri, sentence] of refused)
    it(`may not be ${JSON.stringify(uri)}`, () => {
      const outcome = checkRedirectUri(uri);
      assert.ok("error" in outcome, "it was taken");
      assert.match(outcome.error, sentence);
    });

  it("may have 256 characters and not 257", () => {
    const of = (length: number) => "https://a.example/".padEnd(length, "x");
    assert.ok("uri" in checkRedirectUri(of(256)));
    assert.ok("error" in checkRedirectUri(of(257)));
  });

  it("is shown shortened in the sentence that refuses it", () => {
    const outcome = checkRedirectUri(`https://a.example/${long}`);
    assert.ok("error" in outcome && outcome.error.length < 200);
  });
});

describe("the reason of a request", () => {
  it("keeps its line breaks and emoji", () =>
    assert.deepEqual(readReason("  one\r\ntwo 👩‍💻  "), { reason: "one\ntwo 👩‍💻" }));

  it("may have 1,000 characters and not 1,001", () => {
    assert.ok("reason" in readReason("x".repeat(1000)));
    assert.ok("error" in readReason("x".repeat(1001)));
  });

  for (const raw of ["", "  \n ", undefined, null, 7, {}, ["why"]])
    it(`is asked for again when it is ${JSON.stringify(raw)}`, () =>
      assert.match((readReason(raw) as { error: string }).error, /Say why/));

  for (const raw of ["a\u0000b", "a\u202eb", "a\u200bb", "a\u001bb", "a\ud83db"])
    it(`is refused with ${JSON.stringify(raw)} in it`, () =>
      assert.match((readReason(raw) as { error: string }).error, /invisible/));
});
