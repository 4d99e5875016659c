import assert from "node:assert/strict";
import { actionsOf, inputsOf } from "../../src/local/teams-stand-in.ts";
import { company } from "../../src/local/tenant/company.ts";
import { madeFor } from "../support/asking.ts";
import { forEachUsherDatabase } from "../support/carriers.ts";
import {
  aiko,
  channel,
  groupChat,
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
  tomas,
  verbsOf,
} from "../support/journey.ts";

const secretIn = (page: string) => /<input id="secret"[^>]*value="([^"]*)"/.exec(page)?.[1] ?? "";

forEachUsherDatabase((_, open) => {
  describe("the main job", () => {
    let journey: Journey;
    before(async () => {
      journey = await startJourney({ carrier: open });
    });
    after(() => journey.close());

    it("goes from a wish in chat to a secret that works, shown once to the person who asked", async () => {
      const { id, card } = await journey.ask();
      assert.match(readingOf(card), /Priya Nair/, "the requester reads who can decide");
      const asked = await journey.approvalCard(id);
      assert.match(readingOf(asked), /Mina Okafor.*Directory\.Read\.All/s);

      const answer = await journey.approve(id);
      assert.match(readingOf(answer), /Approved.*Priya Nair/s);
      const link = await journey.link();
      await journey.teams.find((each) => each.id === card.id && says(each, "ApplicationId"), "the handover");

      const [made, ...more] = await journey.applications();
      assert.deepEqual(more, []);
      assert.equal(made?.passwordCredentials.length, 1);
      const handed = readingOf(journey.stands(card));
      for (const value of [made?.appId ?? "", company.tenantId, "ApplicationKey"]) {
        assert.ok(value === "ApplicationKey" || handed.includes(value), value);
      }

      const page = await journey.openAs(link, mina);
      const shown = await page.reveal();
      const secret = secretIn(shown.body);
      assert.notEqual(secret, "");
      const token = await fetch(`${journey.tenant.authorityUrl}/${company.tenantId}/oauth2/v2.0/token`, {
        method: "POST",
        body: new URLSearchParams({
          grant_type: "client_credentials",
          client_id: made?.appId ?? "",
          client_secret: secret,
          scope: "https://graph.microsoft.com/.default",
        }),
      });
      assert.equal(token.status, 200);
      const gone = await page.reveal();
      assert.equal(gone.status, 410);
      assert.ok(!gone.body.includes(secret));
      await journey.teams.find(
        (each) => says(each, "opens nothing any more") || says(each, "was opened"),
        "the spent link's message",
      );

      // Nothing that is written down knows the secret or the token.
      const tokenText = link.slice(-43);
      const tables = [
        "requests",
        "steps",
        "keys",
        "links",
        "registrations",
        "posts",
        "audit",
        "conversations",
      ] as const;
      const rows = await Promise.all(
        tables.map((table) => journey.carrier.db.selectFrom(table).selectAll().execute()),
      );
      const written = `${JSON.stringify(rows)}${journey.log.join("\n")}`;
      assert.ok(!written.includes(secret) && !written.includes(tokenText));
    });

    it("says no with the reason, to both sides, and makes nothing", async () => {
      const before = (await journey.applications()).length;
      const { id, card } = await journey.ask();
      const asked = await journey.approvalCard(id);
      const empty = await journey.teams.press(priya, channel, asked, "approval/deny", { denial: "  " });
      assert.match(empty.text ?? "", /say why/);
      await journey.teams.press(priya, channel, asked, "approval/deny", {
        denial: "Use the existing one: [x](http://y)",
      });
      const own = await journey.teams.find(
        (each) => each.id === card.id && says(each, "Denied"),
        "the requester's card",
      );
      assert.match(readingOf(own), /Use the existing one: \[x\]\(http:\/\/y\)/);
      const told = await journey.teams.find(
        (each) =>
          each.conversationId === personalChat(mina).id &&
          each.id !== card.id &&
          says(each, id) &&
          says(each, "Use the existing"),
        "the decision as a message",
      );
      assert.match(readingOf(told), /Priya Nair/);
      assert.equal((await journey.applications()).length, before);
    });

    it("lists what was made, and stops it after one question", async () => {
      const { id, link } = await journey.provisioned(jonas);
      const place = personalChat(jonas);
      await journey.teams.say(jonas, place, "list");
      const list = await journey.teams.find(
        (each) => each.conversationId === place.id && verbsOf(each).includes("registration/show"),
        "the list",
      );
      assert.match(readingOf(list), /Identity Manager Larkfield/);
      await journey.teams.say(jonas, place, `revoke ${id}`);
      const question = await journey.teams.find(
        (each) => verbsOf(each).includes("registration/confirm-revoke"),
        "the question",
      );
      await journey.teams.press(jonas, place, question, "registration/confirm-revoke");
      await journey.teams.find(
        (each) => each.conversationId === channel.id && says(each, id) && says(each, "Revoked"),
        "the channel's card",
      );
      await journey.teams.find(
        (each) => each.conversationId === place.id && says(each, id) && says(each, "Revoked"),
        "the owner's card",
      );
      assert.deepEqual(await applicationsOf(journey, id), []);
      const page = await journey.openAs(link, jonas);
      assert.equal(page.status, 410);
    });
  });
});

