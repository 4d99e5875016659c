import assert from "node:assert/strict";
import { type ChatMessage, inputsOf } from "../../src/local/teams-stand-in.ts";
import { company } from "../../src/local/tenant/company.ts";
import { endedCard, fillSystem, madeFor, sayRequest, submitted } from "../support/asking.ts";
import { endStateOf, usher } from "../support/end-state.ts";
import {
  aiko,
  type Journey,
  mina,
  personalChat,
  priya,
  readingOf,
  says,
  startJourney,
  verbsOf,
} from "../support/journey.ts";
import { catalogWithPolicy, changePolicy } from "../support/policy.ts";

const { approvers, admins } = company.groups;
const gitlab = { host: "https://gitlab.larkfield.example" };
const waiting = { name: "Nightly export" };

describe("when somebody asks,", () => {
  let journey: Journey;
  before(async () => {
    journey = await startJourney({ config: { catalogDir: catalogWithPolicy({}) } });
  });
  after(() => journey.close());
  afterEach(() => journey.sim("DELETE", "/faults"));

  /** Says it, and answers what is said back. */
  async function answerTo(words: string, who = mina): Promise<string> {
    const before = new Set(journey.teams.messages.map(({ id }) => id));
    await journey.teams.say(who, personalChat(who), words);
    const answer = await journey.teams.find(
      (message) => !before.has(message.id) && message.conversationId === personalChat(who).id,
      `an answer to ${words}`,
    );
    return answer.text ?? readingOf(answer);
  }
  const systemsOn = ({ card }: ChatMessage) =>
    ((inputsOf(card).get("blueprint")?.choices ?? []) as { value: string }[]).map(({ value }) => value);
  const press = (message: ChatMessage, verb: string, inputs: object, who = mina) =>
    journey.teams.press(who, personalChat(who), journey.stands(message), verb, inputs);
  const countOf = async (who: { id: string }) =>
    (await journey.world.store.tables.requests.newestOf(who.id as never, 50)).length;
  /** No answer about groups, however often it is asked. */
  const groupsAreSilent = () =>
    journey.sim("POST", "/faults", { path: "/checkMemberGroups", kind: "503", times: 1000 });

  describe("policy says who may ask", () => {
    before(() =>
      changePolicy(journey, {
        mayAsk: [{ group: approvers, systems: ["gitlab", "n8n"] }, { group: admins }],
      }),
    );
    after(() => changePolicy(journey, {}));

    it("and whoever is in none of its groups is told so, before anything is typed", async () => {
      assert.match(await answerTo("request"), /Policy lets only some people here ask for apps/);
      assert.match(await answerTo("request gitlab"), /Policy lets only some people here ask for apps/);
    });

    it("and for what: the chooser shows no more than that", async () => {
      assert.deepEqual(systemsOn(await sayRequest(journey, "", priya)), ["gitlab", "n8n"]);
      assert.ok(systemsOn(await sayRequest(journey, "", aiko)).length > 10);
    });

    it("and a system that somebody else may ask for is refused by its name, also as a forged choice", async () => {
      assert.match(
        await answerTo("request rewst-v1", priya),
        /Policy lets only some people here ask for Rewst/,
      );
      const chooser = await sayRequest(journey, "", priya);
      const answer = await press(chooser, "intake/choose", { blueprint: "servicenow" }, priya);
      assert.match(answer.text ?? "", /Policy lets only some people here ask for ServiceNow/);
      assert.ok(verbsOf(journey.stands(chooser)).includes("intake/choose"));
    });

    it("and of several systems that somebody may mean, only those that they may ask for are found", async () => {
      assert.ok(systemsOn(await sayRequest(journey, "sign-in", aiko)).length > 2);
      const form = await sayRequest(journey, "sign-in", priya);
      assert.match(readingOf(form), /^GitLab – sign-in with Entra ID/);
      assert.ok(verbsOf(form).includes("intake/review"));
    });

    it("and whoever has left the group since the form was opened cannot submit it", async () => {
      const review = await fillSystem(journey, "gitlab", gitlab, priya);
      const others = [company.people.approverTwo];
      await journey.sim("PUT", `/groups/${approvers}/members`, { members: others });
      const answer = await press(review, "intake/submit", {}, priya);
      await journey.sim("PUT", `/groups/${approvers}/members`, { members: [priya.id, ...others] });
      assert.match(answer.text ?? "", /Policy lets only some people here ask for GitLab/);
      assert.equal(await countOf(priya), 0);
      await submitted(journey, review, priya);
      assert.equal(await countOf(priya), 1);
    });

    it("and while the directory is silent everything can be filled in, and nothing submitted", async () => {
      await groupsAreSilent();
      const review = await fillSystem(journey, "gitlab", gitlab, mina);
      const answer = await press(review, "intake/submit", {});
      assert.match(answer.text ?? "", /The directory does not answer/);
      await journey.sim("DELETE", "/faults");
      assert.match(
        (await press(review, "intake/submit", {})).text ?? "",
        /Policy lets only some people here/,
      );
      assert.equal(await countOf(mina), 0);
    });
  });

  describe("policy forbids", () => {
    after(() => changePolicy(journey, {}));

    it("a permission, and its sentence is said at the review, before anybody is asked", async () => {
      const sentence = "No app reads every mailbox here. Ask the mail team for one mailbox.";
      changePolicy(journey, { forbid: [{ permission: "Mail.Read", kind: "application", sentence }] });
      const form = await fillSystem(journey, "custom", { ...waiting, applicationPermissions: "Mail.Read" });
      assert.ok(readingOf(form).includes(sentence), readingOf(form));
      assert.ok(!verbsOf(form).includes("intake/submit"));
      const smaller = await fillSystem(journey, "custom", {
        ...waiting,
        signIn: true,
        webRedirects: "https://nightly.larkfield.example/back",
        delegatedPermissions: "Mail.Read",
      });
      assert.ok(verbsOf(smaller).includes("intake/submit"), readingOf(smaller));
    });

    it("a name that does not match its pattern", async () => {
      const sentence = "Names of apps begin with APP- here.";
      changePolicy(journey, { name: { pattern: "APP-.+", sentence } });
      const wrong = await fillSystem(journey, "custom", waiting);
      assert.ok(readingOf(wrong).includes(sentence), readingOf(wrong));
      assert.ok(!verbsOf(wrong).includes("intake/submit"));
      const right = await fillSystem(journey, "custom", { name: "APP-export" });
      assert.ok(verbsOf(right).includes("intake/submit"));
    });

    it("a secret that lives too long for its risk, and takes a shorter one", async () => {
      changePolicy(journey, { ranks: { high: { secretMonths: 3 } } });
      const long = await fillSystem(journey, "elastic-o365", { dlp: true, secretMonths: 12 });
      assert.match(readingOf(long), /Policy lets a secret of this risk live 3 months at most/);
      assert.ok(
        verbsOf(await fillSystem(journey, "elastic-o365", { dlp: true, secretMonths: 3 })).includes(
          "intake/submit",
        ),
      );
      // It is the risk that counts: the same system with less of it may.
      assert.ok(
        verbsOf(await fillSystem(journey, "elastic-o365", { secretMonths: 12 })).includes("intake/submit"),
      );
    });

    it("what was reviewed before it did so, when it is submitted", async () => {
      changePolicy(journey, {});
      const review = await fillSystem(journey, "custom", waiting);
      const sentence = "Nothing else is asked for here.";
      changePolicy(journey, { forbid: [{ system: "custom", sentence }] });
      const count = await countOf(mina);
      await press(review, "intake/submit", {});
      const card = await journey.teams.find(
        (message) => message.id === review.id && says(message, sentence),
        "the rule's sentence",
      );
      assert.ok(!verbsOf(card).includes("intake/submit"));
      assert.equal(await countOf(mina), count);
    });
  });

  describe("policy says who owns an app in Entra", () => {
    const elastic = (dlp: boolean) => madeFor(journey, "elastic-o365", { dlp });
    const ownersOf = async (id: Parameters<typeof endStateOf>[1]) =>
      (await endStateOf(journey, id)).state.owners;
    after(() => changePolicy(journey, {}));

    it("by its risk: the requester too at medium, Usher alone at high", async () => {
      changePolicy(journey, {});
      const medium = await elastic(false);
      assert.match(medium.review, /Owners in Entra: +Usher and the person who asks/);
      assert.deepEqual(await ownersOf(medium.id), [mina.name, usher].toSorted());
      const high = await elastic(true);
      assert.match(high.review, /Owner in Entra: +Usher alone/);
      assert.deepEqual(await ownersOf(high.id), [usher]);
    });

    it("and the other way round where it says so", async () => {
      changePolicy(journey, { ranks: { medium: { owner: "nobody" }, high: { owner: "requester" } } });
      const medium = await elastic(false);
      assert.match(medium.review, /Owner in Entra: +Usher alone/);
      assert.deepEqual(await ownersOf(medium.id), [usher]);
      assert.deepEqual(await ownersOf((await elastic(true)).id), [mina.name, usher].toSorted());
    });
  });

  describe("policy says how long a one-time link waits", () => {
    after(() => changePolicy(journey, {}));

    it("and the shorter counts of what it said when it was asked for and what it says when it is made", async () => {
      for (const [before, after, hours] of [
        [100, 5, 5],
        [5, 100, 5],
      ] as const) {
        changePolicy(journey, { ranks: { low: { linkHours: before } } });
        const review = await fillSystem(journey, "gitlab", gitlab);
        const id = await submitted(journey, review);
        changePolicy(journey, { ranks: { low: { linkHours: after } } });
        await journey.approve(id);
        assert.match(readingOf(await endedCard(journey, review)), /^Ready/);
        const link = await journey.world.store.tables.links.newestOf(id);
        const left = (link?.expiresAt.getTime() ?? 0) - journey.world.clock.now().getTime();
        assert.ok(left > (hours - 1) * 3_600_000 && left <= hours * 3_600_000, `${left / 3_600_000} hours`);
      }
    });
  });
});
