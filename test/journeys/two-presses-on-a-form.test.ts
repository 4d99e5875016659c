import assert from "node:assert/strict";
import { type ChatMessage, inputsOf } from "../../src/local/teams-stand-in.ts";
import { type Journey, mina, personalChat, readingOf, says, startJourney } from "../support/journey.ts";

const place = personalChat(mina);
const submittedPlans = async (journey: Journey) =>
  (await journey.world.store.tables.requests.pending(5)).map(({ plan }) => plan.displayName);

describe("a form on which more than one press is under way", () => {
  let journey: Journey;
  const held = Promise.withResolvers<void>();
  let calls = 0;
  before(async () => {
    journey = await startJourney({
      adjust: (world) => ({
        ...world,
        tenant: {
          ...world.tenant,
          async apis(clientIds) {
            calls += 1;
            if (calls === 1) await held.promise;
            return world.tenant.apis(clientIds);
          },
        },
      }),
    });
  });
  after(() => journey.close());

  it("keeps the newer one: what Graph held up is dropped, and says so", async () => {
    await journey.teams.say(mina, place, "request netwrix-identity-manager");
    const form = await journey.teams.find((each) => says(each, "q_organization"), "the form");
    const press = (organization: string) =>
      journey.teams.press(mina, place, form, "intake/review", {
        q_organization: organization,
        q_fulfill: "false",
        q_secretMonths: "12",
        reason: "So.",
      });
    const slow = await press("Slow");
    assert.match(slow.text ?? "", /goes on with it/);
    await press("Quick");
    held.resolve();
    await journey.teams.find((each) => says(each, "This press was dropped"), "the word on the slow press");
    const review = journey.stands(form);
    assert.match(readingOf(review), /Identity Manager Quick/);
    await journey.teams.press(mina, place, review, "intake/submit");
    assert.deepEqual(await submittedPlans(journey), ["Identity Manager Quick"]);
  });
});

describe("a form that was given up", () => {
  let journey: Journey;
  before(async () => {
    journey = await startJourney();
  });
  after(() => journey.close());

  it("is not submitted from an older copy of its card", async () => {
    const review: ChatMessage = await journey.fillForm();
    await journey.teams.press(mina, place, review, "intake/cancel");
    assert.match(readingOf(journey.stands(review)), /Nothing was sent/);
    await journey.teams.press(mina, place, review, "intake/submit");
    assert.match(readingOf(journey.stands(review)), /so nothing was sent/);
    assert.deepEqual(await submittedPlans(journey), []);
  });
});

describe("a text that is too long to be shown again whole", () => {
  let journey: Journey;
  before(async () => {
    journey = await startJourney();
  });
  after(() => journey.close());

  it("is still what was typed when the page is sent again as it is shown", async () => {
    const form = await journey.fillForm(mina, place, { q_organization: "x".repeat(30_000) });
    const shown = String(inputsOf(form.card).get("q_organization")?.value);
    assert.ok(shown.endsWith("…"));
    await journey.teams.press(mina, place, form, "intake/review", {
      q_organization: shown,
      q_fulfill: "false",
      q_secretMonths: "12",
      reason: "So.",
    });
    assert.match(readingOf(journey.stands(form)), /these are 30000/);
  });
});

describe("a private key in a form", () => {
  let journey: Journey;
  before(async () => {
    journey = await startJourney();
  });
  after(() => journey.close());

  it("is refused wherever it was pasted, never kept, and not shown back", async () => {
    const key = "-----BEGIN PRIVATE KEY-----\nMIIEvcanary\n-----END PRIVATE KEY-----";
    const form = await journey.fillForm(mina, place, { q_organization: key, reason: `Because ${key}` });
    assert.match(readingOf(form), /throw this key away/);
    const drafts = await journey.carrier.db.selectFrom("drafts").selectAll().execute();
    const written = JSON.stringify([drafts, form.card, journey.log]);
    assert.ok(!written.includes("canary"));
  });
});
