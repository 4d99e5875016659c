import assert from "node:assert/strict";
import type { Blueprint } from "../../src/domain/blueprint.ts";
import type { ChatMessage } from "../../src/local/teams-stand-in.ts";
import { type Journey, mina, personalChat, readingOf, startJourney, verbsOf } from "../support/journey.ts";
import { elements } from "./reading.ts";

const graph = "00000003-0000-0000-c000-000000000000";

/** Two pages: the permissions are asked only of those who want any. */
const aSystem = (id: string, title: string): Blueprint => ({
  id,
  title,
  ask: [
    { key: "name", label: "Name", type: "text", required: true },
    { key: "reads", label: "Does it read?", type: "flag" },
    {
      key: "graph",
      label: "Permissions",
      type: "permissions",
      kind: "application",
      required: true,
      when: { reads: true },
    },
  ],
  app: { name: "{{name}}", audience: "AzureADMyOrg" },
  grant: [{ typed: "graph" }],
  consent: "admin",
  credentials: [{ kind: "secret", label: "{{name}}", months: 12 }],
  handover: [{ label: "Client ID", value: "clientId" }],
});

describe("asking in chat", () => {
  let journey: Journey;
  const place = personalChat(mina);
  before(async () => {
    journey = await startJourney({
      adjust: (world) => ({
        ...world,
        catalog: {
          ...world.catalog,
          apis: { graph: { clientId: graph, name: "Microsoft Graph" } },
          permissionFacts: [
            {
              api: graph,
              name: "User.Read.All",
              kind: "application",
              rank: "medium",
              sentence: "Reads all.",
              smaller: { name: "User.ReadBasic.All", sentence: "Names are often enough." },
            },
          ],
          roleFacts: [],
          blueprints: [
            aSystem("rewst", "Rewst"),
            aSystem("net-one", "Net One"),
            aSystem("net-two", "Net Two"),
          ],
        },
      }),
    });
  });
  after(() => journey.close());

  const ask = async (text: string): Promise<ChatMessage> => {
    const before = journey.teams.messages.length;
    await journey.teams.say(mina, place, text);
    // The cards of what was submitted before may still come.
    const isForm = (message: ChatMessage) => verbsOf(message).some((verb) => verb.startsWith("intake/"));
    const answer = await journey.teams.find(
      (message) => journey.teams.messages.indexOf(message) >= before && isForm(message),
      `the answer to ${text}`,
    );
    return journey.goOnAnyway(answer);
  };
  const press = async (card: ChatMessage, verb: string, inputs: object = {}) => {
    await journey.teams.press(mina, place, card, verb, inputs);
    return journey.stands(card);
  };
  const input = (message: ChatMessage, id: string) => elements(message.card).find((each) => each.id === id);
  const choicesOf = (message: ChatMessage, id: string) =>
    (input(message, id)?.choices ?? []) as { title: string; value: string }[];
  const choices = (message: ChatMessage) => choicesOf(message, "blueprint").map(({ title }) => title);

  it("goes straight to the form of the one system that is meant", async () => {
    const form = await ask("request rewst");
    assert.deepEqual(verbsOf(form), ["intake/review", "intake/cancel"]);
    assert.ok(input(form, "q_name"));
  });

  it("offers only what matches, and everything when nothing does", async () => {
    const some = await ask("request net");
    assert.deepEqual(choices(some), ["Net One", "Net Two"]);
    assert.match(readingOf(some), /Several systems match “net”/);
    const all = await ask("request <b>zz</b>");
    assert.deepEqual(choices(all), ["Rewst", "Net One", "Net Two"]);
    assert.match(readingOf(all), /There is no system called “‹b›zz‹\/b›”\. Choose one of these\./);
    assert.doesNotMatch(readingOf(await ask("request")), /match|no system/);
  });

  it("leads from page to page, and loses nothing on the way back", async () => {
    const first = await ask("request rewst");
    const second = await press(first, "intake/review", { q_name: "Robot", q_reads: "true", reason: "So." });
    assert.deepEqual(verbsOf(second), ["intake/review", "intake/back", "intake/cancel"]);
    assert.match(readingOf(second), /Page 2/);
    const back = await press(second, "intake/back", { q_graph: "User.Rea" });
    assert.equal(input(back, "q_name")?.value, "Robot");
    assert.equal(input(back, "reason")?.value, "So.");
    const again = await press(back, "intake/review", { q_name: "Robot", q_reads: "true", reason: "So." });
    assert.equal(input(again, "q_graph")?.value, "User.Rea");
    const review = await press(again, "intake/review", { q_graph: "User.Read.All" });
    assert.match(readingOf(review), /Is this right\?/);
    const changed = await press(review, "intake/back");
    assert.equal(input(changed, "q_name")?.value, "Robot");
  });

  const reviewed = async () => {
    const first = await ask("request rewst");
    const second = await press(first, "intake/review", { q_name: "Robot", q_reads: "true", reason: "So." });
    return press(second, "intake/review", { q_graph: "User.Read.All" });
  };

  it("takes less when it is ticked, and shows the new plan", async () => {
    const review = await reviewed();
    assert.match(readingOf(review), /Less: +Names are often enough/);
    const smaller = choicesOf(review, "smaller")[0]?.value;
    const less = await press(review, "intake/smaller", { smaller });
    assert.match(readingOf(less), /You ask for less now\./);
    assert.match(readingOf(less), /User\.ReadBasic\.All/);
    assert.doesNotMatch(readingOf(less), /User\.Read\.All/);
    assert.equal(input(less, "smaller"), undefined);
  });

  it("does not submit more than what was ticked", async () => {
    const review = await reviewed();
    const smaller = choicesOf(review, "smaller")[0]?.value;
    const less = await press(review, "intake/submit", { smaller });
    assert.match(readingOf(less), /What you had ticked is taken\. Nothing has been sent yet/);
    const submitted = await press(less, "intake/submit");
    assert.match(readingOf(submitted), /REQ-/);
    assert.deepEqual(
      (await journey.world.store.tables.requests.pending(5))[0]?.plan.permissions.map(({ name }) => name),
      ["User.ReadBasic.All"],
    );
  });

  it("submits nothing from a review that was changed since on another device, and shows what it is now", async () => {
    const old = await reviewed();
    const smaller = choicesOf(old, "smaller")[0]?.value;
    await press(old, "intake/smaller", { smaller });
    const again = await press(old, "intake/submit");
    assert.match(readingOf(again), /changed since you saw it, so nothing was sent.*User\.ReadBasic\.All/);
    assert.match(readingOf(await press(again, "intake/submit")), /REQ-/);
  });

  it("changes nothing when less is asked for without a tick", async () => {
    const review = await reviewed();
    const answer = await journey.teams.press(mina, place, review, "intake/smaller");
    assert.match(JSON.stringify(answer), /Nothing was changed: tick/);
    assert.deepEqual(journey.stands(review).card, review.card);
  });
});
