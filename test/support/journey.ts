import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import type { Config } from "../../src/config.ts";
import type { ConversationId, RequestId } from "../../src/domain/ids.ts";
import type { Request } from "../../src/domain/request.ts";
import { choosePort } from "../../src/local/ports.ts";
import {
  actionsOf,
  type ChatMessage,
  type ChatPlace,
  type InvokeAnswer,
  startTeamsStandIn,
  textsOf,
} from "../../src/local/teams-stand-in.ts";
import { createBrowser } from "../../src/local/tenant/browser.ts";
import { company } from "../../src/local/tenant/company.ts";
import { startTenant } from "../../src/local/tenant/server.ts";
import { createLog } from "../../src/log.ts";
import { startUsher, type Usher, type UsherParts } from "../../src/main.ts";
import type { Carrier } from "../../src/store/carrier.ts";
import type { Schema } from "../../src/store/schema.ts";
import type { World } from "../../src/usecases/ports/world.ts";
import { temporaryFolder, usualDatabase } from "./carriers.ts";
import { companyConfig } from "./company-config.ts";

const person = (id: string) => ({ id, name: company.directory.find((each) => each.id === id)?.name ?? "" });
/** Everybody of the simulated company. */
export const mina = person(company.people.requester);
export const jonas = person(company.people.secondRequester);
export const priya = person(company.people.approverOne);
export const tomas = person(company.people.approverTwo);
export const aiko = person(company.people.admin);
export const lena = person(company.people.guest);
export const omar = person(company.people.disabled);

export const personalChat = (who: { id: string }): ChatPlace => ({
  id: `a:${who.id}`,
  kind: "personal",
  person: who.id,
});
export const channel: ChatPlace = { id: company.approvalsChannel, kind: "channel", teamId: company.team };
export const groupChat: ChatPlace = { id: "19:project@thread.v2", kind: "groupChat" };

export type JourneyOptions = {
  /** PostgreSQL with Usher's tables when left out, or whatever USHER_TEST_DATABASE says. */
  carrier?: () => Promise<Carrier<Schema>>;
  config?: Partial<Config>;
  /** Sets the approvals channel at the start; true when left out. */
  hasChannel?: boolean;
  adjust?: (world: World) => World;
  /** How often cards in one conversation are redrawn at most; as often as they change when left out. */
  updateEveryMs?: number;
  /** Waits for a turn to post. */
  pause?: (ms: number) => Promise<unknown>;
  tenant?: Partial<Parameters<typeof startTenant>[0]>;
  /** Usher looks for what is due at its start and each minute of the real clock; otherwise the test says when. */
  sweeps?: true;
  /** How long somebody waits for what should come in chat; a minute when left out. */
  patienceMs?: number;
  /** Who signs activities, where the bot has an identity of its own. */
  botFramework?: UsherParts["botFramework"];
};

const must = <T>(value: T | undefined): T => {
  if (value === undefined) throw new Error("it is not there");
  return value;
};

/**
 * Usher as it runs, with the simulated tenant and a Teams stand-in around it, over HTTP. Its clock can be put
 * forward; its log is kept. `close` ends all of it.
 */
