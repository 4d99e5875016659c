import assert from "node:assert/strict";
import type { RequestId } from "../../src/domain/ids.ts";
import { company } from "../../src/local/tenant/company.ts";
import {
  aiko,
  type Journey,
  jonas,
  lena,
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

const wishes = { id: "19:wishes@thread.tacv2;messageid=1", kind: "channel", teamId: company.team } as const;

describe("while Microsoft Graph is down", () => {
  let journey: Journey;
  beforeEach(async () => {
    journey = await startJourney();
  });
  afterEach(() => journey.close());

  it("a request is taken and waits, and can be approved when it is back", async () => {
    const review = await journey.fillForm();
    await journey.sim("POST", "/faults", { path: "/v1.0|/users|/groups", kind: "503", times: 1000 });
    await journey.teams.press(mina, personalChat(mina), review, "intake/submit");
    const id = requestIdIn(journey.stands(review));
    assert.match(readingOf(journey.stands(review)), /Waiting for an approver/);
    await journey.approvalCard(id);
    const early = await journey.approve(id);
    assert.match(early.text ?? "", /does not answer/);
    await journey.sim("DELETE", "/faults");
    await journey.approve(id);
    assert.ok(await journey.link());
  });

  for (const command of ["approvals here", "doctor"])
    it(`${command} says that nobody can be looked up, and changes nothing`, async () => {
      const { tables } = journey.world.store;
      const before = await tables.conversations.approvalsChannel();
      await journey.sim("POST", "/faults", { path: "/v1.0|/users|/groups", kind: "503", times: 1000 });
      await journey.teams.say(aiko, { ...wishes, id: "19:wishes@thread.tacv2" }, command);
      await journey.teams.find((each) => says(each, "does not answer"), "the refusal");
      assert.equal(await tables.conversations.approvalsChannel(), before);
    });

  it("a second vote is not counted where the first voter cannot be looked up", async () => {
    const { id } = await journey.ask(mina, personalChat(mina), { q_fulfill: "true" });
    await journey.approve(id, priya);
    await journey.sim("POST", "/faults", { path: `/users/${priya.id}`, kind: "503", times: 1000 });
    const answer = await journey.approve(id, tomas);
    assert.match(answer.text ?? "", /does not answer/);
    const { state, votes } = (await journey.request(id)) as { state: string; votes: object[] };
    assert.deepEqual([state, votes.length], ["pending", 1]);
    await journey.sim("DELETE", "/faults");
    await journey.approve(id, tomas);
    assert.ok(await journey.link());
  });

  it("a guest's request is taken, and cannot be approved when it is back", async () => {
    await journey.sim("POST", "/faults", { path: "/v1.0|/users|/groups", kind: "503", times: 1000 });
    const review = await journey.fillForm(lena);
    await journey.teams.press(lena, personalChat(lena), review, "intake/submit");
    const id = requestIdIn(journey.stands(review));
    await journey.sim("DELETE", "/faults");
    const answer = await journey.approve(id);
    assert.match(answer.text ?? "", /no enabled account here|cannot be approved/);
    assert.equal((await journey.world.store.tables.requests.get(id as RequestId))?.state, "pending");
  });
});

describe("authority", () => {
  let journey: Journey;
  beforeEach(async () => {
    journey = await startJourney();
  });
  afterEach(() => journey.close());

  it("is nobody's when the approvers group is empty", async () => {
    const { id } = await journey.ask();
    await journey.approvalCard(id);
    await journey.sim("PUT", `/groups/${company.groups.approvers}/members`, { members: [] });
    const answer = await journey.approve(id);
    assert.match(answer.text ?? "", /not one of the approvers/);
  });

  it("ends with the membership, between the card and the press", async () => {
    const { id } = await journey.ask();
    await journey.approvalCard(id);
    await journey.sim("PUT", `/users/${priya.id}`, { accountEnabled: false });
    assert.match((await journey.approve(id, priya)).text ?? "", /no enabled account/);
    assert.match(readingOf(await journey.approve(id, tomas)), /Approved/);
  });

  it("over a registration is its owner's, an approver's and an admin's; to others it does not exist", async () => {
    const { id } = await journey.provisioned();
    await journey.teams.say(jonas, personalChat(jonas), `revoke ${id}`);
    await journey.teams.find(
      (each) => each.conversationId === personalChat(jonas).id && says(each, "no such registration"),
      "the refusal",
    );
    await journey.teams.say(jonas, personalChat(jonas), `status ${id}`);
    await journey.teams.find(
      (each) => each.conversationId === personalChat(jonas).id && says(each, "no such request"),
      "the second refusal",
    );
    await journey.teams.say(aiko, personalChat(aiko), `revoke ${id}`);
    const question = await journey.teams.find(
      (each) =>
        each.conversationId === personalChat(aiko).id &&
        verbsOf(each).includes("registration/confirm-revoke"),
      "the question",
    );
    await journey.teams.press(aiko, personalChat(aiko), question, "registration/confirm-revoke");
    const told = await journey.teams.find(
      (each) => each.conversationId === personalChat(mina).id && says(each, "Your registration was revoked"),
      "the owner's message",
    );
    assert.match(readingOf(told), /Aiko Tanaka/);
    await journey.teams.find(
      (each) => each.id === question.id && says(each, "Revoked"),
      "the question's end",
    );
    assert.deepEqual(await journey.applications(), []);
  });

  it("over all registrations is not everybody's", async () => {
    await journey.provisioned();
    await journey.teams.say(jonas, personalChat(jonas), "list all");
    await journey.teams.find((each) => says(each, "Only approvers and admins"), "the refusal");
    await journey.teams.say(priya, personalChat(priya), "list all");
    await journey.teams.find(
      (each) => each.conversationId === personalChat(priya).id && says(each, "Identity Manager Larkfield"),
      "the list",
    );
  });
});

describe("asking in a channel", () => {
  it("goes on in the thread, and the link comes in person only", async () => {
    const journey = await startJourney();
    try {
      await journey.teams.say(mina, personalChat(mina), "help");
      const { id, card } = await journey.ask(mina, wishes);
      await journey.approve(id);
      assert.ok(await journey.link());
      await journey.teams.find(
        (each) => each.id === card.id && says(each, "ApplicationId"),
        "the thread's card",
      );
      const inThread = journey.teams.messages.filter((each) => each.conversationId === wishes.id);
      assert.ok(!inThread.some((each) => says(each, "/s/")));
    } finally {
      await journey.close();
    }
  });
});
