import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import type { DraftId, UserId } from "../../src/domain/ids.ts";
import { hashOfToken, newLinkToken } from "../../src/domain/secret-link.ts";
import { SecretText } from "../../src/domain/secret-text.ts";
import { actionsOf, type ChatMessage, inputsOf } from "../../src/local/teams-stand-in.ts";
import { createBrowser } from "../../src/local/tenant/browser.ts";
import { inBrowser, openChromium } from "../browser/chromium.ts";
import { aCertificate, anEllipticCertificate } from "../support/certificates.ts";
import { type Fleet, startFleet } from "../support/fleet.ts";
import {
  channel,
  groupChat,
  type Journey,
  jonas,
  mina,
  personalChat,
  readingOf,
  says,
  startJourney,
  verbsOf,
} from "../support/journey.ts";

type Stage = Pick<Journey, "teams">;
type Place = ReturnType<typeof personalChat>;

const hour = 3_600_000;
const typed = { q_workloads: "exchange", reason: "Backs up the mail." };
const urlOf = (message: ChatMessage) =>
  String(actionsOf(message.card).find(({ type }) => type === "Action.OpenUrl")?.url ?? "");
const checkIn = (page: string) => /name="check" value="([^"]*)"/.exec(page)?.[1] ?? "";
const isForm = (message: ChatMessage) => verbsOf(message).includes("intake/upload");
const draftOf = ({ card }: ChatMessage) =>
  actionsOf(card).map(({ data }) => (data as { draft: DraftId }).draft)[0] as DraftId;
const shownPem = (message: ChatMessage) => String(inputsOf(message.card).get("q_certificate")?.value ?? "");

/** Opens a form that wants a certificate, and presses its button for a file; answers the form and the link. */
async function asked({ teams }: Stage, place: Place = personalChat(mina)) {
  const before = new Set(teams.messages.map(({ id }) => id));
  const newest = (fits: (each: ChatMessage) => boolean, what: string) =>
    teams.find((each) => !before.has(each.id) && fits(each), what);
  await teams.say(mina, place, "request veeam-m365");
  const first = await newest((each) => each.conversationId === place.id, "the answer to request");
  if (verbsOf(first).includes("intake/anyway")) await teams.press(mina, place, first, "intake/anyway");
  const stands = () => teams.messages.findLast(({ id }) => id === first.id) as ChatMessage;
  const form = stands();
  const answer = await teams.press(mina, place, form, "intake/upload", typed);
  const message = await newest(
    (each) => each.conversationId === personalChat(mina).id && urlOf(each).includes("/s/"),
    "the link to the upload page",
  );
  return { form, stands, link: urlOf(message), message, answer };
}

/** Signs in at the link, and sends certificates from its page. */
async function opened(link: string, who: { id: string } = mina, browser = createBrowser()) {
  const page = await browser.signIn(`${link}?sign-in`, who.id);
  const give = (certificate: string, check = checkIn(page.body)) =>
    browser.open(`${link}/certificate`, { check, certificate });
  return { page, give, browser };
}

