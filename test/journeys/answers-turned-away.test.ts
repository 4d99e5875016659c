import assert from "node:assert/strict";
import { complaintsOn, fillSystem, type Typed, valueIn } from "../support/asking.ts";
import { type Journey, readingOf, startJourney, verbsOf } from "../support/journey.ts";

const callback = "https://payroll.larkfield.example/signin";
const long = "x".repeat(10_000);

/** A reason of many pages is cut, so that the card can still be shown. */
const isKept = (typed: Typed[string] | undefined, shown: unknown) =>
  String(typed) === String(shown ?? "") ||
  (String(typed).length > 2000 && String(typed).startsWith(String(shown).replace(/…$/, "")));

describe("an answer that Entra would refuse, or that is no honest one", () => {
  let journey: Journey;
  before(async () => {
    journey = await startJourney();
  });
  after(() => journey.close());

  const custom = { name: "Payroll", signIn: true };
  const wrong: [it: string, system: string, answers: Typed, field: string, sentence: string][] = [
    [
      "a name that is too long",
      "custom",
      { name: "x".repeat(121) },
      "name",
      "At most 120 characters, please: these are 121.",
    ],
    [
      "ten thousand characters in a name",
      "custom",
      { name: long },
      "name",
      "At most 120 characters, please: these are 10000.",
    ],
    [
      "ten thousand characters in a list",
      "custom",
      { name: "Payroll", applicationPermissions: long },
      "applicationPermissions",
      "is longer than 200 characters.",
    ],
    [
      "ten thousand characters as the reason",
      "gitlab",
      { host: "https://gitlab.example", reason: long },
      "reason",
      "At most 1000 characters, please: these are 10000.",
    ],
    [
      "a character that turns the writing round",
      "custom",
      { name: "Payroll\u202Egnp.exe" },
      "name",
      "There is an invisible or control character in it: type it anew.",
    ],
    [
      "a control character in the reason",
      "gitlab",
      { host: "https://gitlab.example", reason: "please\u0007" },
      "reason",
      "There is an invisible or control character in it: type it anew.",
    ],
    [
      "a control character in a permission",
      "custom",
      { name: "Payroll", applicationPermissions: "User.Read\u200b.All" },
      "applicationPermissions",
      "has an invisible or control character.",
    ],
    [
      "a user name in an address",
      "custom",
      { ...custom, webRedirects: "https://login.microsoftonline.com@evil.example/" },
      "webRedirects",
      "holds a user name or password: leave it out.",
    ],
    [
      "localhost in look-alike letters",
      "custom",
      { ...custom, webRedirects: "http://loc\u0430lhost/signin" },
      "webRedirects",
      "has letters in its host that are not plain ASCII.",
    ],
    [
      "localhost as a part of another host",
      "custom",
      { ...custom, webRedirects: "http://localhost.evil.example/" },
      "webRedirects",
      "must begin with https:// (http:// only for localhost).",
    ],
    [
      "plain http",
      "custom",
      { ...custom, webRedirects: "http://payroll.larkfield.example/signin" },
      "webRedirects",
      "must begin with https:// (http:// only for localhost).",
    ],
    [
      "a wildcard",
      "custom",
      { ...custom, webRedirects: "https://*.larkfield.example/signin" },
      "webRedirects",
      "has a * or a \\: write the whole address.",
    ],
    [
      "a fragment",
      "custom",
      { ...custom, webRedirects: `${callback}#token` },
      "webRedirects",
      "has a fragment (#): leave it out.",
    ],
    [
      "one wrong address among right ones",
      "custom",
      { ...custom, webRedirects: `${callback}\njavascript:alert` },
      "webRedirects",
      "must begin with https:// (http:// only for localhost).",
    ],
    [
      "an address that is no address",
      "grafana",
      { rootUrl: "grafana" },
      "rootUrl",
      "is no address: write it whole, as https://host/path.",
    ],
    [
      "a query in a host's address",
      "grafana",
      { rootUrl: "https://grafana.example/?x=1" },
      "rootUrl",
      "Leave out everything from the ? on.",
    ],
    [
      "more months than two years have",
      "gitlab",
      { host: "https://gitlab.example", secretMonths: 25 },
      "secretMonths",
      "A whole number from 1 to 24, please.",
    ],
    [
      "nothing where something is needed",
      "netwrix-identity-manager",
      { organization: "" },
      "organization",
      "Please fill this in.",
    ],
    [
      "an empty reason",
      "gitlab",
      { host: "https://gitlab.example", reason: "" },
      "reason",
      "Say why you need it: the approver reads this first.",
    ],
    [
      "a subject that GitHub never sends",
      "github-actions",
      { subject: "repo:larkfield/*:ref:refs/heads/main" },
      "subject",
      "Write repo:owner/name: and then ref:refs/heads/…, ref:refs/tags/…, environment:… or pull_request, without wildcards.",
    ],
    [
      "a certificate that is none",
      "veeam-m365",
      { certificate: "-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----" },
      "certificate",
      "certificate",
    ],
  ];
  for (const [what, system, answers, field, sentence] of wrong)
    it(`names the field of ${what}, and keeps what was typed`, async () => {
      const card = await fillSystem(journey, system, answers);
      const complaints = complaintsOn(card);
      assert.deepEqual(Object.keys(complaints), [field]);
      assert.ok(complaints[field]?.includes(sentence), complaints[field]);
      assert.ok(isKept(answers[field], valueIn(card, field)), "what was typed stands there");
      assert.match(readingOf(card), /Nothing was sent, and what else you typed is kept/);
      assert.ok(!verbsOf(card).includes("intake/submit"));
    });

  const limits: [it: string, answers: Typed, sentence: string][] = [
    [
      "a name that is too long where personal accounts sign in",
      { audience: "orgs-and-personal", name: "x".repeat(100) },
      "has 100 characters. Entra takes 90 for this audience.",
    ],
    [
      "a query where personal accounts sign in",
      { audience: "orgs-and-personal", webRedirects: `${callback}?tenant=1` },
      `The redirect address "${callback}?tenant=1" has a query (?), which Entra refuses where personal accounts may sign in.`,
    ],
  ];
  for (const [what, answers, sentence] of limits)
    it(`says what is wrong with ${what}`, async () => {
      const card = await fillSystem(journey, "custom", { ...custom, ...answers });
      assert.ok(readingOf(card).includes(sentence), readingOf(card));
      assert.ok(!verbsOf(card).includes("intake/submit"));
    });
});
