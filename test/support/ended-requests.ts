import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { ConversationId, RequestId } from "../../src/domain/ids.ts";
import type { Plan } from "../../src/domain/plan.ts";
import type { ChatMessage } from "../../src/local/teams-stand-in.ts";
import { company } from "../../src/local/tenant/company.ts";
import { approved } from "./approved.ts";
import { aPermission, aPlan } from "./builders.ts";
import {
  channel,
  type Journey,
  type JourneyOptions,
  personalChat,
  type priya,
  readingOf,
  says,
  startJourney,
  verbsOf,
} from "./journey.ts";
import { catalogWithPolicy } from "./policy.ts";

export type Order = { method?: string; path: string; status: number; code: string; message?: string };

export const refusal = { status: 403, code: "Authorization_RequestDenied" };
/** Each step in turn is refused for good. The card names what stands then. */
export const finals: Readonly<Record<string, { orders: Order[]; exists: RegExp }>> = {
  "the application": {
    orders: [{ method: "POST", path: "/applications$", ...refusal }],
    exists: /Nothing of it is in Entra/,
  },
  "the service principal": {
    orders: [
      { method: "PATCH", path: "/servicePrincipals\\(appId", ...refusal },
      { method: "POST", path: "/servicePrincipals$", ...refusal },
    ],
    exists: /exists in Entra \(client ID [0-9a-f-]{36}\).*enterprise application may exist/,
  },
  "the consent to an application permission": {
    orders: [{ method: "POST", path: "/appRoleAssignedTo$", ...refusal }],
    exists: /enterprise application exists\. It may have consent to User\.ReadBasic\.All/,
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
export const plan = aPlan({
  permissions: [
    aPermission({ name: "User.Read" }),
    aPermission({ name: "User.ReadBasic.All", kind: "application" }),
  ],
  directoryRoles: [role],
  redirects: [],
});

/** A journey in which all of the plan can be made, directory roles too. */
export async function startEnding(options: JourneyOptions = {}): Promise<Journey> {
  const catalogDir = catalogWithPolicy({ policy: 1 });
  const journey = await startJourney({ ...options, config: { catalogDir, ...options.config } });
  const roles = [...company.clients.consent.roles, "RoleManagement.ReadWrite.Directory"];
  await journey.sim("PUT", `/identities/${company.clients.consent.clientId}`, { roles });
  return journey;
}

/** What is done with requests that cannot be made or wait, and what is left of them in the tenant. */
export function endingsOf(journey: () => Journey) {
  const tables = () => journey().world.store.tables;
  const request = async (id: RequestId) => (await tables().requests.get(id)) ?? assert.fail("no request");
  const state = async (id: RequestId) => (await request(id)).state;
  const until = (id: RequestId, wanted: string) =>
    journey().until(async () => (await state(id)) === wanted, `${id} to be ${wanted}`);
  const refuse = async (orders: Order[]) => {
    for (const order of orders)
      await journey().sim("POST", "/faults", { ...order, kind: "status", times: 1000 });
  };
  const audited = async (id: RequestId) =>
    (await tables().audit.read({ limit: 1000, subject: id })).map(
      ({ what, outcome }) => `${what} ${outcome}`,
    );

  /** Approved, with a card in the approvals channel, and failed at what is refused. */
  async function failed(orders: Order[], of = plan): Promise<{ id: RequestId; card: ChatMessage }> {
    await refuse(orders);
    const id = await approvedInChannel(of);
    await until(id, "failed");
    return { id, card: await failedCard(id) };
  }
  /** Approved, with a card in the approvals channel. */
  async function approvedInChannel(of: Plan): Promise<RequestId> {
    const id = await approved(journey(), of);
    await tables().posts.add({
      id: randomUUID(),
      subject: id,
      purpose: "approval",
      place: { kind: "conversation", conversationId: channel.id as ConversationId },
      state: "due",
      changedAt: journey().world.clock.now(),
    });
    return id;
  }
  const failedCard = (id: RequestId) =>
    journey().teams.find(
      (each) =>
        each.conversationId === channel.id && says(each, id) && verbsOf(each).includes("provisioning/clean"),
      "the card of what failed",
    );
  const press = (who: typeof priya, card: ChatMessage, what: "retry" | "clean" | "stop") =>
    journey().teams.press(who, channel, card, `provisioning/${what}`);
  /** All that comes back to a command. */
  const say = async (who: typeof priya, text: string) => {
    const before = new Set(journey().teams.messages.map(({ id }) => id));
    await journey().teams.say(who, personalChat(who), text);
    const answers = journey().teams.messages.filter(
      (each) => !before.has(each.id) && each.conversationId === personalChat(who).id,
    );
    return answers.map(readingOf).join(" ");
  };
  const list = async (path: string) => (await journey().graph(path)).body.value as Record<string, unknown>[];
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
  /** What stands in the tenant by now is no business of these tests. */
  const remember = async () => {
    notOurs.clear();
    for (const { id } of await grants()) notOurs.add(id);
  };
  const nothingIsLeft = async () => {
    assert.deepEqual(await journey().applications(), []);
    assert.deepEqual(await ourPrincipals(), []);
    assert.deepEqual(await grants(), []);
  };
  const oneOfEverything = async () => {
    const applications = await journey().applications();
    assert.deepEqual(
      applications.map(({ passwordCredentials }) => passwordCredentials.length),
      [1],
    );
    assert.equal((await ourPrincipals()).length, 1);
    assert.equal((await grants()).length, 3);
  };

  return {
    tables,
    request,
    state,
    until,
    refuse,
    audited,
    failed,
    approvedInChannel,
    press,
    say,
    list,
    remember,
    grants,
    ourPrincipals,
    nothingIsLeft,
    oneOfEverything,
  };
}
