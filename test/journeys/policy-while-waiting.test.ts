import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { PolicyFile } from "../../src/catalog/policy-shape.ts";
import { company } from "../../src/local/tenant/company.ts";
import { fillSystem, submitted } from "../support/asking.ts";
import {
  channel,
  type Journey,
  jonas,
  mina,
  personalChat,
  priya,
  readingOf,
  requestIdIn,
  says,
  startJourney,
  tomas,
  verbsOf,
} from "../support/journey.ts";
import { catalogWithPolicy, changePolicy } from "../support/policy.ts";

describe("a change of policy while a request waits", () => {
  let journey: Journey;
  beforeEach(async () => {
    journey = await startJourney({ config: { catalogDir: catalogWithPolicy({ policy: 1 }) } });
  });
  afterEach(() => journey.close());

  const redrawn = async (id: string, text: RegExp) => {
    return journey.teams.find(
      (each) => each.conversationId === channel.id && says(each, id) && text.test(readingOf(each)),
      `a card of ${id} that says ${text}`,
    );
  };

  it("raises the number of approvals, and the card says so", async () => {
    const { id } = await journey.ask();
    await journey.approvalCard(id);
    changePolicy(journey, { policy: 1, ranks: { medium: { approvals: 2 } } });
    await redrawn(id, /needs 2 approvals now/);
    assert.match(readingOf(await journey.approve(id, priya)), /1 of 2/);
    assert.equal((await journey.request(id)).state, "pending");
    assert.match(readingOf(await journey.approve(id, tomas)), /Approved/);
  });

  it("never lowers what the request was submitted under", async () => {
    changePolicy(journey, { policy: 1, ranks: { medium: { approvals: 2 } } });
    const { id } = await journey.ask();
    changePolicy(journey, { policy: 1, ranks: { medium: { approvals: 1 } } });
    assert.match(readingOf(await journey.approve(id, priya)), /1 of 2/);
  });

  it("can forbid it: then it is not approved by anybody, but can be denied", async () => {
    const { id } = await journey.ask();
    await journey.approvalCard(id);
    const sentence = "Nothing reads the whole directory here any more.";
    changePolicy(journey, { policy: 1, forbid: [{ permission: "Directory.Read.All", sentence }] });
    const answer = await journey.approve(id);
    assert.ok((answer.text ?? readingOf(answer)).includes(sentence), answer.text);
    assert.equal((await journey.request(id)).state, "pending");
    const card = await redrawn(id, /Nothing reads the whole directory/);
    assert.ok(!verbsOf(card).includes("approval/approve"));
    await journey.teams.press(priya, channel, card, "approval/deny", { denial: "Forbidden by now." });
    assert.equal((await journey.request(id)).state, "denied");
  });

  it("lets nobody decide who was not asked at that time, nor who is not asked any more", async () => {
    const { id } = await journey.ask();
    await journey.approvalCard(id);
    changePolicy(journey, { policy: 1, ranks: { medium: { approvers: company.groups.admins } } });
    const admin = { id: company.people.admin, name: "Aiko Tanaka" };
    for (const who of [priya, admin]) {
      const answer = await journey.approve(id, who);
      assert.match(answer.text ?? readingOf(answer), /not one of the approvers/);
    }
    assert.equal((await journey.request(id)).state, "pending");
  });

  it("asks for a reason, and takes no vote without one", async () => {
    const { id } = await journey.ask();
    changePolicy(journey, { policy: 1, ranks: { medium: { reasonToApprove: true } } });
    const bare = await journey.approve(id);
    assert.match(bare.text ?? readingOf(bare), /reason/);
    assert.equal((await journey.request(id)).state, "pending");
    await journey.teams.say(
      priya,
      personalChat(priya),
      `approve ${id} r1 Checked with the owner of the data.`,
    );
    await journey.until(async () => (await journey.request(id)).state !== "pending", "the approval");
    const told = await journey.teams.find(
      (each) => each.conversationId === personalChat(mina).id && says(each, "Checked with the owner"),
      "the reason in the requester's message",
    );
    assert.ok(says(told, id));
  });
});