describe("a certificate that is uploaded for a form", () => {
  let journey: Journey;
  before(async () => {
    journey = await startJourney();
  });
  after(() => journey.close());

  /** What is stored, and what was logged and said: each table of ours and of the jobs, whole. */
  async function everything(): Promise<string> {
    const { db } = journey.carrier;
    const tables = await db.introspection.getTables();
    const rows = await Promise.all(
      tables.map(({ schema, name }) =>
        db
          .withSchema(schema ?? "public")
          .selectFrom(name as never)
          .selectAll()
          .execute(),
      ),
    );
    return JSON.stringify([rows, journey.log, journey.teams.messages]);
  }

  it("is asked for by a link in one's own chat, and what was typed on the form stays", async () => {
    const { stands, message, answer, link } = await asked(journey);
    assert.match(readingOf(message), /Upload the certificate.*Veeam Backup.*never its private key/s);
    assert.match(readingOf(answer), /upload page is in your own chat/);
    assert.equal(inputsOf(stands().card).get("reason")?.value, typed.reason);
    // The page before sign-in is the same as for every other link.
    const closed = await createBrowser().open(link);
    const other = await createBrowser().open(link.replace(/[^/]+$/, newLinkToken().reveal()));
    assert.equal(closed.body, other.body);
    const { page } = await opened(link);
    assert.match(page.body, /<h1>Upload the certificate<\/h1>[\s\S]*Veeam Backup for Microsoft 365/);
    assert.match(page.body, /Certificate of the Veeam server/);
  });

  it("stands in the form in chat once it was pasted there, and goes with the request", async () => {
    const { form, stands, link } = await asked(journey);
    const { pem, notAfter } = await aCertificate();
    const { give } = await opened(link);
    const page = await give(pem.replaceAll("\n", "\r\n"));
    assert.equal(page.status, 200);
    assert.match(page.body, /Your form has the certificate[\s\S]*backup\.larkfield\.example/);
    assert.match(page.body, /the form shows it/);
    assert.equal(shownPem(stands()).replaceAll(/\s/g, ""), pem.replaceAll(/\s/g, ""));
    assert.equal(inputsOf(stands().card).get("reason")?.value, typed.reason);
    assert.match(readingOf(stands()), /It is valid until .*Thumbprint: ?\s*[0-9A-F]{40}/s);
    const who = (await journey.audited("certificate")).at(-1);
    assert.deepEqual([who?.what, who?.who, who?.surface], ["certificate.uploaded", mina.id, "web"]);

    // The card as it stood before the upload, on a device that has not seen the change, sends an empty field.
    await journey.teams.press(mina, personalChat(mina), form, "intake/review", {
      ...typed,
      q_certificate: "",
    });
    assert.match(readingOf(stands()), /Is this right\?/);
    await journey.teams.press(mina, personalChat(mina), stands(), "intake/submit");
    const [request] = await journey.world.store.tables.requests.newestOf(mina.id as UserId, 1);
    assert.equal(request?.plan.credential.kind, "certificate");
    assert.equal(
      "expiresAt" in request.plan.credential && request.plan.credential.expiresAt,
      notAfter.toISOString(),
    );
  });

  it("is refused with a private key, which is kept nowhere, and the link still takes the certificate", async () => {
    const { link, stands } = await asked(journey);
    const { pem, privateKey } = await aCertificate();
    const { give } = await opened(link);
    const body = privateKey.replaceAll(/-----[^-]+-----|\s/g, "");
    const inDer = `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----`;
    for (const [key, sentence] of [
      [privateKey, /throw this key away/],
      [`${pem}\n${privateKey}`, /throw this key away/],
      [inDer, /no certificate that can be read/],
    ] as const) {
      const page = await give(key);
      assert.equal(page.status, 422);
      assert.match(page.body, sentence);
      assert.ok(!page.body.includes(body.slice(40, 80)));
      assert.equal(shownPem(stands()), "");
    }
    const written = await everything();
    assert.ok(written.includes(typed.reason) && written.includes('"name":"deliver"'));
    for (const part of [body.slice(40, 80), privateKey.split("\n")[3] ?? "none", inDer.slice(100, 140)])
      assert.ok(!written.includes(part), part);
    assert.equal((await give(pem)).status, 200);
    assert.notEqual(shownPem(stands()), "");
  });

  it("is refused when Entra or the tenant would not take it, each time with what to do", async () => {
    const { link, stands } = await asked(journey);
    const { give } = await opened(link);
    const { pem } = await aCertificate();
    const day = 24 * hour;
    const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const over = await aCertificate({ from: new Date(Date.now() - 400 * day), days: 365 });
    const early = await aCertificate({ from: new Date(Date.now() + 10 * day), days: 365 });
    const weak = await aCertificate({ bits: 1024 });
    for (const [what, sentence] of [
      [over.pem, /has expired. Make a new one/],
      [early.pem, /not valid yet/],
      [weak.pem, /RSA key of at least 2048 bits/],
      [await anEllipticCertificate(), /RSA key of at least 2048 bits/],
      [`${pem}\n${pem}`, /several certificates/],
      [publicKey.export({ type: "spki", format: "pem" }).toString(), /public key without its certificate/],
      ["hello <b>", /-----BEGIN CERTIFICATE-----/],
      ["", /Please fill this in/],
      ["x".repeat(20_000), /At most 12000 characters/],
    ] as const) {
      const page = await give(what);
      assert.equal(page.status, 422, page.body);
      assert.match(page.body, sentence);
      assert.match(page.body, /The link is unchanged/);
      assert.ok(!page.body.includes("hello"));
    }
    assert.equal(shownPem(stands()), "");
    assert.equal((await give(pem)).status, 200);
  });

  it("opens for nobody else, who burns nothing", async () => {
    const { link, stands } = await asked(journey);
    const other = await opened(link, jonas);
    assert.equal(other.page.status, 403);
    assert.match(other.page.body, /somebody else/);
    assert.doesNotMatch(other.page.body, /Veeam/);
    const { pem } = await aCertificate();
    assert.equal((await other.give(pem)).status, 403);
    const right = await opened(link);
    // With the right form token, but in the browser of the wrong person.
    assert.equal((await other.give(pem, checkIn(right.page.body))).status, 403);
    assert.equal(shownPem(stands()), "");
    const refused = (await journey.audited("certificate")).filter(
      ({ what }) => what === "certificate.refused",
    );
    assert.ok(refused.some(({ who, outcome }) => who === jonas.id && outcome === "somebody-else"));
    assert.equal((await right.give(pem)).status, 200);
  });

  it("is taken from a page of ours only", async () => {
    const { link, stands } = await asked(journey);
    const { give } = await opened(link);
    const { pem } = await aCertificate();
    for (const check of ["", "x"]) {
      const page = await give(pem, check);
      assert.equal(page.status, 403);
      assert.match(page.body, /Nothing was kept/);
    }
    const stranger = await createBrowser().open(`${link}/certificate`, { check: "x", certificate: pem });
    assert.match(stranger.body, /Sign in to open/);
    assert.equal(shownPem(stands()), "");
  });

  it("comes once for each link: used, it is as if there had never been one", async () => {
    const { link, stands } = await asked(journey);
    const { give, browser } = await opened(link);
    const [first, second] = [await aCertificate(), await aCertificate()];
    assert.equal((await give(first.pem)).status, 200);
    const never = await opened(link.replace(/[^/]+$/, newLinkToken().reveal()));
    for (const again of [
      await give(second.pem),
      await browser.open(link),
      await browser.open(`${link}/certificate`),
    ])
      assert.deepEqual([again.status, again.body], [410, never.page.body]);
    assert.equal(shownPem(stands()).replaceAll(/\s/g, ""), first.pem.replaceAll(/\s/g, ""));
  });

  it("is taken for an hour", async () => {
    const { link } = await asked(journey);
    const { give, browser } = await opened(link);
    const token = new SecretText(link.slice(link.lastIndexOf("/") + 1));
    const made = await journey.world.store.tables.passes.find(hashOfToken(token));
    assert.equal((made?.expiresAt.getTime() ?? 0) - (made?.madeAt.getTime() ?? 0), hour);
    // Sooner than the clock: a sign-in does not last so long either.
    await journey.carrier.db
      .updateTable("passes")
      .set({ expires_at: new Date() })
      .where("token_hash", "=", hashOfToken(token))
      .execute();
    assert.equal((await browser.open(link)).status, 410);
    assert.equal((await give((await aCertificate()).pem)).status, 410);
  });

  it("opens nothing once the form was given up, and the card stays as it is", async () => {
    const { link, stands, form } = await asked(journey);
    const { give } = await opened(link);
    await journey.teams.press(mina, personalChat(mina), form, "intake/cancel");
    assert.equal((await give((await aCertificate()).pem)).status, 410);
    assert.match(readingOf(stands()), /Nothing was sent/);
  });

  it("says that the form is not open any more when it was submitted, or forgotten", async () => {
    const { pem } = await aCertificate();
    const submitted = await asked(journey);
    const late = await opened(submitted.link);
    const place = personalChat(mina);
    await journey.teams.press(mina, place, submitted.form, "intake/review", { ...typed, q_certificate: pem });
    await journey.teams.press(mina, place, submitted.stands(), "intake/submit");
    const card = readingOf(submitted.stands());
    for (const page of [await late.give(pem), await late.browser.open(submitted.link)]) {
      assert.equal(page.status, 409);
      assert.match(page.body, /No form waits for this certificate[\s\S]*submitted already, as REQ-/);
    }
    assert.equal(readingOf(submitted.stands()), card);

    const forgotten = await asked(journey);
    const gone = await opened(forgotten.link);
    await journey.world.store.tables.drafts.deleteStartedBefore(new Date(Date.now() + 1000 * hour));
    assert.match((await gone.give(pem)).body, /not open any more[\s\S]*Say request to start a new one/);
  });

  it("says so when the form was changed and does not ask for it any more", async () => {
    const { link, form } = await asked(journey);
    const { give } = await opened(link);
    const { drafts } = journey.world.store.tables;
    const id = draftOf(form);
    const draft = await drafts.get(id);
    assert.ok(draft && (await drafts.update({ ...draft, blueprintId: "github-actions" })));
    const page = await give((await aCertificate()).pem);
    assert.equal(page.status, 409);
    assert.match(page.body, /does not ask for this certificate any more/);
    assert.equal((await drafts.get(id))?.answers?.certificate ?? "", "");
  });

  it("goes only to the person's own chat when the form is in a group, whose card then shows it", async () => {
    const { link, stands, answer } = await asked(journey, groupChat);
    assert.match(readingOf(answer), /your own chat/);
    const inGroup = journey.teams.messages.filter(({ conversationId }) => conversationId === groupChat.id);
    assert.ok(!inGroup.some((each) => says(each, link)));
    assert.equal((await (await opened(link)).give((await aCertificate()).pem)).status, 200);
    assert.notEqual(shownPem(stands()), "");
  });

  describe("whose form cannot be drawn again", () => {
    afterEach(() => journey.teams.onCall(() => undefined));

    it("comes with a new card in one's own chat when the old one is gone", async () => {
      const { link, form } = await asked(journey);
      const { give } = await opened(link);
      journey.teams.onCall(({ method }) => (method === "PUT" ? { status: 404 } : undefined));
      assert.match((await give((await aCertificate()).pem)).body, /the form shows it/);
      const anew = await journey.teams.find(
        (each) => each.id !== form.id && isForm(each) && shownPem(each) !== "",
        "the form anew",
      );
      assert.equal(anew.conversationId, personalChat(mina).id);
    });

    it("is kept although nothing can be shown, and the page says so", async () => {
      const { link, form, stands } = await asked(journey);
      const { give } = await opened(link);
      journey.teams.onCall(() => ({ status: 403 }));
      const page = await give((await aCertificate()).pem);
      assert.equal(page.status, 200);
      assert.match(page.body, /could not show it[\s\S]*it is kept[\s\S]*leave the field for the certificate/);
      journey.teams.onCall(() => undefined);
      assert.equal(shownPem(stands()), "");
      await journey.teams.press(mina, personalChat(mina), form, "intake/review", typed);
      assert.match(readingOf(stands()), /Is this right\?/);
    });

    it("sends no link that nobody gets, and says what to do", async () => {
      const { form, stands } = await asked(journey);
      journey.teams.onCall(() => ({ status: 403 }));
      const answer = await journey.teams.press(mina, personalChat(mina), stands(), "intake/upload", typed);
      assert.match(answer.text ?? "", /cannot write to you alone/);
      assert.ok(form);
    });
  });

  it("asks nothing of anybody's form but one's own, and of no other question", async () => {
    const { form } = await asked(journey, channel as Place);
    const [action] = actionsOf(form.card).filter(({ verb }) => verb === "intake/upload");
    assert.ok(action);
    const answer = await journey.teams.press(jonas, channel, form, "intake/upload");
    assert.match(answer.text ?? "", /Somebody else is filling in this form/);
    const data = action.data as Record<string, unknown>;
    data.question = "workloads";
    const other = await journey.teams.press(mina, channel, form, "intake/upload");
    assert.match(other.text ?? "", /does not ask for this certificate any more/);
  });
});