const applicationsOf = async (journey: Journey, id: string) =>
  (await journey.applications()).filter(({ tags }) => tags?.includes(`usher-request:${id}`));

describe("asking", () => {
  let journey: Journey;
  before(async () => {
    journey = await startJourney();
  });
  after(() => journey.close());

  it("checks every field again on the server, names those to mend, and keeps what was typed", async () => {
    const card = await journey.fillForm(mina, personalChat(mina), {
      q_organization: "",
      q_secretMonths: "99",
      reason: "because",
    });
    assert.ok(verbsOf(card).includes("intake/review"));
    const text = readingOf(card);
    assert.match(text, /fill this in/);
    assert.match(text, /from 1 to 24/);
    assert.equal(inputsOf(card.card).get("reason")?.value, "because");
    assert.equal(String(inputsOf(card.card).get("q_secretMonths")?.value), "99");
  });

  it("makes one request of two presses, also at once", async () => {
    const review = await journey.fillForm();
    const presses = [1, 2, 3].map(() =>
      journey.teams.press(mina, personalChat(mina), review, "intake/submit"),
    );
    const answers = await Promise.all(presses);
    const ids = new Set(answers.map(({ card }) => /REQ-\w{6}/.exec(JSON.stringify(card))?.[0]));
    assert.equal(ids.size, 1);
  });

  it("lets nobody go on with somebody else's form", async () => {
    const review = await journey.fillForm(mina, groupChat);
    const answer = await journey.teams.press(jonas, groupChat, review, "intake/submit");
    assert.match(answer.text ?? "", /Somebody else/);
    assert.ok(verbsOf(journey.stands(review)).includes("intake/submit"));
  });

  it("is for staff of this tenant: guests are told so, and what comes from other tenants is not taken", async () => {
    await journey.teams.say(lena, personalChat(lena), "request");
    await journey.teams.find(
      (each) => each.conversationId === personalChat(lena).id && says(each, "not for guests"),
      "the refusal",
    );
    const { teams } = journey;
    const place = personalChat(mina);
    const foreign = { ...teams.envelope(mina, place), type: "message", text: "list" };
    foreign.conversation.tenantId = "22222222-2222-4222-8222-222222222222";
    const count = teams.messages.length;
    assert.equal((await teams.send(foreign)).status, 403);
    assert.equal(teams.messages.length, count);
  });

  it("goes on from clients that send a button's fallback, a message without text", async () => {
    const { teams } = journey;
    const place = personalChat(tomas);
    await teams.say(tomas, place, "request");
    const chooser = await teams.find(
      (each) => each.conversationId === place.id && verbsOf(each).includes("intake/choose"),
      "the chooser",
    );
    const execute = actionsOf(chooser.card).find(({ verb }) => verb === "intake/choose");
    const fallback = execute?.fallback as { type: string; data: object };
    assert.equal(fallback.type, "Action.Submit");
    const value = { ...fallback.data, blueprint: "custom" };
    await teams.send({ ...teams.envelope(tomas, place), type: "message", value, replyToId: chooser.id });
    await teams.find(
      (each) => each.conversationId === place.id && inputsOf(each.card).has("q_name"),
      "the form",
    );
  });

  it("answers an unknown command with what can be said", async () => {
    await journey.teams.say(mina, personalChat(mina), "make me a sandwich");
    await journey.teams.find((each) => says(each, "make me a sandwich"), "the answer");
    await journey.teams.find((each) => says(each, "withdraw"), "the help");
  });

  it("answers a malformed activity with 400 and one line in the log", async () => {
    const before = journey.log.length;
    for (const body of [
      {},
      { type: "message" },
      { type: "message", channelId: "msteams", serviceUrl: "http://10.1.2.3/" },
    ]) {
      assert.equal((await journey.teams.send(body)).status, 400);
    }
    assert.equal(journey.log.length - before, 3);
  });

  it("makes a custom registration with redirect addresses and permissions of both kinds", async () => {
    const wanted = {
      name: "Warehouse ${1+1}",
      signIn: true,
      webRedirects: "https://warehouse.larkfield.example/callback\nhttp://localhost:8080/cb",
      delegatedPermissions: "User.Read",
      applicationPermissions: "User.ReadBasic.All\nTeam.ReadBasic.All",
      secretMonths: 6,
    };
    const { id } = await madeFor(journey, "custom", wanted, jonas);
    await journey.link(jonas);
    const [made] = await applicationsOf(journey, id);
    const { body } = await journey.graph(`/applications/${made?.id}`);
    const application = body as {
      displayName: string;
      signInAudience: string;
      web: { redirectUris: string[] };
      requiredResourceAccess: { resourceAccess: { type: string }[] }[];
    };
    assert.equal(application.displayName, "Warehouse ${1+1}");
    assert.equal(application.signInAudience, "AzureADMyOrg");
    assert.deepEqual(application.web.redirectUris, [
      "https://warehouse.larkfield.example/callback",
      "http://localhost:8080/cb",
    ]);
    const kinds = application.requiredResourceAccess.flatMap(({ resourceAccess }) =>
      resourceAccess.map(({ type }) => type),
    );
    assert.deepEqual(kinds.toSorted(), ["Role", "Role", "Scope"]);
    const principal = await journey.graph(`/servicePrincipals(appId='${made?.appId}')`);
    const roles = await journey.graph(`/servicePrincipals/${principal.body.id}/appRoleAssignments`);
    assert.equal((roles.body.value as object[]).length, 2);
    const grants = await journey.graph(`/servicePrincipals/${principal.body.id}/oauth2PermissionGrants`);
    assert.deepEqual(
      (grants.body.value as { scope: string; consentType: string }[]).map(({ scope, consentType }) => [
        scope,
        consentType,
      ]),
      [["User.Read", "AllPrincipals"]],
    );
    const owners = await journey.graph(`/applications/${made?.id}/owners`);
    const ownerIds = (owners.body.value as { id: string }[]).map((owner) => owner.id);
    assert.ok(ownerIds.includes(jonas.id), "a low rank leaves the requester an owner in Entra");
  });
});

