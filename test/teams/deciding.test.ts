import assert from "node:assert/strict";
import type { ChatMessage, InvokeAnswer } from "../../src/local/teams-stand-in.ts";
import { fillSystem, submitted } from "../support/asking.ts";
import {
  channel,
  type Journey,
  jonas,
  mina,
  personalChat,
  priya,
  readingOf,
  startJourney,
  verbsOf,
} from "../support/journey.ts";
import { elements } from "./reading.ts";

const minute = 60_000;

describe("deciding in chat", () => {
  let journey: Journey;
  before(async () => {
    journey = await startJourney({
      adjust: (world) => ({
        ...world,
        catalog: {
          ...world.catalog,
          // Read through, so that what changes in the files still counts.
          get policy() {
            return { ...world.catalog.policy, openRequests: 50 };
          },
        },
      }),
    });
  });
  after(() => journey.close());

  /** Asks, and answers the request's name with the card in the channel. */
  const asked = async () => {
    const { id, card } = await journey.ask();
    return { id, own: card, card: await journey.approvalCard(id) };
  };
  const reading = (answer: InvokeAnswer) => readingOf({ card: answer.card! });
  const inChannel = (card: ChatMessage, verb: string, inputs: object = {}) =>
    journey.teams.press(priya, channel, journey.stands(card), verb, inputs);
  const say = async (who: typeof mina, text: string, expected: RegExp) => {
    const before = journey.teams.messages.length;
    await journey.teams.say(who, personalChat(who), text);
    return journey.teams.find(
      (message) => journey.teams.messages.indexOf(message) >= before && expected.test(readingOf(message)),
      `the answer to ${text}`,
    );
  };
  const forgeries = async () =>
    (await journey.world.store.tables.audit.read({ limit: 1000 })).filter(
      ({ what }) => what === "card.forged",
    );

  it("redraws the card for a press that comes too late, and says who decided and when", async () => {
    const { card } = await asked();
    const old = journey.stands(card);
    await inChannel(card, "approval/deny", { denial: "Ask for less." });
    const late = await journey.teams.press(priya, channel, old, "approval/narrow");
    assert.match(
      reading(late),
      /^Denied REQ-\S+ was denied on .* by Priya .*That stands; nothing was changed now/,
    );
    assert.match(reading(late), /Reason: +Ask for less\./);
  });

  it("sends a request back with a question, and takes the answer for the next revision", async () => {
    const { id, card } = await asked();
    const old = journey.stands(card);
    const returned = await inChannel(card, "approval/return", { question: "Is reading not enough?" });
    assert.match(reading(returned), /^Sent back with a question/);
    const question = await journey.teams.find(
      (message) =>
        message.conversationId === personalChat(mina).id &&
        verbsOf(message).includes("request/answer") &&
        readingOf(message).includes("Is reading not enough?"),
      "the question",
    );
    const answered = await journey.teams.press(mina, personalChat(mina), question, "request/answer", {
      answer: "No, it writes groups.",
    });
    assert.match(reading(answered), /^Waiting for an approver .*No, it writes groups\./);
    const stale = await journey.teams.press(priya, channel, old, "approval/approve");
    assert.match(
      reading(stale),
      /^Approve this app registration\? This has changed since you saw it: nothing was/,
    );
    assert.match(reading(stale), /revision 2\./);
    assert.equal((await journey.request(id)).state, "pending");
    const again = await journey.teams.press(mina, personalChat(mina), question, "request/answer", {
      answer: "Something else.",
    });
    assert.match(
      reading(again),
      /^Waiting for an approver This has changed since you saw it: nothing was done\./,
    );
  });

  it("opens the form with what may be taken away, and offers what is left", async () => {
    const answers = {
      name: "Payroll export",
      signIn: true,
      webRedirects: ["https://payroll.example/signin"],
      applicationPermissions: ["User.Read.All", "Group.Read.All"],
    };
    const id = await submitted(journey, await fillSystem(journey, "custom", answers));
    const card = await journey.approvalCard(id);
    const form = await inChannel(card, "approval/narrow");
    assert.match(reading(form), /^Approve with changes/);
    const input = elements(form.card).find((each) => each.id === "keep_permissions");
    const all = String(input?.value).split(",");
    assert.ok(all.length > 1);
    const left = all.slice(1).join(",");
    const before = await journey.request(id);
    // Clients that join with a space after the comma mean the same.
    const offered = await inChannel(card, "approval/offer", {
      keep_permissions: left.replaceAll(",", ", "),
      keep_redirects: "",
      months: "6",
      note: "Enough for reading.",
    });
    assert.match(reading(offered), /^Narrowed, waits for the requester/);
    const after = await journey.request(id);
    const kept = all.slice(1).map((at) => before.plan.permissions[Number(at)]?.name);
    assert.deepEqual(
      after.plan.permissions.map(({ name }) => name),
      before.plan.permissions.map(({ name }) => name).filter((name) => kept.includes(name)),
    );
    assert.equal(after.plan.credential.kind === "secret" && after.plan.credential.months, 6);
    const offer = await journey.teams.find(
      (message) =>
        message.conversationId === personalChat(mina).id &&
        verbsOf(message).includes("request/accept") &&
        readingOf(message).includes(id),
      "the offer",
    );
    assert.match(readingOf(offer), /The secret lives 6 months, not 12\..*Enough for reading\./);
    const accepted = await journey.teams.press(mina, personalChat(mina), offer, "request/accept");
    assert.match(reading(accepted), /^Approved, being made/);
  });

  it("shows the form again when nothing was taken away, and goes back without a trace", async () => {
    const { id, card } = await asked();
    const form = await inChannel(card, "approval/narrow");
    const values = Object.fromEntries(
      elements(form.card).flatMap(({ id: name, value }) => (name && value ? [[name, value]] : [])),
    );
    const again = await inChannel(card, "approval/offer", values);
    assert.match(reading(again), /Please mend: +Nothing is left out yet\./);
    const back = await inChannel(card, "approval/back");
    assert.match(reading(back), /^Approve this app registration\?/);
    assert.equal((await journey.request(id)).version, 1);
  });

  it("refuses what no card sends, and leaves an audit line of it, one a minute and person", async () => {
    const { id, card } = await asked();
    const before = (await forgeries()).length;
    const forged: [string, object][] = [
      ["approval/approve", { request: "nothing <at>All</at> of the kind, but long enough to be cut" }],
      ["approval/approve", { revision: "2; drop table" }],
      ["approval/deny", { revision: 1.5, denial: "No." }],
      ["approval/narrow", { revision: [1] }],
      ["approval/refresh", { request: { id } }],
    ];
    for (const [verb, data] of forged) {
      const answer = await inChannel(card, verb, data);
      assert.match(JSON.stringify(answer), /does not fit any card of Usher's, so nothing was done/, verb);
      journey.turnClock(minute);
    }
    await inChannel(card, "approval/narrow");
    for (const places of ["0,99", "-1", "0;1", "x"]) {
      const answer = await inChannel(card, "approval/offer", { keep_permissions: places });
      assert.match(JSON.stringify(answer), /does not fit any card/, places);
    }
    const noted = (await forgeries()).slice(before);
    assert.deepEqual(
      noted.map(({ who, outcome, subject }) => ({ who, outcome, subject })),
      [...forged.map(([verb]) => verb), "approval/offer"].map((outcome) => ({
        who: priya.id,
        outcome,
        subject: "settings",
      })),
    );
    assert.deepEqual(noted[0]?.detail, {
      fields: ["verb", "request", "revision"],
      request: "nothing <at>All</at> of the kind, but lo",
    });
    assert.doesNotMatch(JSON.stringify(noted), /drop table/);
    assert.deepEqual(
      [(await journey.request(id)).state, (await journey.request(id)).version],
      ["pending", 1],
    );
  });

  it("shows nothing of a request to whoever only knows its name", async () => {
    const { id, own } = await asked();
    const elsewhere = await journey.ask(jonas, personalChat(jonas));
    for (const verb of ["request/show", "request/withdraw", "request/nudge"]) {
      const answer = await journey.teams.press(
        jonas,
        personalChat(jonas),
        journey.stands(elsewhere.card),
        verb,
        { request: id },
      );
      assert.match(JSON.stringify(answer), /There is no such request, or it is not yours/, verb);
    }
    assert.equal((await journey.request(id)).state, "pending");
    assert.ok(verbsOf(journey.stands(own)).includes("request/withdraw"));
  });

  it("lists a plan's permissions to those only who have its card before them", async () => {
    const { id, card } = await asked();
    const before = (await forgeries()).length;
    const made = (verb: string): ChatMessage => ({
      ...journey.stands(card),
      card: { actions: [{ type: "Action.Execute", verb, data: { verb, request: id, page: 0 } }] },
    });
    journey.turnClock(minute);
    for (const verb of ["approval/list", "approval/back"]) {
      const answer = await journey.teams.press(jonas, personalChat(jonas), made(verb), verb);
      assert.match(JSON.stringify(answer), /There is no such request, or it is not yours/, verb);
      assert.equal(answer.card, undefined);
    }
    const noted = (await forgeries()).slice(before);
    assert.deepEqual(
      noted.map(({ who, outcome }) => [who, outcome]),
      [[jonas.id, "approval/list"]],
    );
    const seen = await journey.teams.press(jonas, channel, made("approval/list"), "approval/list");
    assert.match(reading(seen), /^What it may do Name: .*All on one page\./);
    const back = await journey.teams.press(jonas, channel, made("approval/back"), "approval/back");
    assert.match(reading(back), /^Waits for an approver/);
    const odd = await journey.teams.press(priya, channel, made("approval/list"), "approval/list", {
      page: "-1",
    });
    assert.match(JSON.stringify(odd), /does not fit any card/);
  });

  it("does the same for a client that sends a button's fallback, and says first what became of it", async () => {
    const { id, card } = await asked();
    const fallback = elements(journey.stands(card).card).find(
      ({ type, data }) => type === "Action.Submit" && (data as { verb: string }).verb === "approval/return",
    );
    const send = async (question: string, expected: RegExp) => {
      const before = journey.teams.messages.length;
      const value = { ...(fallback?.data as object), question };
      const { teams } = journey;
      await teams.send({ ...teams.envelope(priya, channel), type: "message", value, replyToId: card.id });
      return journey.teams.find(
        (message) => journey.teams.messages.indexOf(message) >= before && expected.test(readingOf(message)),
        `the answer to ${question}`,
      );
    };
    await send("Why?", /^Sent back with a question/);
    assert.equal((await journey.request(id)).state, "returned");
    await send(
      "And who?",
      /^Usher Nothing was decided: REQ-\S+ was sent back with a question on .* by Priya/,
    );
  });

  it("does the same by command", async () => {
    const { id } = await asked();
    await say(priya, `return ${id} r1`, /Nothing was sent: say what should be changed or explained/);
    await say(priya, `return ${id} r1 Which tenants?`, /Sent back with a question/);
    await say(mina, `accept ${id} r1`, /Nothing was changed: an approver has asked you something about/);
    await say(mina, `answer ${id}`, /Nothing was sent: write your answer/);
    await say(mina, `answer ${id} Ours only.`, /Waiting for an approver .*Ours only\./);
    await say(mina, `nudge ${id}`, /The approvers have been asked again/);
    journey.turnClock(minute);
    await say(mina, `nudge ${id}`, /Nothing was sent: you have nudged the approvers within the last day/);
    const shown = await say(priya, `status ${id}`, /Approve this app registration\?.*Ours only\./);
    assert.ok(verbsOf(shown).includes("approval/approve"));
    await say(priya, `approve ${id} r1`, /This has changed since you saw it: nothing was decided/);
    await say(priya, `deny ${id} r2`, /Nothing was decided: say why/);
    await say(
      priya,
      `approve ${id} r2 Needed for the audit.`,
      /Approved.* by: +Priya .*Reason: +Needed for the audit\./,
    );
    await say(mina, `withdraw ${id}`, /That stands; nothing was changed now/);
  });

  it("shows first what is already there", async () => {
    const { id } = await asked();
    const before = journey.teams.messages.length;
    await journey.teams.say(mina, personalChat(mina), "request netwrix-identity-manager");
    const found = await journey.teams.find(
      (message) =>
        journey.teams.messages.indexOf(message) >= before && verbsOf(message).includes("intake/anyway"),
      "what is already there",
    );
    assert.match(readingOf(found), new RegExp(`You already have this.*${id} waits for an approver, since`));
    const shown = await journey.teams.press(mina, personalChat(mina), found, "request/show");
    assert.match(reading(shown), /^Waiting for an approver/);
    await say(mina, "request netwrix-identity-manager", /You already have this/);
  });
});