export async function startJourney(options: JourneyOptions = {}) {
  const folder = temporaryFolder();
  const tenant = await startTenant({ graphPort: 0, signinPort: 0, dataDir: folder, ...options.tenant });
  const teams = await startTeamsStandIn({
    botUrl: "",
    tenantId: company.tenantId,
    patienceMs: options.patienceMs,
  });
  const carrier = await (options.carrier ?? usualDatabase)();
  const log: string[] = [];
  let aheadMs = 0;
  const clock = { now: () => new Date(Date.now() + aheadMs) };
  const port = await choosePort(undefined, 20_000 + Math.floor(Math.random() * 20_000));
  const config = companyConfig({
    port,
    database: { dataDir: folder },
    secretKeys: [randomBytes(32)],
    graphUrl: tenant.graphUrl,
    authorityUrl: tenant.authorityUrl,
    ...options.config,
  });
  const start = () =>
    startUsher(config, {
      carrier: { ...carrier, close: async () => {} },
      clock,
      log: createLog("debug", { write: (line: string) => void log.push(line) }),
      updateEveryMs: options.updateEveryMs ?? 0,
      ...(!options.sweeps && { sweeps: false }),
      ...(options.pause && { pause: options.pause }),
      ...(options.adjust && { adjust: options.adjust }),
      ...(options.botFramework && { botFramework: options.botFramework }),
    });
  let usher: Usher = await start();
  if (options.hasChannel !== false) {
    await usher.world.store.tables.conversations.setApprovalsChannel(
      company.approvalsChannel as ConversationId,
    );
  }
  teams.moveBot(`http://127.0.0.1:${usher.port}/api/messages`);

  const journey = {
    teams,
    tenant,
    carrier,
    log,
    config,
    get world() {
      return usher.world;
    },
    turnClock(ms: number) {
      aheadMs += ms;
    },
    /** What changed in the catalogue and the policy counts from now on. */
    readCatalog: () => usher.readCatalog(),
    async restart() {
      await usher.stop();
      usher = await start();
      teams.moveBot(`http://127.0.0.1:${usher.port}/api/messages`);
    },
    async close() {
      await usher.stop();
      await teams.close();
      await tenant.close();
      await carrier.close();
      rmSync(folder, { recursive: true, force: true });
    },

    /** Orders something of the simulated tenant. */
    async sim(method: string, path: string, body?: object) {
      const response = await fetch(`${tenant.graphUrl}/_sim${path}`, {
        method,
        ...(body && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
      });
      return (await response.json()) as Record<string, unknown>;
    },
    async graph(path: string) {
      const response = await fetch(`${tenant.graphUrl}/v1.0${path}`);
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    },
    /** Asks again and again, since what Usher does after its answer shows only there. */
    async until(holds: () => Promise<boolean>, what: string) {
      for (const deadline = Date.now() + 60_000; Date.now() < deadline; ) {
        if (await holds()) return;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      throw new Error(`waited in vain for ${what}`);
    },
    /** Applications that Usher made. */
    async applications() {
      const { body } = await journey.graph("/applications?$top=999");
      const all = body.value as {
        id: string;
        appId: string;
        tags?: string[];
        passwordCredentials: object[];
      }[];
      return all.filter(({ tags }) => tags?.some((tag) => tag.startsWith("usher-request:")));
    },

    /** Where the person is shown what they already have, they ask anyway; answers what stands there then. */
    async goOnAnyway(message: ChatMessage, who = mina, place = personalChat(who)): Promise<ChatMessage> {
      const stands = journey.stands(message);
      if (verbsOf(stands).includes("intake/anyway")) await teams.press(who, place, stands, "intake/anyway");
      return journey.stands(message);
    },
    /** Says `request` and fills the form for Identity Manager; answers the card that is about to be submitted. */
    async fillForm(who = mina, place = personalChat(who), inputs: object = {}): Promise<ChatMessage> {
      await teams.say(who, place, "request");
      const chooser = await teams.find(
        (message) => message.conversationId === place.id && verbsOf(message).includes("intake/choose"),
        "the chooser",
      );
      await teams.press(who, place, chooser, "intake/choose", { blueprint: "netwrix-identity-manager" });
      await journey.goOnAnyway(chooser, who, place);
      await teams.press(who, place, journey.stands(chooser), "intake/review", {
        q_organization: "Larkfield",
        q_fulfill: "false",
        q_secretMonths: "12",
        reason: "The identity warehouse reads it.",
        ...inputs,
      });
      return journey.stands(chooser);
    },
    /** Submits a request and answers its id and the requester's card. */
    async ask(
      who = mina,
      place = personalChat(who),
      inputs: object = {},
    ): Promise<{ id: string; card: ChatMessage }> {
      const review = await journey.fillForm(who, place, inputs);
      await teams.press(who, place, review, "intake/submit");
      const card = journey.stands(review);
      return { id: requestIdIn(card), card };
    },
    approvalCard: (id: string) =>
      teams.find(
        (message) => message.conversationId === channel.id && says(message, id),
        `the approval card of ${id}`,
      ),
    async approve(id: string, who = priya): Promise<InvokeAnswer> {
      return teams.press(who, channel, await journey.approvalCard(id), "approval/approve");
    },
    /** As many approvers approve as policy asks for. */
    async approveFully(id: string): Promise<InvokeAnswer> {
      const answer = await journey.approve(id, priya);
      return (await journey.request(id)).state === "pending" ? journey.approve(id, tomas) : answer;
    },
    /** The request as it stands in the rows. */
    async request(id: string): Promise<Request> {
      return must(await usher.world.store.tables.requests.get(id as RequestId));
    },
    /** What the audit says of it, in order: what, who, outcome. */
    async audited(id: string) {
      const rows = await usher.world.store.tables.audit.read({ subject: id, limit: 1000 });
      return rows.map(({ what, who, outcome, surface }) => ({ what, who, outcome, surface }));
    },
    /** The message as it stands now. */
    stands: (message: ChatMessage) => teams.messages.findLast(({ id }) => id === message.id) as ChatMessage,
    /** The newest link in the person's own chat. */
    async link(who = mina): Promise<string> {
      const message = await teams.find(
        (each) => each.conversationId === personalChat(who).id && urlOf(each) !== undefined,
        "the one-time link",
      );
      return urlOf(message) ?? "";
    },
    /** Opens a link, signs in as the person, and answers the page that follows. */
    async openAs(link: string, who: { id: string }, browser = createBrowser()) {
      const page = await browser.signIn(`${link}?sign-in`, who.id);
      const check = /name="check" value="([^"]*)"/.exec(page.body)?.[1] ?? "";
      return { ...page, check, reveal: () => browser.open(`${link}/reveal`, { check }) };
    },
    /** Everything from asking to the link. */
    async provisioned(who = mina) {
      const { id, card } = await journey.ask(who);
      await journey.approve(id);
      const link = await journey.link(who);
      await teams.find(
        (each) => each.id === card.id && says(each, "ApplicationId"),
        "the handover on the requester's card",
      );
      return { id, card, link };
    },
  };
  return journey;
}

export type Journey = Awaited<ReturnType<typeof startJourney>>;

export const says = (message: ChatMessage, text: string) =>
  JSON.stringify(message.card ?? message.text ?? "").includes(text);
export const verbsOf = (message: ChatMessage) => actionsOf(message.card).map(({ verb }) => String(verb));
export const readingOf = (message: Pick<ChatMessage, "card">) => textsOf(message.card).join(" ");
export const requestIdIn = (message: ChatMessage) =>
  /REQ-[0-9A-Z]{6}/.exec(JSON.stringify(message.card))?.[0] ?? "";

function urlOf(message: ChatMessage): string | undefined {
  const url = actionsOf(message.card).find(({ type }) => type === "Action.OpenUrl")?.url;
  return typeof url === "string" && url.includes("/s/") ? url : undefined;
}