describe("deciding", () => {
  let journey: Journey;
  before(async () => {
    journey = await startJourney();
  });
  after(() => journey.close());

  it("is refused to the requester, to others, and to a disabled approver, and changes nothing", async () => {
    const { id } = await journey.ask(priya);
    const card = await journey.approvalCard(id);
    const own = await journey.teams.press(priya, channel, card, "approval/approve");
    assert.match(own.text ?? "", /asked for this yourself/);
    const other = await journey.teams.press(jonas, channel, card, "approval/approve");
    assert.match(other.text ?? "", /not one of the approvers/);
    const gone = await journey.teams.press(omar, channel, card, "approval/approve");
    assert.match(gone.text ?? "", /no enabled account/);
    assert.ok(verbsOf(journey.stands(card)).includes("approval/approve"));
  });

  it("is refused on forged card data: the press says the request, the server knows the rest", async () => {
    const { id } = await journey.ask();
    const card = await journey.approvalCard(id);
    const forged = { request: id, revision: 1, requester: jonas.id, isApprover: true, state: "pending" };
    const answer = await journey.teams.press(mina, channel, card, "approval/approve", forged);
    assert.match(answer.text ?? "", /asked for this yourself/);
    const old = await journey.teams.press(priya, channel, card, "approval/approve", { revision: 7 });
    assert.match(readingOf(old), /changed since you saw it: nothing was decided/);
  });

  it("is won by the first of two, and the second is told who and when", async () => {
    const { id } = await journey.ask();
    const card = await journey.approvalCard(id);
    const [one, two] = await Promise.all([
      journey.teams.press(priya, channel, card, "approval/approve"),
      journey.teams.press(tomas, channel, card, "approval/deny", { denial: "not now" }),
    ]);
    const told = [one, two].map(readingOf).filter((text) => /nothing was changed now/.test(text));
    assert.equal(told.length, 1);
    assert.match(told[0] ?? "", /(approved|denied) on .*UTC by (Priya Nair|Tomás Rivera)/);
    const audit = await journey.carrier.db
      .selectFrom("audit")
      .selectAll()
      .where("subject", "=", id)
      .where("what", "=", "request.decided")
      .execute();
    assert.equal(audit.length, 1);
  });

  it("is refused while the directory does not answer, and goes on afterwards", async () => {
    const { id } = await journey.ask();
    const card = await journey.approvalCard(id);
    await journey.sim("POST", "/faults", { path: "/users/", kind: "503", times: 3 });
    const answer = await journey.teams.press(priya, channel, card, "approval/approve");
    assert.match(answer.text ?? "", /does not answer/);
    await journey.sim("DELETE", "/faults");
    const again = await journey.teams.press(priya, channel, card, "approval/approve");
    assert.match(readingOf(again), /Approved/);
  });

  it("shows on every copy of the card, also on those that were answers", async () => {
    const { id } = await journey.ask();
    const place = personalChat(tomas);
    await journey.teams.say(tomas, place, "pending");
    const copy = await journey.teams.find(
      (each) => each.conversationId === place.id && says(each, id),
      "the copy",
    );
    await journey.approve(id);
    await journey.teams.find(
      (each) => each.id === copy.id && says(each, "Approved and ready"),
      "the copy's end",
    );
    const inChannel = journey.teams.messages.filter(
      (each) => each.conversationId === channel.id && says(each, id),
    );
    assert.equal(inChannel.length, 1);
  });

  it("is possible by text, only with the revision that was shown", async () => {
    const { id } = await journey.ask();
    const place = personalChat(tomas);
    await journey.teams.say(tomas, place, `approve ${id}`);
    const shown = await journey.teams.find(
      (each) => each.conversationId === place.id && says(each, id),
      "the plan",
    );
    assert.ok(verbsOf(shown).includes("approval/approve"));
    await journey.teams.say(tomas, place, `deny ${id.toLowerCase()} r1 too early`);
    const denied = await journey.teams.find(
      (each) => each.conversationId === place.id && says(each, "Denied"),
      "the outcome",
    );
    assert.match(readingOf(denied), /too early/);
  });
});

