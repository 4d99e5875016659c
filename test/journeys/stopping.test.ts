import assert from "node:assert/strict";
import { madeFor } from "../support/asking.ts";
import {
  type Journey,
  jonas,
  mina,
  personalChat,
  priya,
  readingOf,
  startJourney,
  verbsOf,
} from "../support/journey.ts";

const secretIn = (page: string) => /<input id="secret"[^>]*value="([^"]*)"/.exec(page)?.[1] ?? "";

describe("stopping", () => {
  let journey: Journey;
  beforeEach(async () => {
    journey = await startJourney();
  });
  afterEach(() => journey.close());

  const standing = (id: string) =>
    journey.carrier.db.selectFrom("registrations").selectAll().where("id", "=", id).executeTakeFirst();

  /** A custom registration of that name, made. */
  const custom = async (name: string) => (await madeFor(journey, "custom", { name }, jonas)).id;
  async function revoke(who: typeof jonas, named: string): Promise<void> {
    const place = personalChat(who);
    await journey.teams.say(who, place, `revoke ${named}`);
    const question = journey.teams.messages.findLast((each) => each.conversationId === place.id);
    assert.ok(
      question && verbsOf(question).includes("registration/confirm-revoke"),
      readingOf(question ?? {}),
    );
    await journey.teams.press(who, place, question, "registration/confirm-revoke");
  }

  it("is not prevented by another registration that is named as this one's id", async () => {
    const first = await custom("Warehouse");
    await custom(first);
    await revoke(priya, first);
    await journey.until(async () => (await standing(first))?.state === "revoked", "the revocation");
  });

  it("is called done only when nothing is alive, also where the directory does not show it yet", async () => {
    const { id } = await journey.provisioned(jonas);
    const made = await standing(id);
    await journey.sim("POST", "/faults", {
      path: "/(applications|servicePrincipals)/",
      kind: "status",
      status: 404,
      code: "Request_ResourceNotFound",
      times: 3,
    });
    await revoke(jonas, id);
    await journey.until(async () => (await standing(id))?.state === "revoked", "the revocation");
    const found = await journey.graph(`/applications/${made?.application_object_id}`);
    assert.equal(found.status, 404);
  });

  it("is not silent when Entra refuses it", async () => {
    const { id } = await journey.provisioned(jonas);
    await journey.sim("POST", "/faults", {
      method: "DELETE",
      path: "/applications/",
      kind: "status",
      status: 403,
      code: "Authorization_RequestDenied",
      times: 1000,
    });
    const before = journey.log.length;
    await revoke(jonas, id);
    await journey.until(
      async () => ((await journey.sim("GET", "/faults")).faults as { times: number }[])[0]?.times === 998,
      "two refusals",
    );
    const said = journey.log.slice(before).filter((line) => line.includes("Authorization_RequestDenied"));
    assert.notEqual(said.length, 0);
  });

  it("takes effect on a disabled account before it opens the secret", async () => {
    const { link } = await journey.provisioned();
    const page = await journey.openAs(link, mina);
    await journey.sim("PUT", `/users/${mina.id}`, { accountEnabled: false });
    assert.equal(secretIn((await page.reveal()).body), "");
  });
});
