import assert from "node:assert/strict";
import { newLinkToken } from "../../src/domain/secret-link.ts";
import { actionsOf, type ChatMessage } from "../../src/local/teams-stand-in.ts";
import { createBrowser } from "../../src/local/tenant/browser.ts";
import {
  channel,
  type Journey,
  mina,
  personalChat,
  priya,
  readingOf,
  says,
  startJourney,
  tomas,
} from "../support/journey.ts";
import { catalogWithPolicy } from "../support/policy.ts";

const urlOf = (message: ChatMessage) =>
  String(actionsOf(message.card).find(({ type }) => type === "Action.OpenUrl")?.url ?? "");
const checkIn = ({ body }: { body: string }) => /name="check" value="([^"]*)"/.exec(body)?.[1] ?? "";

/** Turns of the clock make what is asked of sign-ins later than what the trial's sign-in service says. */
const aMoment = 5_000;

describe("an approval that needs a fresh sign-in", () => {
  let journey: Journey;
  before(async () => {
    const catalogDir = catalogWithPolicy({ ranks: { medium: { freshSignIn: true, approvals: 1 } } });
    journey = await startJourney({ config: { catalogDir } });
    await journey.teams.say(priya, personalChat(priya), "help");
  });
  after(() => journey.close());
  afterEach(() => journey.sim("DELETE", "/faults"));

  /** Priya presses Approve; answers the request and the link that came. */
  async function pressed(): Promise<{ id: string; link: string }> {
    const { id } = await journey.ask();
    const answer = await journey.approve(id);
    assert.match(answer.text ?? readingOf(answer), /fresh sign-in.*personal chat/);
    return { id, link: await newestLink(id) };
  }
  async function newestLink(id: string, place: string = personalChat(priya).id): Promise<string> {
    const message = await journey.teams.find(
      (each) => each.conversationId === place && says(each, `Sign in to approve ${id}`),
      "the link to the sign-in",
    );
    return urlOf(message);
  }
  /** Signs in at the link, and once more where the page asks for that. */
  async function signedIn(link: string, who: { id: string } = priya, browser = createBrowser()) {
    let page = await browser.signIn(`${link}?sign-in`, who.id);
    if (page.body.includes("Sign in once more"))
      page = await browser.signIn(`${link}?sign-in=once-more`, who.id);
    return { page, vote: () => browser.open(`${link}/vote`, { check: checkIn(page) }), browser };
  }
  const stateOf = async (id: string) => (await journey.request(id)).state;

  it("counts after the sign-in and not before", async () => {
    const { id, link } = await pressed();
    assert.equal(await stateOf(id), "pending");
    const { page, vote, browser } = await signedIn(link);
    assert.match(page.body, new RegExp(`Approve ${id}\\?`));
    for (const fact of [`${id}, revision 1`, mina.name, "Netwrix Identity Manager", "Medium risk"])
      assert.ok(page.body.includes(fact), `${fact} in ${page.body}`);
    assert.equal(await stateOf(id), "pending");

    const voted = await vote();
    assert.equal(voted.status, 200);
    assert.match(voted.body, new RegExp(`${id} is approved`));
    assert.notEqual(await stateOf(id), "pending");
    assert.ok(await journey.link());
    const decided = (await journey.audited(id)).find(({ what }) => what === "request.decided");
    assert.deepEqual([decided?.who, decided?.surface, decided?.outcome], [priya.id, "web", "approved"]);
    const { votes } = await journey.request(id);
    assert.deepEqual(
      votes.map(({ approver }) => approver.name),
      [priya.name],
    );

    // Used up: the same as a link that never was.
    const never = await signedIn(link.replace(/[^/]+$/, newLinkToken().reveal()));
    for (const again of [await vote(), await browser.open(link)])
      assert.deepEqual([again.status, again.body], [410, never.page.body]);
  });

  it("is not let through by a sign-in that is older than the link", async () => {
    const browser = createBrowser();
    const earlier = await pressed();
    await signedIn(earlier.link, priya, browser);
    journey.turnClock(aMoment);
    const { id, link } = await pressed();
    // The browser's session at the sign-in service still stands, so nobody is asked for anything.
    const remembered = await browser.open(`${link}?sign-in`);
    assert.match(remembered.body, /Sign in once more/);
    assert.doesNotMatch(remembered.body, /name="check"/);
    assert.doesNotMatch(remembered.body, new RegExp(id));
    const asked = await browser.open(`${link}?sign-in=once-more`);
    assert.match(asked.body, /choose who you are/);
    // A press without the new sign-in, with whatever is at hand, approves nothing.
    for (const check of ["", "x"]) {
      assert.notEqual((await browser.open(`${link}/vote`, { check })).status, 200);
    }
    assert.equal(await stateOf(id), "pending");
    const { vote } = await signedIn(link, priya, browser);
    assert.match((await vote()).body, /is approved/);
  });

  it("stays with the link of its revision: a changed request is not approved by it", async () => {
    const { id, link } = await pressed();
    const { vote, browser } = await signedIn(link);
    const { requests } = journey.world.store.tables;
    const request = await journey.request(id);
    assert.ok(
      await requests.change(request, { ...request, revision: 2, version: request.version + 1 } as never),
    );
    for (const late of [await vote(), await browser.open(link)]) {
      assert.equal(late.status, 409);
      assert.match(late.body, /Nothing was approved[\s\S]*revision 2/);
    }
    assert.equal(await stateOf(id), "pending");
  });

  it("is left undone while the directory does not answer, and the link stays as it was", async () => {
    const { id, link } = await pressed();
    const { vote } = await signedIn(link);
    await journey.sim("POST", "/faults", { path: "/v1.0|/users|/groups", kind: "503", times: 1000 });
    const refused = await vote();
    assert.equal(refused.status, 409);
    assert.match(refused.body, /The directory does not answer/);
    assert.equal(await stateOf(id), "pending");
    await journey.sim("DELETE", "/faults");
    assert.match((await vote()).body, /is approved/);
  });

  it("is judged at the press: whoever is no approver by then approves nothing", async () => {
    const { id, link } = await pressed();
    const { vote } = await signedIn(link);
    await journey.sim("PUT", `/users/${priya.id}`, { accountEnabled: false });
    const refused = await vote();
    await journey.sim("PUT", `/users/${priya.id}`, { accountEnabled: true });
    assert.equal(refused.status, 409);
    assert.match(refused.body, /no enabled account/);
    assert.equal(await stateOf(id), "pending");
  });

  it("counts once, however often it is pressed at once", async () => {
    const { id, link } = await pressed();
    const { vote } = await signedIn(link);
    const answers = await Promise.all([vote(), vote(), vote()]);
    assert.ok(answers.some(({ status }) => status === 200));
    assert.ok(answers.every(({ status }) => [200, 410].includes(status)));
    const decided = (await journey.audited(id)).filter(({ what }) => what === "request.decided");
    assert.equal(decided.length, 1);
    assert.equal((await journey.request(id)).votes.length, 1);
  });

  it("opens for nobody else, approver or not, who burns nothing and leaves a line", async () => {
    const { id, link } = await pressed();
    for (const who of [tomas, mina]) {
      const { page, vote } = await signedIn(link, who);
      assert.equal(page.status, 403);
      assert.doesNotMatch(page.body, new RegExp(`${id}|Netwrix`));
      assert.notEqual((await vote()).status, 200);
    }
    const lines = (await journey.audited(id)).filter(({ what }) => what === "request.sign-in-refused");
    assert.deepEqual(
      lines.map(({ who, outcome, surface }) => [who, outcome, surface]),
      [tomas, mina].map(({ id: who }) => [who, "somebody-else", "web"]),
    );
    assert.match((await (await signedIn(link)).vote()).body, /is approved/);
  });

  it("sends a new link when it is pressed again, by command too, with the reason that was typed", async () => {
    const { id, link } = await pressed();
    await journey.teams.say(priya, personalChat(priya), `approve ${id} r1 Checked with [legal](x).`);
    const second = await journey.teams.find(
      (each) => says(each, `Sign in to approve ${id}`) && urlOf(each) !== link,
      "another link",
    );
    assert.match((await (await signedIn(urlOf(second))).vote()).body, /is approved/);
    assert.equal((await journey.request(id)).votes[0]?.reason, "Checked with [legal](x).");
    // The older one has nothing to approve any more.
    const { page } = await signedIn(link);
    assert.equal(page.status, 409);
    assert.match(page.body, /was approved/);
  });

  it("is not needed to deny", async () => {
    const { id } = await journey.ask();
    const card = await journey.approvalCard(id);
    await journey.teams.press(tomas, channel, card, "approval/deny", { denial: "Not now." });
    assert.equal(await stateOf(id), "denied");
  });

  it("comes by the approvals channel where there is no personal chat, and opens for that person only", async () => {
    const { id } = await journey.ask();
    const answer = await journey.approve(id, tomas);
    assert.match(answer.text ?? readingOf(answer), /into the approvals channel, which opens for you only/);
    const link = await newestLink(id, channel.id);
    assert.equal((await signedIn(link, priya)).page.status, 403);
    assert.match((await (await signedIn(link, tomas)).vote()).body, /is approved/);
  });

  it("is refused in words when it is unclear whether the link arrived, and that link opens nothing", async () => {
    const { id } = await journey.ask();
    const card = await journey.approvalCard(id);
    const own = personalChat(priya).id;
    journey.teams.onCall(({ method, conversationId }) =>
      method === "POST" && conversationId === own ? { status: 500, afterwards: true } : undefined,
    );
    const answer = await journey.teams.press(priya, channel, card, "approval/approve");
    journey.teams.onCall(() => undefined);
    assert.match(answer.text ?? readingOf(answer), /did not say whether the link reached you/);
    assert.equal((await signedIn(await newestLink(id))).page.status, 410);
    assert.equal(await stateOf(id), "pending");
  });

  it("leaves the link's token in no table and no log line", async () => {
    const { link } = await pressed();
    const token = link.split("/").at(-1) as string;
    await (await signedIn(link)).vote();
    for (const { schema = "public", name } of await journey.carrier.db.introspection.getTables()) {
      const db = journey.carrier.db.withSchema(schema);
      const rows = await db
        .selectFrom(name as "passes")
        .selectAll()
        .execute();
      assert.ok(!JSON.stringify(rows).includes(token), name);
    }
    assert.ok(!journey.log.join("\n").includes(token));
  });
});
