import assert from "node:assert/strict";
import type { RequestId } from "../../src/domain/ids.ts";
import type { CardJson, ChatMessage } from "../../src/local/teams-stand-in.ts";
import { madeFor } from "../support/asking.ts";
import {
  aiko,
  channel,
  groupChat,
  type Journey,
  jonas,
  lena,
  mina,
  personalChat,
  priya,
  readingOf,
  startJourney,
  verbsOf,
} from "../support/journey.ts";
import { manyRegistrations } from "../support/many-registrations.ts";

const unknown = /There is no such registration, or it is not yours/;

describe("a list of registrations", () => {
  let journey: Journey;
  let minas: RequestId;
  let jonass: RequestId;
  before(async () => {
    journey = await startJourney();
    minas = (await madeFor(journey, "custom", { name: "Warehouse reader" })).id;
    jonass = (await madeFor(journey, "custom", { name: "Payroll export" }, jonas)).id;
  });
  after(() => journey.close());

  /** What comes back to whoever says this in their own chat. */
  async function said(who: typeof mina, words: string): Promise<ChatMessage> {
    const place = personalChat(who);
    const before = journey.teams.messages.length;
    await journey.teams.say(who, place, words);
    const answer = journey.teams.messages.slice(before).find((each) => each.conversationId === place.id);
    assert.ok(answer, `an answer to ${words}`);
    return answer;
  }
  const reading = async (who: typeof mina, words: string) => readingOf(await said(who, words));
  const namesIn = (message: ChatMessage) => readingOf(message).match(/REQ-[0-9A-Z]{6}(?= · for)/g) ?? [];
  const row = (id: string) =>
    journey.carrier.db.selectFrom("registrations").selectAll().where("id", "=", id).executeTakeFirstOrThrow();

  /** Presses the button of that title, as a client sends it. */
  async function press(who: typeof mina, message: ChatMessage, title: string): Promise<ChatMessage> {
    const stands = journey.stands(message);
    const found = buttons(stands.card).find((each) => each.title === title);
    assert.ok(found, `${title} on ${readingOf(stands)}`);
    await journey.teams.press(who, personalChat(who), stands, String(found.verb), found.data as object);
    return journey.stands(message);
  }
  const buttons = (node: unknown): CardJson[] => {
    if (Array.isArray(node)) return node.flatMap(buttons);
    if (typeof node !== "object" || node === null) return [];
    const { fallback: _fallback, ...own } = node as CardJson;
    const inner = Object.values(own).flatMap(buttons);
    return own.type === "Action.Execute" ? [own, ...inner] : inner;
  };

  it("shows what is everybody's in no chat where others read it, but where approvers decide", async () => {
    for (const [who, words] of [
      [priya, "list all"],
      [priya, "list expiring"],
      [aiko, "audit"],
    ] as const) {
      const before = journey.teams.messages.length;
      await journey.teams.say(who, groupChat, words);
      const [answer, ...more] = journey.teams.messages.slice(before);
      assert.match(readingOf(answer ?? {}), /Everybody in this chat would read that/, words);
      assert.equal(more.length, 0);
    }
    const before = journey.teams.messages.length;
    await journey.teams.say(priya, channel, "list all");
    assert.deepEqual(namesIn(journey.teams.messages.slice(before)[0] as ChatMessage), [jonass, minas]);
  });

  it("shows people what they own, the second owner too, and approvers and admins all of it", async () => {
    assert.deepEqual(namesIn(await said(mina, "list")), [minas]);
    assert.deepEqual(namesIn(await said(jonas, "list")), [jonass]);
    for (const who of [priya, aiko]) assert.deepEqual(namesIn(await said(who, "LIST  all")), [jonass, minas]);
    assert.match(await reading(priya, "list all"), /Owner: +Jonas/);
    await journey.carrier.db
      .updateTable("registrations")
      .set({ co_owner_id: jonas.id, co_owner_name: "Jonas" })
      .where("id", "=", minas)
      .execute();
    const both = await said(jonas, "list");
    assert.deepEqual(namesIn(both), [jonass, minas]);
    assert.match(readingOf(both), /Second owner: +Jonas/);
    const mine = await press(jonas, both, `Details of ${minas}`);
    assert.ok(verbsOf(mine).includes("registration/revoke"), readingOf(mine));
    await journey.carrier.db
      .updateTable("registrations")
      .set({ co_owner_id: null, co_owner_name: null })
      .where("id", "=", minas)
      .execute();
    for (const words of ["list all", "list expiring", "list all payroll"])
      assert.match(await reading(mina, words), /Only approvers and admins see everybody's/);
    assert.match(await reading(lena, "list"), /only works for staff/);
  });

  it("is filtered by what somebody types after it: words of the name, the system and the owner, and ids", async () => {
    const jonasRow = await row(jonass);
    for (const words of ["payroll", "PAY", "exp pay", jonass, jonass.slice(4), jonasRow.client_id, "jonas"])
      assert.deepEqual(namesIn(await said(priya, `list all ${words}`)), [jonass], words);
    assert.deepEqual(namesIn(await said(mina, "list ware")), [minas]);
    for (const words of ["payroll", jonass, "%", "_", "*", "house", "ware payroll"])
      assert.match(await reading(mina, `list ${words}`), /None has words that begin so/, words);
    assert.match(
      await reading(mina, "list **bold** [x](http://y)"),
      /With: +\*\*bold\*\* \[x\]\(http:\/\/y\)/,
    );
  });

  it("shows what expires the soonest first, once it has ended too", async () => {
    const ends = new Date(Date.now() - 86_400_000);
    const before = (await row(minas)).expires_at;
    await journey.world.store.tables.registrations.keyEndsAt(minas, ends);
    const list = await said(aiko, "list expiring");
    assert.deepEqual(namesIn(list), [minas, jonass]);
    assert.match(readingOf(list), /What expires, the soonest first[\s\S]*Its secret stopped working on/);
    assert.deepEqual(namesIn(await said(aiko, "list expiring payroll")), [jonass]);
    await journey.world.store.tables.registrations.keyEndsAt(minas, before ?? undefined);
  });

  it("opens a card of each with what this person may do, and leads back to the same page", async () => {
    const list = await said(mina, "list warehouse");
    const details = await press(mina, list, `Details of ${minas}`);
    const { client_id, application_object_id, service_principal_id } = await row(minas);
    for (const id of [minas, client_id, application_object_id, service_principal_id])
      assert.ok(readingOf(details).includes(id), id);
    assert.deepEqual(verbsOf(details), [
      "key/lost",
      "drift/check",
      "ownership/ask",
      "registration/revoke",
      "list/page",
    ]);
    const back = await press(mina, list, "Back to the list");
    assert.match(readingOf(back), /With: +warehouse/);
    assert.deepEqual(namesIn(back), [minas]);
    const seen = await said(priya, `show ${minas}`);
    assert.deepEqual(verbsOf(seen), ["drift/check", "registration/revoke"]);
  });

  it("lets nobody open the card of what is not theirs, whatever they press or say", async () => {
    const list = await said(mina, "list");
    const { text } = await journey.teams.press(mina, personalChat(mina), list, "registration/show", {
      registration: jonass,
      scope: "all",
    });
    assert.match(text ?? "", unknown);
    assert.match(await reading(lena, `show ${minas}`), unknown);
    const jonasRow = await row(jonass);
    const none = "REQ-000000";
    for (const verb of ["show", "revoke", "rotate", "lost", "drift", "repair"]) {
      const answers = new Set<string>();
      for (const named of [
        jonass,
        jonasRow.client_id,
        jonasRow.application_object_id,
        "Payroll export",
        none,
      ])
        answers.add(await reading(mina, `${verb} ${named}`));
      assert.equal(answers.size, 1, [...answers].join("\n"));
      assert.match([...answers][0] ?? "", unknown, verb);
    }
  });

  it("names one by its client id, either object id and its name, with every command", async () => {
    const { client_id, application_object_id, service_principal_id } = await row(minas);
    const names = [client_id, application_object_id.toUpperCase(), service_principal_id, "WAREHOUSE  reader"];
    for (const named of names.map((each) => each.replace("  ", " "))) {
      assert.match(await reading(mina, `show ${named}`), /Warehouse reader/, named);
      assert.match(await reading(mina, `revoke ${named}`), /Revoke/, named);
      assert.match(await reading(mina, `drift ${named}`), /Warehouse reader/, named);
    }
  });

  it("of two with one name says which there are, and one that is named as an id of another is not mistaken for it", async () => {
    const { client_id, application_object_id } = await row(minas);
    const twins = [
      (await madeFor(journey, "custom", { name: "Twin" })).id,
      (await madeFor(journey, "custom", { name: "Twin" })).id,
    ];
    for (const verb of ["show", "revoke", "drift", "lost"]) {
      const answer = await reading(mina, `${verb} twin`);
      for (const id of twins) assert.ok(answer.includes(id), answer);
      assert.match(answer, /Several registrations have this name/);
    }
    for (const id of [client_id, application_object_id]) await madeFor(journey, "custom", { name: id });
    for (const id of [client_id, application_object_id]) {
      assert.match(await reading(mina, `show ${id}`), /Warehouse reader/);
      assert.deepEqual(namesIn(await said(mina, `list ${id}`)), [minas]);
    }
  });

  it("of many goes on from page to page, without one twice or missed, with a filter too", async () => {
    const made: string[] = await manyRegistrations(journey.carrier.db, {
      like: jonass,
      count: 35,
      name: "Fleet",
    });
    for (const words of ["list all", "list all fleet", "list expiring fleet"]) {
      let page = await said(priya, words);
      const seen: string[] = [...namesIn(page)];
      for (let turned = 0; verbsOf(page).includes("list/page") && turned < 9; turned++) {
        page = await press(priya, page, "Next page");
        const names = namesIn(page);
        assert.ok(names.length <= 10);
        seen.push(...names);
      }
      assert.equal(new Set(seen).size, seen.length, words);
      assert.deepEqual(new Set(seen.filter((id) => made.includes(id))), new Set(made), words);
      if (words.includes("fleet")) assert.equal(seen.length, made.length, words);
    }
  });
});