describe("a certificate that is uploaded where the tenant limits their life", () => {
  let journey: Journey;
  before(async () => {
    journey = await startJourney();
    await journey.sim("PUT", "/settings", { certificateMaxDays: 90 });
  });
  after(() => journey.close());

  it("is held to that at once", async () => {
    const { give } = await opened((await asked(journey)).link);
    assert.match((await give((await aCertificate()).pem)).body, /certificate live 90 days at most/);
    assert.equal((await give((await aCertificate({ days: 80 })).pem)).status, 200);
  });
});

inBrowser("a certificate that is chosen as a file in a browser", (chromium) => {
  let journey: Journey;
  before(async () => {
    journey = await startJourney();
  });
  after(() => journey.close());

  it("goes from a binary file to the form in chat", async () => {
    const browser = await openChromium(chromium);
    try {
      const { link, stands } = await asked(journey);
      const { pem } = await aCertificate();
      const page = await browser.newPage();
      await page.goto(link);
      await page.getByRole("link", { name: "Sign in" }).click();
      await page.getByRole("button", { name: mina.name }).click();
      const buffer = Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ""), "base64");
      await page
        .getByLabel("A file")
        .setInputFiles({ name: "backup.cer", mimeType: "application/pkix-cert", buffer });
      await page.getByText("Read from backup.cer").waitFor();
      await page.getByRole("button", { name: "Use this certificate" }).click();
      await page.getByRole("heading", { name: "Your form has the certificate" }).waitFor();
      assert.equal(shownPem(stands()).replaceAll(/\s/g, ""), pem.replaceAll(/\s/g, ""));
    } finally {
      await browser.close();
    }
  });
});

