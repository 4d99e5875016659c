import { setTimeout as wait } from "node:timers/promises";
import type { Trial } from "./start-trial.ts";
import {
  actionsOf,
  type ChatMessage,
  type ChatPlace,
  startTeamsStandIn,
  type TeamsStandIn,
  textsOf,
} from "./teams-stand-in.ts";
import { createBrowser } from "./tenant/browser.ts";
import type { company } from "./tenant/company.ts";

/** As long as a bot that was killed needs to be back and to go on, and more. */
const patienceMs = 60_000;

type Company = typeof company;
type Person = { id: string; name: string };
type Say = (text: string) => void;

/** What the requester asks for: reads the directory. */
const organisation = "Larkfield";

/** Plays the whole main job against a running trial. Throws when anything is not as it must be. */
export async function play(trial: Trial, company: Company, say: Say): Promise<void> {
  const { tenantId, people } = company;
  const person = (id: string) => ({ id, name: company.directory.find((each) => each.id === id)?.name ?? "" });
  const requester = person(people.requester);
  const approver = person(people.approverOne);
  const personal: ChatPlace = { id: "a:demo-requester", kind: "personal", person: requester.id };
  const channel: ChatPlace = { id: company.approvalsChannel, kind: "channel", teamId: company.team };
  const teams = await startTeamsStandIn({ botUrl: `${trial.bot}/api/messages`, tenantId });
  const step = (title: string, text: string) => say(`${title.padEnd(10)}${text}`);
  try {
    const id = await ask(teams, requester, personal);
    step("request", `${requester.name} asked for Netwrix Identity Manager: ${id}`);

    const asked = await teams.find(
      (message) => message.conversationId === channel.id && has(message, id),
      `the card of ${id} in the channel`,
      patienceMs,
    );
    step("approval", `the card stands in the approvals channel: ${textsOf(asked.card)[0] ?? ""}`);
    await untilAnswered(
      () => teams.press(approver, channel, newest(teams, asked.id), "approval/approve"),
      "the approval",
      () => isApproved(teams, asked.id),
    );
    step("approval", `${approver.name} approved`);

    const handover = await teams.find(
      // In a folder that was played in before, cards of earlier requests may be posted anew.
      (message) =>
        message.conversationId === personal.id && has(message, id) && has(message, "ApplicationId"),
      "the handover card",
      patienceMs,
    );
    // A bot that died over the link's message sends a second one; the first opens nothing any more.
    const link = await teams.find(
      (message) => message.conversationId === personal.id && openUrl(message) !== undefined,
      "the one-time link",
      patienceMs,
    );
    step("provision", "the app registration is made, consented, and its key works");
    const clientId = valueAfter(handover, "ApplicationId");
    const shownTenant = valueAfter(handover, "TenantId");

    const secret = await reveal(openUrl(link) ?? "", requester, step);
    step("reveal", `shown once to ${requester.name}; opened again, the link says that it is gone`);

    const { application, token } = await check(trial, company, id, clientId, secret);
    if (shownTenant !== tenantId)
      throw new Error(`the card says the tenant ID ${shownTenant}, which is not ${tenantId}`);
    say("");
    step("client ID", `${clientId} (${application})`);
    step("tenant ID", shownTenant);
    step("secret", `${secret.slice(0, 3)}${"*".repeat(Math.max(0, secret.length - 3))}`);
    step("token", `obtained with it from the sign-in service: ${token}`);
  } finally {
    await teams.close();
  }
}

async function ask(teams: TeamsStandIn, requester: Person, place: ChatPlace): Promise<string> {
  await teams.say(requester, place, "request");
  const chooser = await teams.find(
    (message) => hasAction(message, "intake/choose"),
    "the card to choose a system",
  );
  await teams.press(requester, place, chooser, "intake/choose", { blueprint: "netwrix-identity-manager" });
  // A folder that was played in before has one already.
  if (hasAction(newest(teams, chooser.id), "intake/anyway"))
    await teams.press(requester, place, newest(teams, chooser.id), "intake/anyway");
  await teams.press(requester, place, newest(teams, chooser.id), "intake/review", {
    q_organization: organisation,
    q_fulfill: "false",
    q_secretMonths: "12",
    reason: "Reads people and groups for the identity warehouse.",
  });
  const ids = () => /REQ-[0-9A-Z]{6}/.exec(JSON.stringify(newest(teams, chooser.id).card))?.[0];
  await untilAnswered(
    () => teams.press(requester, place, newest(teams, chooser.id), "intake/submit"),
    "the submission",
    () => ids() !== undefined,
  );
  return ids() ?? "";
}