describe("a permission that is ranked higher while a request waits", () => {
  it("keeps needing two approvers when one of them takes it away", async () => {
    const catalogDir = catalogWithPolicy({ policy: 1 });
    const journey = await startJourney({ config: { catalogDir } });
    try {
      const wish = { name: "Payroll", applicationPermissions: ["User.Read.All", "Sites.ReadWrite.All"] };
      const id = await submitted(journey, await fillSystem(journey, "custom", wish));
      const card = await journey.approvalCard(id);
      assert.equal((await journey.request(id)).terms.approvals, 1);
      const file = path.join(catalogDir, "permissions.yaml");
      const ranked = /(name: Sites\.ReadWrite\.All, kind: application, rank: )high/;
      const before = readFileSync(file, "utf8");
      assert.match(before, ranked);
      writeFileSync(file, before.replace(ranked, "$1tier0"));
      journey.readCatalog();

      const opened = await journey.teams.press(priya, channel, card, "approval/narrow");
      const stays = (await journey.request(id)).plan.permissions.findIndex(
        ({ name }) => name === "User.Read.All",
      );
      const form = { ...card, card: opened.card ?? {} };
      await journey.teams.press(priya, channel, form, "approval/offer", {
        keep_permissions: String(stays),
        smaller: "",
        months: "12",
      });
      const offer = await journey.teams.find(
        (each) => each.conversationId === personalChat(mina).id && verbsOf(each).includes("request/accept"),
        "the offer",
      );
      await journey.teams.press(mina, personalChat(mina), offer, "request/accept");
      assert.equal((await journey.request(id)).state, "pending");
    } finally {
      await journey.close();
    }
  });
});

describe("policy at the submission", () => {
  const withPolicy = (changes: PolicyFile) =>
    startJourney({ config: { catalogDir: catalogWithPolicy({ policy: 1, ...changes }) } });

  it("approves by itself what a rule names, and says which", async () => {
    const rule = { name: "Reading for the warehouse", upTo: "medium", systems: ["netwrix-identity-manager"] };
    const journey = await withPolicy({ autoApprove: [rule] } as PolicyFile);
    try {
      const { id } = await journey.ask();
      await journey.link();
      const decided = (await journey.audited(id)).filter(({ what }) => what === "request.decided");
      assert.deepEqual(decided, [
        { what: "request.decided", who: "usher", outcome: "approved", surface: "system" },
      ]);
      const card = await journey.approvalCard(id);
      assert.match(readingOf(card), /Policy/);
      assert.match(readingOf(card), /Reading for the warehouse/);
    } finally {
      await journey.close();
    }
  });

  it("lets a rule that forbids win over one that approves, and asks people about what is riskier", async () => {
    const rule = { name: "Reading", upTo: "medium", systems: ["netwrix-identity-manager"] };
    const journey = await withPolicy({
      autoApprove: [rule],
      forbid: [{ system: "netwrix-identity-manager", audience: "AzureADMultipleOrgs", sentence: "Never." }],
    } as PolicyFile);
    try {
      const { id } = await journey.ask(mina, personalChat(mina), { q_fulfill: "true" });
      assert.equal((await journey.request(id)).state, "pending");
      changePolicy(journey, {
        policy: 1,
        autoApprove: [rule],
        forbid: [{ system: "netwrix-identity-manager", sentence: "Not this system." }],
      } as PolicyFile);
      const review = await journey.fillForm(jonas);
      assert.match(readingOf(review), /Not this system/);
      assert.ok(!verbsOf(review).includes("intake/submit"));
    } finally {
      await journey.close();
    }
  });

  it("turns away what is more than may be open for one person, also when two are sent at once", async () => {
    const journey = await withPolicy({ openRequests: 2 });
    try {
      const first = await fillSystem(journey, "grafana", grafana("one"));
      await submitted(journey, first);
      const reviews = [
        await fillSystem(journey, "grafana", grafana("two")),
        await fillSystem(journey, "grafana", grafana("three")),
      ];
      const answers = await Promise.all(
        reviews.map((review) => journey.teams.press(mina, personalChat(mina), review, "intake/submit")),
      );
      const refusals = answers.filter(({ text }) => text !== undefined);
      assert.equal(refusals.length, 1);
      assert.match(refusals[0]?.text ?? "", /2 requests|two requests/);
      const open = await journey.world.store.tables.requests.newestOf(mina.id as never, 10);
      assert.equal(open.length, 2);
      const [waiting] = open;
      await journey.teams.say(mina, personalChat(mina), `withdraw ${waiting?.id}`);
      await journey.until(
        async () => (await journey.request(waiting?.id ?? "")).state === "withdrawn",
        "room for another",
      );
      const left = reviews[answers.findIndex(({ text }) => text !== undefined)];
      assert.ok(left);
      await journey.teams.press(mina, personalChat(mina), left, "intake/submit");
      assert.match(requestIdIn(journey.stands(left)), /^REQ-/);
    } finally {
      await journey.close();
    }
  });
});

const grafana = (name: string) => ({ rootUrl: `https://${name}.larkfield.example` });