describe("the approvals channel", () => {
  let journey: Journey;
  before(async () => {
    journey = await startJourney({ hasChannel: false });
  });
  after(() => journey.close());

  it("is missed aloud, set by an admin only, and then shows what waits", async () => {
    await journey.teams.say(aiko, personalChat(aiko), "help");
    const { id, card } = await journey.ask();
    assert.match(readingOf(card), /No approvals channel is set/);
    await journey.teams.find(
      (each) => each.conversationId === personalChat(aiko).id && says(each, id),
      "the admin's message",
    );
    await journey.teams.say(priya, channel, "approvals here");
    await journey.teams.find((each) => says(each, "Only an admin"), "the refusal");
    await journey.teams.say(aiko, personalChat(aiko), "approvals here");
    await journey.teams.find((each) => says(each, "not a channel"), "the second refusal");
    await journey.teams.say(aiko, { ...channel, id: `${channel.id};messageid=17` }, "approvals here");
    const asked = await journey.approvalCard(id);
    assert.ok(actionsOf(asked.card).length > 0);

    const other = { ...channel, id: "19:other@thread.tacv2" };
    await journey.teams.say(aiko, other, "approvals here");
    await journey.teams.find(
      (each) => each.conversationId === channel.id && says(each, "has moved"),
      "the old channel's message",
    );
    await journey.teams.find(
      (each) => each.conversationId === other.id && says(each, id),
      "the card in the new channel",
    );
  });
});

