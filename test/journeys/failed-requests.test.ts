import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { ConversationId, RequestId } from "../../src/domain/ids.ts";
import type { ChatMessage } from "../../src/local/teams-stand-in.ts";
import { company } from "../../src/local/tenant/company.ts";
import type { Schema } from "../../src/store/schema.ts";
import { approved } from "../support/approved.ts";
import { aPermission, aPlan } from "../support/builders.ts";
import { forEachCarrier } from "../support/carriers.ts";
import {
  aiko,
  channel,
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
import { catalogWithPolicy, changePolicy } from "../support/policy.ts";

type Order = { method?: string; path: string; status: number; code: string; message?: string };

const refusal = { status: 403, code: "Authorization_RequestDenied" };
/** Each step in turn is refused for good. The card names what stands then. */
const finals: Readonly<Record<string, { orders: Order[]; exists: RegExp }>> = {
  "the application": {
    orders: [{ method: "POST", path: "/applications$", ...refusal }],
    exists: /may exist in Entra/,
  },
  "the service principal": {
    orders: [
      { method: "PATCH", path: "/servicePrincipals\\(appId", ...refusal },
      { method: "POST", path: "/servicePrincipals$", ...refusal },
    ],
    exists: /exists in Entra \(client ID [0-9a-f-]{36}\).*service principal may exist/,
  },
  "the consent to an application permission": {
    orders: [{ method: "POST", path: "/appRoleAssignedTo$", ...refusal }],
    exists: /service principal exists\. It may have consent to User\.ReadBasic\.All/,
  },
  "the delegated consent": {
    orders: [{ method: "POST", path: "/oauth2PermissionGrants$", ...refusal }],
    exists: /may have consent, for signed-in people, to User\.Read/,
  },
  "a directory role": {
    orders: [
      {
        method: "POST",
        path: "/roleAssignments$",
        status: 400,
        code: "Request_BadRequest",
        message: "The role cannot be assigned.",
      },
    ],
    exists: /may have the directory role User Administrator/,
  },
  "the secret": {
    orders: [
      { method: "POST", path: "/addPassword$", status: 400, code: "CredentialTypeNotAllowedAsPerAppPolicy" },
    ],
    exists:
      /without a usable secret.*It has consent to User\.ReadBasic\.All\..*It has the directory role User Administrator/,
  },
};

const role = { name: "User Administrator", templateId: "fe930be7-5e62-47db-91af-98c3a49a38b1" };
const plan = aPlan({
  permissions: [
    aPermission({ name: "User.Read" }),
    aPermission({ name: "User.ReadBasic.All", kind: "application" }),
  ],
  directoryRoles: [role],
  redirects: [],
});

forEachCarrier((carrierName, open) => {
  // What differs between the carriers is who else may write; on disk nobody does either.
  if (carrierName === "embedded on disk") return;

  describe("a request that could not be made", () => {
    let journey: Journey;
    beforeEach(async () => {
      const catalogDir = catalogWithPolicy({ policy: 1 });
      journey = await startJourney({ carrier: () => open<Schema>(), config: { catalogDir } });
      const roles = [...company.clients.consent.roles, "RoleManagement.ReadWrite.Directory"];
      await journey.sim("PUT", `/identities/${company.clients.consent.clientId}`, { roles });
    });
    afterEach(() => journey.close());

    const tables = () => journey.world.store.tables;
    const request = async (id: RequestId) => (await tables().requests.get(id)) ?? assert.fail("no request");
    const state = async (id: RequestId) => (await request(id)).state;
    const until = (id: RequestId, wanted: string) =>
      journey.until(async () => (await state(id)) === wanted, `${id} to be ${wanted}`);
    const refuse = async (orders: Order[]) => {
      for (const order of orders)
        await journey.sim("POST", "/faults", { ...order, kind: "status", times: 1000 });
    };
    const audited = async (id: RequestId) =>
      (await tables().audit.read({ limit: 1000, subject: id })).map(
        ({ what, outcome }) => `${what} ${outcome}`,
      );

    /** Approved, with a card in the approvals channel, and failed at what is refused. */
    async function failed(orders: Order[], of = plan): Promise<{ id: RequestId; card: ChatMessage }> {
      await refuse(orders);
      const id = await approved(journey, of);
      await tables().posts.add({
        id: randomUUID(),
        subject: id,
        purpose: "approval",
        place: { kind: "conversation", conversationId: channel.id as ConversationId },
        state: "due",
        changedAt: journey.world.clock.now(),
      });
      await until(id, "failed");
      return { id, card: await failedCard(id) };
    }
    const failedCard = (id: RequestId) =>
      journey.teams.find(
        (each) =>
          each.conversationId === channel.id &&
          says(each, id) &&
          verbsOf(each).includes("provisioning/clean"),
        "the card of what failed",
      );
    const press = (who: typeof priya, card: ChatMessage, what: "retry" | "clean") =>
      journey.teams.press(who, channel, card, `provisioning/${what}`);
    /** All that comes back to a command. */
    const say = async (who: typeof priya, text: string) => {
      const before = new Set(journey.teams.messages.map(({ id }) => id));
      await journey.teams.say(who, personalChat(who), text);
      const answers = journey.teams.messages.filter(
        (each) => !before.has(each.id) && each.conversationId === personalChat(who).id,
      );
      return answers.map(readingOf).join(" ");
    };
    const list = async (path: string) => (await journey.graph(path)).body.value as Record<string, unknown>[];
    const notOurs = new Set<unknown>();
    const grants = async () => {
      const principals = await list("/servicePrincipals?$top=999");
      const assignments = await Promise.all(
        principals.map(({ id }) => list(`/servicePrincipals/${id}/appRoleAssignments`)),
      );
      return [
        ...assignments.flat(),
        ...(await list("/oauth2PermissionGrants")),
        ...(await list("/roleManagement/directory/roleAssignments")),
      ].filter(({ id }) => !notOurs.has(id));
    };
    const ourPrincipals = async () => {
      const all = await list("/servicePrincipals?$top=999");
      return all.filter(({ displayName }) => displayName === plan.displayName);
    };
    beforeEach(async () => {
      notOurs.clear();
      for (const { id } of await grants()) notOurs.add(id);
    });
    const nothingIsLeft = async () => {
      assert.deepEqual(await journey.applications(), []);
      assert.deepEqual(await ourPrincipals(), []);
      assert.deepEqual(await grants(), []);
    };
    const oneOfEverything = async () => {
      const applications = await journey.applications();
      assert.deepEqual(
        applications.map(({ passwordCredentials }) => passwordCredentials.length),
        [1],
      );
      assert.equal((await ourPrincipals()).length, 1);
      assert.equal((await grants()).length, 3);
    };

    const atSecret = finals["the secret"]?.orders ?? [];
    // Each step once; that the rows are the same on every carrier shows with one of them.
    const tried = Object.entries(finals).filter(
      ([what]) => carrierName === "embedded in memory" || what === "the secret",
    );

    for (const [what, { orders, exists }] of tried) {
      it(`at ${what} names what exists, and is made once nothing stands in the way and somebody presses Retry`, async () => {
        const { id, card } = await failed(orders);
        assert.match(readingOf(card), exists);
        await journey.sim("DELETE", "/faults");
        await press(priya, card, "retry");
        await until(id, "provisioned");
        await oneOfEverything();
        const page = await journey.openAs(await journey.link(), mina);
        assert.equal(page.status, 200);
        const { thread, fingerprint } = await request(id);
        assert.deepEqual(
          thread.map(({ kind, by }) => [kind, by.name]),
          [["retry", priya.name]],
        );
        assert.equal(fingerprint, (await request(id)).fingerprint);
        assert.ok((await audited(id)).includes("request.retried approved"));
      });

      it(`at ${what} leaves nothing in the tenant once somebody presses Clean up`, async () => {
        const { id, card } = await failed(orders);
        await journey.sim("DELETE", "/faults");
        const wasMade = (await journey.applications()).length === 1;
        await press(tomas, card, "clean");
        // Where Graph said for sure that it made nothing, nothing is waited for.
        await until(id, "cleaned");
        await nothingIsLeft();
        const deleted = await list("/directory/deletedItems/microsoft.graph.application");
        assert.equal(deleted.length, wasMade ? 1 : 0);
        const after = await audited(id);
        assert.deepEqual(after.slice(-2), ["request.cleaning cleaning", "request.cleaned cleaned"]);
        const told = await journey.teams.find(
          (each) => each.conversationId === personalChat(mina).id && says(each, "Cleaned up on"),
          "the requester's message",
        );
        assert.match(readingOf(told), /No secret was handed over/);
        await journey.teams.find(
          (each) => each.id === card.id && says(each, "was cleaned up") && verbsOf(each).length === 0,
          "the channel's card",
        );
      });
    }

    it("is tried again once, however often and by whom Retry is pressed", async () => {
      const { id, card } = await failed(atSecret);
      await journey.sim("DELETE", "/faults");
      const answers = await Promise.all([press(priya, card, "retry"), press(tomas, card, "retry")]);
      for (const answer of answers) assert.equal(answer.status, 200);
      await press(priya, card, "retry");
      await until(id, "provisioned");
      await press(priya, card, "retry");
      assert.match(await say(aiko, `retry ${id}`), /Nothing was changed: REQ-\w+ is ready/);
      await oneOfEverything();
      assert.equal((await audited(id)).filter((each) => each === "request.retried approved").length, 1);
    });

    it("is either made or cleaned up when both are pressed at once", async () => {
      const { id, card } = await failed(atSecret);
      await journey.sim("DELETE", "/faults");
      await Promise.all([press(priya, card, "retry"), press(tomas, card, "clean")]);
      await journey.until(async () => ["provisioned", "cleaned"].includes(await state(id)), "an end");
      const saved = (await audited(id)).filter((each) => /retried|cleaning/.test(each));
      assert.equal(saved.length, 1);
      if ((await state(id)) === "cleaned") await nothingIsLeft();
      else await oneOfEverything();
    });

    it("is cleaned up once, however often Clean up is pressed", async () => {
      const { id, card } = await failed(atSecret);
      await journey.sim("DELETE", "/faults");
      await Promise.all([press(priya, card, "clean"), press(tomas, card, "clean")]);
      await until(id, "cleaned");
      await press(priya, card, "clean");
      assert.match(await say(aiko, `clean ${id}`), /It was cleaned up on .*There is nothing left to do/);
      assert.match(await say(aiko, `retry ${id}`), /It was cleaned up on/);
      await nothingIsLeft();
      const cleanings = (await audited(id)).filter((each) => /clean/.test(each));
      assert.deepEqual(cleanings, ["request.cleaning cleaning", "request.cleaned cleaned"]);
    });

    for (const [what, order] of Object.entries({
      "a consent is taken away": { method: "DELETE", path: "/appRoleAssignments/" },
      "the service principal is disabled": { method: "PATCH", path: "/servicePrincipals/" },
      "the application is deleted": { method: "DELETE", path: "/applications/" },
    })) {
      if (carrierName !== "PostgreSQL" && what !== "the application is deleted") continue;
      it(`is cleaned up also when Usher dies while ${what}`, async () => {
        const { id, card } = await failed(atSecret);
        await journey.sim("DELETE", "/faults");
        await journey.sim("POST", "/faults", { ...order, kind: "hang" });
        await press(priya, card, "clean");
        await journey.until(
          async () => ((await journey.sim("GET", "/faults")).faults as []).length === 0,
          what,
        );
        await journey.restart();
        // On PostgreSQL the lease of who has died runs out first.
        journey.turnClock(15_000);
        await until(id, "cleaned");
        await nothingIsLeft();
      });
    }

    if (carrierName === "PostgreSQL") return;

    for (const kind of ["504-done", "504-not-done", "reset-after", "503"]) {
      it(`is cleaned up also when deleting ends in ${kind}`, async () => {
        const { id, card } = await failed(atSecret);
        await journey.sim("DELETE", "/faults");
        await journey.sim("POST", "/faults", { method: "DELETE", path: "/applications/", kind });
        await press(priya, card, "clean");
        await until(id, "cleaned");
        await nothingIsLeft();
      });
    }

    it("leaves the service principal of another publisher's API, and the card says so", async () => {
      const { clientId: provisioning, roles } = company.clients.provisioning;
      await journey.sim("PUT", `/identities/${provisioning}`, {
        roles: [...roles, "Application.ReadWrite.All"],
      });
      const api = { clientId: "fa3d9a0c-3fb0-42cc-9193-47c7ecd2edbd", name: "Microsoft Partner Center" };
      const { id, card } = await failed(atSecret, {
        ...plan,
        missingApis: [{ ...api, createdBy: "usher" }],
      });
      assert.match(readingOf(card), /Enterprise applications for Microsoft Partner Center/);
      await journey.sim("DELETE", "/faults");
      await press(priya, card, "clean");
      await until(id, "cleaned");
      assert.deepEqual(await journey.applications(), []);
      assert.equal((await journey.graph(`/servicePrincipals(appId='${api.clientId}')`)).status, 200);
      const drawn = await journey.teams.find(
        (each) => each.id === card.id && says(each, "What stays"),
        "the card",
      );
      assert.match(readingOf(drawn), /Microsoft Partner Center may have been made; they stay/);
    });

    it("is shown to approvers who say pending, until it is dealt with", async () => {
      const { id, card } = await failed(atSecret);
      assert.match(await say(priya, "pending"), new RegExp(`could not be made.*${id}`));
      await journey.sim("DELETE", "/faults");
      await press(tomas, card, "clean");
      await until(id, "cleaned");
      assert.match(await say(priya, "pending"), /Nothing waits for a decision/);
    });

    it("waits aloud while it cannot be cleaned up: the cards say for what", async () => {
      const { id, card } = await failed(atSecret);
      await journey.sim("DELETE", "/faults");
      await journey.sim("POST", "/faults", { path: "/applications/", kind: "503", times: 1000 });
      await press(priya, card, "clean");
      const waiting = /Trying to undo since .*: +the secret.*trouble of its own/;
      const isSaid = (each: ChatMessage) => waiting.test(readingOf(each));
      await journey.teams.find((each) => each.id === card.id && isSaid(each), "the channel's card");
      await journey.teams.find(
        (each) => each.conversationId === personalChat(mina).id && isSaid(each),
        "the requester's card",
      );
      assert.equal(await state(id), "cleaning");
      await journey.sim("DELETE", "/faults");
      await until(id, "cleaned");
      await nothingIsLeft();
    });

    it("is found by its name when Entra made it and the answer was lost", async () => {
      await journey.sim("POST", "/faults", { method: "POST", path: "/applications$", kind: "504-done" });
      const { id, card } = await failed([{ method: "GET", path: "/applications\\(uniqueName", ...refusal }]);
      assert.match(readingOf(card), /may exist in Entra/);
      await journey.sim("DELETE", "/faults");
      assert.equal((await journey.applications()).length, 1);
      await press(priya, card, "clean");
      await until(id, "cleaned");
      await nothingIsLeft();
    });

    it("is looked for half an hour where nobody knows whether Entra made it", async () => {
      await journey.sim("POST", "/faults", { method: "POST", path: "/applications$", kind: "504-not-done" });
      const { id, card } = await failed([{ method: "GET", path: "/applications\\(uniqueName", ...refusal }]);
      await journey.sim("DELETE", "/faults");
      await press(priya, card, "clean");
      await journey.teams.find(
        (each) => each.id === card.id && says(each, "does not show it"),
        "what it waits for",
      );
      assert.equal(await state(id), "cleaning");
      journey.turnClock(31 * 60_000);
      await until(id, "cleaned");
      await nothingIsLeft();
    });

    it("goes back to the approvers when it cannot be cleaned up, and is then cleaned up and not made", async () => {
      const { id, card } = await failed(atSecret);
      await journey.sim("DELETE", "/faults");
      await refuse([{ method: "DELETE", path: "/applications/", ...refusal }]);
      await press(priya, card, "clean");
      await until(id, "failed");
      const stuck = await journey.teams.find(
        (each) => each.id === card.id && says(each, "The clean-up did not go through"),
        "the card",
      );
      assert.deepEqual(verbsOf(stuck), ["provisioning/clean"]);
      assert.match(readingOf(stuck), /exists in Entra.*service principal is disabled/);
      assert.match(await say(priya, `retry ${id}`), /a clean-up of REQ-\w+ was begun/);
      assert.equal(await state(id), "failed");
      await journey.sim("DELETE", "/faults");
      await press(tomas, stuck, "clean");
      await until(id, "cleaned");
      await nothingIsLeft();
    });

    it("is left to approvers and admins, and never to who asked", async () => {
      const members = [mina.id, priya.id, tomas.id, omar.id];
      await journey.sim("PUT", `/groups/${company.groups.approvers}/members`, { members });
      const { id, card } = await failed(atSecret);
      await journey.sim("DELETE", "/faults");
      for (const what of ["retry", "clean"] as const) {
        for (const who of [mina, jonas, lena, omar]) await press(who, card, what);
        assert.match(await say(mina, `${what} ${id}`), /You asked for this yourself/);
        assert.match(await say(jonas, `${what} ${id}`), /Only approvers and admins/);
        assert.match(await say(jonas, `${what} REQ-ZZZZZZ`), /Only approvers and admins/);
        assert.match(await say(priya, `${what} REQ-ZZZZZZ`), /no such request/);
      }
      assert.equal(await state(id), "failed");
      const refusals = (await audited(id)).filter((each) => each.startsWith("request.act-refused"));
      assert.deepEqual([...new Set(refusals)].toSorted(), [
        "request.act-refused may-not-end",
        "request.act-refused own-failure",
      ]);
      assert.match(await say(aiko, `retry ${id}`), /being made|ready/i);
      await until(id, "provisioned");
    });

    it("is not tried again for somebody who has left, nor against today's policy", async () => {
      const { id, card } = await failed(atSecret);
      await journey.sim("DELETE", "/faults");
      await journey.sim("PUT", `/users/${mina.id}`, { accountEnabled: false });
      assert.match(await say(priya, `retry ${id}`), /has no enabled account here any more/);
      await journey.sim("PUT", `/users/${mina.id}`, { accountEnabled: true });
      changePolicy(journey, {
        policy: 1,
        forbid: [{ permission: "User.ReadBasic.All", sentence: "Nobody." }],
      });
      await press(priya, card, "retry");
      assert.match(await say(priya, `retry ${id}`), /policy does not allow REQ-\w+ any more: .*Nobody\./);
      assert.equal(await state(id), "failed");
      await press(priya, card, "clean");
      await until(id, "cleaned");
      await nothingIsLeft();
    });

    it("is told again to who asked when it fails again", async () => {
      const { id, card } = await failed(atSecret);
      const told = () =>
        journey.teams.messages.filter(
          (each) =>
            each.conversationId === personalChat(mina).id &&
            readingOf(each).startsWith("Approved, but it could not be made") &&
            !says(each, "How far it came"),
        ).length;
      await journey.until(async () => told() === 1, "the first message");
      await press(priya, card, "retry");
      await journey.until(
        async () => (await audited(id)).at(-1) === "request.provisioning failed",
        "the end",
      );
      await journey.until(async () => told() === 2, "the second message");
      assert.deepEqual((await request(id)).thread.length, 1);
    });

    describe("because somebody else had an application of that name", () => {
      const intruder = company.clients.consent;
      let foreignId = "";
      beforeEach(async () => {
        await journey.close();
        foreignId = "";
        journey = await startJourney({
          adjust: (world) => ({
            ...world,
            registrar: {
              ...world.registrar,
              async createApplication(application, mayExist) {
                foreignId ||= await makeForeign(application.uniqueName);
                return world.registrar.createApplication(application, mayExist);
              },
            },
          }),
        });
        const roles = [
          ...intruder.roles,
          "Application.ReadWrite.OwnedBy",
          "RoleManagement.ReadWrite.Directory",
        ];
        await journey.sim("PUT", `/identities/${intruder.clientId}`, { roles });
      });
      /** As an intruder would who had seen the name: with Usher's own tag. */
      async function makeForeign(uniqueName: string): Promise<string> {
        const asked = await fetch(`${journey.tenant.authorityUrl}/${company.tenantId}/oauth2/v2.0/token`, {
          method: "POST",
          body: new URLSearchParams({
            grant_type: "client_credentials",
            client_id: intruder.clientId,
            client_secret: intruder.secret,
            scope: `${journey.tenant.graphUrl}/.default`,
          }),
        });
        const { access_token: token } = (await asked.json()) as { access_token: string };
        const answer = await fetch(`${journey.tenant.graphUrl}/v1.0/applications`, {
          method: "POST",
          headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
          body: JSON.stringify({ displayName: "Not ours", uniqueName, tags: ["Usher"] }),
        });
        assert.equal(answer.status, 201, await answer.clone().text());
        return ((await answer.json()) as { id: string }).id;
      }
      const foreignStands = async () => {
        const { status, body } = await journey.graph(`/applications/${foreignId}`);
        assert.equal(status, 200);
        assert.equal(body.displayName, "Not ours");
        assert.deepEqual(body.passwordCredentials, []);
      };

      it("is made under another name by Retry, and the other one stays untouched", async () => {
        const { id, card } = await failed([]);
        assert.match(readingOf(card), /Usher did not make/);
        await press(priya, card, "retry");
        await until(id, "provisioned");
        assert.equal((await journey.applications()).length, 1);
        await foreignStands();
      });

      it("is cleaned up without touching the other one, and the card says that it stays", async () => {
        const { id, card } = await failed([]);
        await press(priya, card, "clean");
        await until(id, "cleaned");
        await foreignStands();
        await journey.teams.find((each) => each.id === card.id && says(each, "What stays"), "the card");
      });
    });
  });
});