describe("a certificate that is uploaded where two processes serve", () => {
  let fleet: Fleet;
  before(async () => {
    fleet = await startFleet(2);
  });
  after(() => fleet.close());

  it("is taken once of many at the same moment, and stays whatever is pressed on the form meanwhile", async () => {
    const { link, form, stands } = await asked(fleet);
    const certificates = await Promise.all([aCertificate(), aCertificate(), aCertificate(), aCertificate()]);
    const browsers = await Promise.all(certificates.map(() => opened(link)));
    const before = fleet.answered();
    const [presses, pages] = await Promise.all([
      Promise.all(
        ["Mail.", "Files."].map((reason) =>
          fleet.teams.press(mina, personalChat(mina), form, "intake/upload", { ...typed, reason }),
        ),
      ),
      Promise.all(browsers.map(({ give }, at) => give(certificates[at]?.pem ?? ""))),
    ]);
    assert.ok(
      fleet.answered().every((count, at) => count > (before[at] ?? 0)),
      "both have served",
    );
    assert.equal(presses.length, 2);
    const taken = pages.flatMap(({ status }, at) => (status === 200 ? [at] : []));
    assert.equal(taken.length, 1, pages.map(({ status }) => status).join(" "));
    assert.ok(pages.every(({ status }) => status === 200 || status === 410));
    await fleet.teams.press(mina, personalChat(mina), form, "intake/review", typed);
    assert.match(readingOf(stands()), /Is this right\?/);
    const id = draftOf(form);
    const answer = (await fleet.tables.drafts.get(id))?.answers?.certificate;
    assert.equal(
      String(answer).replaceAll(/\s/g, ""),
      certificates[taken[0] ?? 0]?.pem.replaceAll(/\s/g, ""),
    );
  });
});
