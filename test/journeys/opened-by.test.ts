import assert from "node:assert/strict";
import type { PolicyFile } from "../../src/catalog/policy-shape.ts";
import type { RequestId } from "../../src/domain/ids.ts";
import { company } from "../../src/local/tenant/company.ts";
import { handedOver, linkMessage } from "../support/handed-over.ts";
import {
  aiko,
  channel,
  type Journey,
  jonas,
  lena,
  mina,
  omar,
  personalChat,
  priya,
  readingOf,
  says,
  startJourney,
} from "../support/journey.ts";
import { catalogWithPolicy, changePolicy } from "../support/policy.ts";

const secretIn = (page: string) => /<input id="secret"[^>]*value="([^"]*)"/.exec(page)?.[1] ?? "";
const systems = ["netwrix-identity-manager"];
const byJonas: PolicyFile = { handover: [{ systems, person: jonas.id }] };
const byAdmins: PolicyFile = { handover: [{ group: company.groups.admins }] };

const linkStateOf = async ({ world }: Journey, id: string) =>
  (await world.store.tables.links.newestOf(id as RequestId))?.state;
const inChat = ({ teams }: Journey, place: { id: string }, id: string) =>
  teams.messages.filter((each) => each.conversationId === place.id && says(each, id));

describe("a link that policy lets a colleague open", () => {
  let journey: Journey;
  before(async () => {
    journey = await startJourney({
      config: { catalogDir: catalogWithPolicy(byJonas) },
    });
  });
  after(() => journey.close());

  it("is named on both cards, goes to the requester alone, and opens for the colleague alone, once", async () => {
    const { id, card } = await journey.ask();
    const named = /opened only by the colleague whom policy names, not by the requester:\s+Jonas Weber/;
    assert.match(readingOf(card), named);
    assert.match(readingOf(await journey.approvalCard(id)), named);
    await journey.approve(id);
    const { message, link } = await linkMessage(journey, id);
    assert.match(readingOf(message), named);
    assert.match(readingOf(message), /You cannot open it yourself\. Send them this address/);
    assert.ok(readingOf(message).includes(link), "it can be copied");
    assert.deepEqual(inChat(journey, personalChat(jonas), id), []);

    const own = await journey.openAs(link, mina);
    assert.equal(own.status, 403);
    assert.equal(own.check, "");
    const page = await journey.openAs(link, jonas);
    assert.equal(page.status, 200);
    assert.equal(await linkStateOf(journey, id), "sealed");
    const secret = secretIn((await page.reveal()).body);
    assert.notEqual(secret, "");
    assert.equal((await page.reveal()).status, 410);

    const told = await journey.teams.find(
      (each) =>
        each.conversationId === personalChat(mina).id &&
        says(each, id) &&
        says(each, "shown once") &&
        each.id !== message.id,
      "the message that it was opened",
    );
    assert.match(readingOf(told), /Opened by:\s+Jonas Weber/);
    assert.ok(!inChat(journey, personalChat(mina), id).some((each) => says(each, "tried to open")));
    const audited = (await journey.audited(id)).filter(({ what }) => what.startsWith("secret."));
    assert.deepEqual(
      audited.map(({ what, who }) => [what, who]),
      [
        ["secret.refused", mina.id],
        ["secret.revealed", jonas.id],
      ],
    );
  });

  it("is refused to whoever was stopped since they signed in, and burns nothing", async () => {
    const { id, link } = await handedOver(journey);
    const page = await journey.openAs(link, jonas);
    await journey.sim("PUT", `/users/${jonas.id}`, { accountEnabled: false });
    const refused = await page.reveal();
    assert.equal(refused.status, 410);
    assert.equal(secretIn(refused.body), "");
    assert.equal(await linkStateOf(journey, id), "sealed");
    await journey.sim("PUT", `/users/${jonas.id}`, { accountEnabled: true });
    assert.notEqual(secretIn((await page.reveal()).body), "");
    const refusals = (await journey.audited(id)).filter(({ what }) => what === "secret.refused");
    assert.deepEqual(
      refusals.map(({ who, outcome }) => [who, outcome]),
      [[jonas.id, "no-account"]],
    );
  });
});