describe("the one-time link", () => {
  let journey: Journey;
  before(async () => {
    journey = await startJourney();
  });
  after(() => journey.close());

  it("opens for the requester only; the wrong person burns nothing", async () => {
    const { link } = await journey.provisioned();
    const wrong = await journey.openAs(link, jonas);
    assert.equal(wrong.status, 403);
    assert.ok(!wrong.body.includes("Larkfield"));
    const right = await journey.openAs(link, mina);
    assert.equal(right.status, 200);
    assert.notEqual(secretIn((await right.reveal()).body), "");
  });

  it("is revealed to one of many at once", async () => {
    const { link } = await journey.provisioned();
    const page = await journey.openAs(link, mina);
    const shown = await Promise.all(Array.from({ length: 16 }, () => page.reveal()));
    assert.equal(shown.filter(({ body }) => secretIn(body) !== "").length, 1);
  });

  it("opens nothing after 72 hours", async () => {
    // Back and forth, because the sign-in service does not go by our clock.
    journey.turnClock(-72 * 3_600_000 - 1000);
    const { link } = await journey.provisioned();
    journey.turnClock(72 * 3_600_000 + 1000);
    const page = await journey.openAs(link, mina);
    assert.equal(page.status, 410);
  });

  it("is never made before a personal chat is there; the thread says how", async () => {
    const { id } = await journey.ask(tomas, groupChat);
    await journey.approve(id);
    await journey.teams.find(
      (each) => each.conversationId === groupChat.id && says(each, "personal chat"),
      "the thread's message",
    );
    const keys = async () =>
      (await applicationsOf(journey, id)).map(({ passwordCredentials }) => passwordCredentials.length);
    await journey.until(async () => (await keys()).length === 1, "the application");
    assert.deepEqual(await keys(), [0]);
    await journey.teams.say(tomas, personalChat(tomas), "hello");
    const link = await journey.link(tomas);
    assert.ok(link);
    assert.ok(
      !journey.teams.messages.some((each) => each.conversationId === groupChat.id && says(each, "/s/")),
    );
  });
});

describe("help", () => {
  it("offers each what they may say, and asks the directory twice for it", async () => {
    const exchanges: string[] = [];
    const tenant = {
      onExchange: ({ method, path }: { method: string; path: string }) =>
        void exchanges.push(`${method} ${path}`),
    };
    const journey = await startJourney({ tenant });
    try {
      for (const [who, isApprover, isAdmin] of [
        [mina, false, false],
        [priya, true, false],
        [aiko, false, true],
      ] as const) {
        exchanges.length = 0;
        await journey.teams.say(who, personalChat(who), "help");
        const said = readingOf(journey.teams.messages.at(-1) ?? {});
        assert.equal(said.includes(" Approvers "), isApprover, said);
        assert.equal(said.includes(" Admins "), isAdmin, said);
        assert.equal(exchanges.length, 2, exchanges.join(", "));
      }
    } finally {
      await journey.close();
    }
  });
});