/** Presses again when the bot died over it, as a person would. */
async function untilAnswered(
  press: () => Promise<{ status: number; text?: string }>,
  what: string,
  isDone: () => boolean,
): Promise<void> {
  const deadline = Date.now() + patienceMs;
  let last = "";
  while (Date.now() < deadline) {
    if (isDone()) return;
    try {
      const answer = await press();
      last = answer.text ?? String(answer.status);
      if (isDone() || /already|was approved/.test(last)) return;
    } catch (error) {
      last = (error as Error).message;
    }
    await wait(300);
  }
  throw new Error(`${what} got no answer: ${last}`);
}

const has = (message: ChatMessage, text: string) => JSON.stringify(message.card ?? "").includes(text);
const hasAction = (message: ChatMessage, verb: string) =>
  actionsOf(message.card).some((action) => action.verb === verb);
const newest = (teams: TeamsStandIn, id: string) =>
  teams.messages.findLast((message) => message.id === id) as ChatMessage;
const isApproved = (teams: TeamsStandIn, id: string) => !hasAction(newest(teams, id), "approval/approve");

function openUrl(message: ChatMessage): string | undefined {
  const url = actionsOf(message.card).find((action) => action.type === "Action.OpenUrl")?.url;
  return typeof url === "string" && /\/s\/[\w-]{43}$/.test(url) ? url : undefined;
}

/** The text that stands beside a label. */
function valueAfter(message: ChatMessage, label: string): string {
  const texts = textsOf(message.card);
  const at = texts.findIndex((text) => text.includes(label));
  const value = texts
    .slice(at)
    .join(" ")
    .match(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/)?.[0];
  if (at < 0 || !value) throw new Error(`the card shows no value beside ${label}`);
  return value;
}

/** Opens the link as a browser: signs in as the person, presses Reveal, reads the secret, and tries a second time. */
async function reveal(
  link: string,
  who: Person,
  step: (title: string, text: string) => void,
): Promise<string> {
  const browser = createBrowser();
  const closed = await browser.open(link);
  if (!closed.body.includes('href="?sign-in"'))
    throw new Error(`the link does not ask to sign in (${closed.status})`);
  const page = await browser.signIn(`${link}?sign-in`, who.id);
  step("sign-in", `signed in as ${who.name} with OpenID Connect`);
  const check = inputValue(page.body, 'name="check"');
  if (!check) throw new Error(`no Reveal on the page after the sign-in (${page.status})`);
  const shown = await browser.open(`${link}/reveal`, { check });
  const secret = inputValue(shown.body, 'id="secret"');
  if (!secret) throw new Error(`the page does not show the secret (${shown.status})`);
  const again = await browser.open(`${link}/reveal`, { check });
  if (again.body.includes(secret) || again.status !== 410) throw new Error("the link opened twice");
  return secret;
}

/** The value of the input that is marked so. */
function inputValue(page: string, mark: string): string | undefined {
  const tag = page.match(/<input\b[^>]*>/g)?.find((each) => each.includes(mark));
  return tag && /\bvalue="([^"]*)"/.exec(tag)?.[1]?.replaceAll("&amp;", "&");
}

/** Looks at the tenant over HTTP: one application, one live key, and the secret gets a token. */
async function check(trial: Trial, company: Company, requestId: string, clientId: string, secret: string) {
  const read = async (address: string) => {
    const response = await fetch(`${trial.graph}/v1.0${address}`);
    if (!response.ok) throw new Error(`the tenant answered ${response.status} to ${address}`);
    return (await response.json()) as {
      value: { appId: string; tags?: string[]; passwordCredentials: unknown[] }[];
    };
  };
  const made = (await read("/applications?$top=999")).value.filter(({ tags }) =>
    tags?.includes(`usher-request:${requestId}`),
  );
  const [mine] = made;
  if (made.length !== 1 || mine?.appId !== clientId) {
    throw new Error(
      `the tenant has ${made.length} applications for ${requestId}, and not one with the client ID ${clientId}`,
    );
  }
  if (mine.passwordCredentials.length !== 1)
    throw new Error(`the application has ${mine.passwordCredentials.length} secrets instead of one`);
  const response = await fetch(`${trial.signin}/${company.tenantId}/oauth2/v2.0/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "client_credentials",
      client_id: clientId,
      client_secret: secret,
      scope: "https://graph.microsoft.com/.default",
    }),
  });
  const body = (await response.json()) as { access_token?: string };
  if (!body.access_token) throw new Error(`no token with the revealed secret (${response.status})`);
  const claims = JSON.parse(
    Buffer.from(body.access_token.split(".")[1] ?? "", "base64url").toString("utf8"),
  ) as { roles?: string[] };
  return {
    application: "1 application and 1 live secret in the tenant",
    token: `roles ${claims.roles?.join(", ") ?? "none"}`,
  };
}