describe("a link that policy lets a group open", () => {
  let journey: Journey;
  const members = (...people: { id: string }[]) =>
    journey.sim("PUT", `/groups/${company.groups.admins}/members`, { members: people.map(({ id }) => id) });
  before(async () => {
    journey = await startJourney({
      config: { catalogDir: catalogWithPolicy(byAdmins) },
    });
  });
  afterEach(() => members(aiko));
  after(() => journey.close());

  it("opens for whoever is in it at that moment, and for nobody else", async () => {
    const { id, card, message, link } = await handedOver(journey);
    const named = /opened only by members of the group that policy names, not by the requester:\s+.*dmin/;
    assert.match(readingOf(message), named);
    await journey.until(async () => named.test(readingOf(journey.stands(card))), "the card that says it");
    for (const who of [mina, priya]) assert.equal((await journey.openAs(link, who)).status, 403, who.name);
    await members(lena, omar, jonas);
    for (const who of [aiko, lena])
      assert.notEqual((await journey.openAs(link, who)).status, 200, `${who.name} is not in it, or a guest`);
    assert.equal(await linkStateOf(journey, id), "sealed");
    const page = await journey.openAs(link, jonas);
    assert.notEqual(secretIn((await page.reveal()).body), "");
  });

  it("stays closed to somebody who leaves it between the page and the press, and burns nothing", async () => {
    const { id, link } = await handedOver(journey);
    const page = await journey.openAs(link, aiko);
    assert.equal(page.status, 200);
    await members();
    const refused = await page.reveal();
    assert.equal(refused.status, 403);
    assert.equal(secretIn(refused.body), "");
    assert.equal(await linkStateOf(journey, id), "sealed");
    await members(aiko);
    assert.notEqual(secretIn((await page.reveal()).body), "");
  });

  it("is shown to one of several members who press at once", async () => {
    const { link } = await handedOver(journey);
    const people = [aiko, jonas, priya];
    await members(...people);
    const pages = await Promise.all(people.map((who) => journey.openAs(link, who)));
    const shown = await Promise.all([...pages, ...pages].map((page) => page.reveal()));
    assert.equal(shown.filter(({ body }) => secretIn(body) !== "").length, 1);
  });
});

