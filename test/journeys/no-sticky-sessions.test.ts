import assert from "node:assert/strict";
import type { RequestId } from "../../src/domain/ids.ts";
import type { ChatMessage } from "../../src/local/teams-stand-in.ts";
import { createBrowser } from "../../src/local/tenant/browser.ts";
import { type Fleet, startFleet } from "../support/fleet.ts";
import { channel, mina, personalChat, priya, says, verbsOf } from "../support/journey.ts";
import { linksTo, works } from "../support/new-keys.ts";

describe("three processes, of which each request reaches another than the one before", () => {
  let fleet: Fleet;
  before(async () => {
    fleet = await startFleet(3);
  });
  after(() => fleet.close());

  const own = personalChat(mina);
  const stands = ({ id }: ChatMessage) =>
    fleet.teams.messages.findLast((each) => each.id === id) as ChatMessage;
  const inOwnChat = (verb: string) =>
    fleet.teams.find(
      (each) => each.conversationId === own.id && verbsOf(each).includes(verb),
      `a message with ${verb}`,
    );

  /** Follows a link to its secret: link page, sign-in, callback, page, press. */
  async function opened(link: string): Promise<string> {
    const browser = createBrowser();
    const before = fleet.turns.length;
    assert.equal((await browser.open(link)).status, 200);
    const page = await browser.signIn(`${link}?sign-in`, mina.id);
    const check = /name="check" value="([^"]*)"/.exec(page.body)?.[1] ?? "";
    assert.notEqual(check, "", page.body);
    const shown = await browser.open(`${link}/reveal`, { check });
    assert.equal(shown.status, 200, shown.body);
    const asked = fleet.turns.slice(before);
    assert.ok(asked.length >= 5, `${asked.length} requests of one browser`);
    assert.equal(new Set(asked).size, 3, "one browser was answered by all three");
    const field = /<input\b[^>]*id="secret"[^>]*>/.exec(shown.body)?.[0].match(/value="([^"]*)"/)?.[1] ?? "";
    return field.replaceAll("&amp;", "&");
  }

  it("carry a request from the form to the second secret all the same", async () => {
    const { id } = await fleet.ask(mina);
    const approval = await fleet.teams.find(
      (each) => each.conversationId === channel.id && says(each, id),
      "the approval card",
    );
    await fleet.teams.press(priya, channel, approval, "approval/approve");
    await fleet.until(() => linksTo(fleet).length === 1, "the link");
    const [link = ""] = linksTo(fleet);
    const made = () => fleet.tables.registrations.get(id as RequestId);
    await fleet.until(async () => (await made()) !== undefined, "the registration");
    const { clientId = "" } = (await made()) ?? {};
    const first = await opened(link);
    assert.equal(await works(fleet, clientId, first), true);

    await fleet.teams.say(mina, own, `rotate ${id}`);
    const question = await inOwnChat("rotation/confirm");
    await fleet.teams.press(mina, own, question, "rotation/confirm");
    await fleet.until(() => linksTo(fleet).some((each) => each !== link), "the next link");
    const second = await opened(linksTo(fleet).findLast((each) => each !== link) ?? "");
    assert.equal(await works(fleet, clientId, second), true);
    const switching = await inOwnChat("rotation/switched");
    await fleet.teams.press(mina, own, stands(switching), "rotation/switched");
    await fleet.until(async () => (await fleet.applications())[0]?.keys === 1, "the one key");
    assert.deepEqual(
      [await works(fleet, clientId, first), await works(fleet, clientId, second)],
      [false, true],
    );
    const isRepeated = fleet.turns.some((url, at) => url === fleet.turns[at - 1]);
    assert.equal(isRepeated, false, "no request reached the same process as the one before");
    assert.ok(fleet.answered().every((count) => count > 3));
  });
});