describe("who opens a link", () => {
  let journey: Journey;
  before(async () => {
    journey = await startJourney({ config: { catalogDir: catalogWithPolicy({}) } });
  });
  after(() => journey.close());
  afterEach(async () => {
    await journey.sim("DELETE", "/faults");
    changePolicy(journey, {});
  });
  const opensFor = async (link: string, ...people: { id: string; name: string }[]) => {
    const pages = await Promise.all(people.map((who) => journey.openAs(link, who)));
    return people.filter((_, at) => pages[at]?.status === 200).map(({ name }) => name);
  };
  const silent = [
    { path: `/users/${jonas.id}`, kind: "503", times: 50 },
    { path: `/users/${aiko.id}`, kind: "503", times: 50 },
  ];

  for (const [who, policy] of [
    [jonas, byJonas],
    [aiko, byAdmins],
  ] as const)
    it(`is nobody while the directory does not answer, neither at the page nor at the press: ${Object.keys(policy.handover?.[0] ?? {}).at(-1)}`, async () => {
      changePolicy(journey, policy);
      const { id, link } = await handedOver(journey);
      const page = await journey.openAs(link, who);
      assert.equal(page.status, 200);
      for (const fault of silent) await journey.sim("POST", "/faults", fault);
      const unseen = await journey.openAs(link, who);
      assert.deepEqual([unseen.status, unseen.check], [503, ""]);
      assert.match(unseen.body, /Nothing was used up; try again in a minute/);
      const unrevealed = await page.reveal();
      assert.deepEqual([unrevealed.status, secretIn(unrevealed.body)], [503, ""]);
      assert.equal(await linkStateOf(journey, id), "sealed");
      await journey.sim("DELETE", "/faults");
      assert.notEqual(secretIn((await page.reveal()).body), "");
    });

  const changes: [what: string, before: PolicyFile, after: PolicyFile, opens: string[]][] = [
    ["is the requester when policy names nobody any more before it is made", byJonas, {}, [mina.name]],
    ["is the requester when policy names another one by then", byJonas, byAdmins, [mina.name]],
    ["is the requester when policy named nobody at that time", {}, byJonas, [mina.name]],
    [
      "is the colleague when policy still names them, in another rule",
      byJonas,
      { handover: [{ person: jonas.id }] },
      [jonas.name],
    ],
  ];
  for (const [what, before, after, opens] of changes)
    it(what, async () => {
      changePolicy(journey, before);
      const { id } = await journey.ask();
      changePolicy(journey, after);
      await journey.approve(id);
      const { message, link } = await linkMessage(journey, id);
      assert.deepEqual(await opensFor(link, mina, jonas, aiko), opens);
      assert.equal(/opened only by/.test(readingOf(message)), opens[0] !== mina.name);
    });

  it("is said on the approval card when policy has changed since", async () => {
    changePolicy(journey, byJonas);
    const { id } = await journey.ask();
    changePolicy(journey, {});
    const card = await journey.teams.find(
      (each) =>
        each.conversationId === channel.id &&
        says(each, id) &&
        says(each, "only the requester opens its one-time link now"),
      "the approval card",
    );
    assert.ok(!/opened only by the colleague/.test(readingOf(card)));
  });

  it("stays as it was made, whatever policy says afterwards", async () => {
    changePolicy(journey, byJonas);
    const { link, card } = await handedOver(journey);
    changePolicy(journey, {});
    assert.deepEqual(await opensFor(link, mina, aiko, jonas), [jonas.name]);
    await journey.until(
      async () => /requester:\s+Jonas Weber/.test(readingOf(journey.stands(card))),
      "the name on the card",
    );
  });

  it("is the requester as always where policy names them", async () => {
    changePolicy(journey, { handover: [{ person: mina.id }] });
    const { message, link } = await handedOver(journey);
    assert.match(readingOf(message), /Only you can open it/);
    const page = await journey.openAs(link, mina);
    assert.notEqual(secretIn((await page.reveal()).body), "");
  });

  it("is warned of where nobody could: an account that is stopped, or a group that is gone", async () => {
    for (const [handover, warning] of [
      [{ person: omar.id }, /That account is not enabled here, so nobody can open the link/],
      [
        { group: "bbbbbbbb-0000-4000-8000-00000000dead" },
        /There is no such group any more, so nobody can open the link/,
      ],
    ] as const) {
      changePolicy(journey, { handover: [handover] });
      const { id, card } = await journey.ask();
      assert.match(readingOf(card), warning);
      assert.match(readingOf(await journey.approvalCard(id)), warning);
    }
  });

  it("cannot be changed in the rows: the seal is bound to them", async () => {
    changePolicy(journey, byJonas);
    const { id, link } = await handedOver(journey);
    const rows = (opened_by: string | null) =>
      journey.carrier.db.updateTable("links").set({ opened_by }).where("request_id", "=", id).execute();
    for (const forged of [null, JSON.stringify({ person: aiko.id })]) {
      await rows(forged);
      const page = await journey.openAs(link, forged ? aiko : mina);
      assert.equal(page.status, 200);
      const shown = await page.reveal();
      assert.deepEqual([shown.status, secretIn(shown.body)], [500, ""]);
      assert.equal(await linkStateOf(journey, id), "sealed", "the claim is taken back");
    }
    await rows(JSON.stringify({ person: jonas.id }));
    const page = await journey.openAs(link, jonas);
    assert.notEqual(secretIn((await page.reveal()).body), "");
  });
});
