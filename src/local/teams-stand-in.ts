import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** An Adaptive Card, or a part of one, as it came over the wire. */
export type CardJson = Record<string, unknown>;
export type ChatPerson = { id: string; name: string };
export type ChatPlace = {
  id: string;
  kind: "personal" | "groupChat" | "channel";
  /** Whose personal chat it is. */
  person?: string;
  teamId?: string;
};
/** What stands in a conversation now. */
export type ChatMessage = {
  id: string;
  conversationId: string;
  text?: string;
  summary?: string;
  card?: CardJson;
  /** 1 when posted, one more with each update. */
  version: number;
};
export type InvokeAnswer = { status: number; card?: CardJson; text?: string };

/** Answers instead of the stand-in: a status to refuse with, before or after the message was taken. */
export type ConnectorFault = { status: number; code?: string; afterwards?: boolean; retryAfter?: number };
export type ConnectorCall = { method: string; conversationId: string; activityId?: string; body: CardJson };

/**
 * Plays the Teams client and its connector over HTTP: keeps what stands in each conversation, and sends activities
 * as Teams does. It knows nothing of Usher but its address.
 */
export async function startTeamsStandIn(options: {
  botUrl: string;
  tenantId: string;
  botId?: string;
  /** How long somebody waits for what should come. */
  patienceMs?: number | undefined;
}) {
  const messages: ChatMessage[] = [];
  const calls: ConnectorCall[] = [];
  const watchers = new Set<() => void>();
  const personalChats = new Map<string, string>();
  const rosters = new Map<string, ChatPerson[]>();
  /** Cards as they were posted or updated for everybody, by message. */
  const shared = new Map<string, CardJson>();
  /** What one person was answered, by message and person: only their client has it, until the message is updated. */
  const views = new Map<string, CardJson>();
  type Answered = ConnectorFault | undefined;
  let fault: (call: ConnectorCall) => Answered | Promise<Answered> = () => undefined;
  let botUrl = options.botUrl;
  let counter = Date.now();

  const server = createServer((request, response) => {
    void serve(request, response).catch(() =>
      answer(response, 500, { error: { code: "Broken", message: "the stand-in broke" } }),
    );
  });
  // Clients keep connections open; a longer life here than theirs avoids answers to a closed one.
  server.keepAliveTimeout = 65_000;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const serviceUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readJson(request);
    const url = new URL(request.url ?? "", serviceUrl);
    const path = decodeURIComponent(url.pathname);
    const [, conversationId = "", activityId] =
      /^\/v3\/conversations\/([^/]+)\/(?:activities(?:\/([^/]+))?|pagedmembers)$/.exec(path) ?? [];
    const call = { method: request.method ?? "", conversationId, body, ...(activityId && { activityId }) };
    calls.push(call);
    const wanted = await fault(call);
    if (wanted && !wanted.afterwards) return refuse(response, wanted);
    if (call.method === "GET" && path.endsWith("/pagedmembers"))
      return answer(response, 200, membersPage(conversationId, url.searchParams));
    const asked = /^\/v3\/conversations\/[^/]+\/members\/29:([^/]+)$/.exec(path)?.[1];
    if (call.method === "GET" && asked)
      return answer(response, 200, { id: `29:${asked}`, aadObjectId: asked, name: "" });
    const taken = take(call, path, body);
    for (const watcher of watchers) watcher();
    if (wanted) return refuse(response, wanted);
    answer(response, taken.status, taken.body);
  }

  function take(call: ConnectorCall, path: string, body: CardJson): { status: number; body: object } {
    if (call.method === "POST" && path === "/v3/conversations") {
      const members = body.members as { id: string }[] | undefined;
      const person = members?.[0]?.id.replace(/^29:/, "") ?? "";
      const known = personalChats.get(person);
      if (!known)
        return {
          status: 403,
          body: { error: { code: "BotNotInConversationRoster", message: "not installed" } },
        };
      return { status: 201, body: { id: known } };
    }
    if (call.method === "POST" && call.conversationId) {
      counter += 1;
      const message = {
        ...shown(body),
        id: String(counter),
        conversationId: call.conversationId,
        version: 1,
      };
      messages.push(message);
      if (message.card) shared.set(message.id, message.card);
      return { status: 201, body: { id: message.id } };
    }
    if (call.method === "PUT" && call.activityId) {
      const at = messages.findIndex(
        ({ id, conversationId }) => id === call.activityId && conversationId === call.conversationId,
      );
      const before = messages[at];
      if (!before)
        return {
          status: 404,
          body: { error: { code: "ActivityNotFoundInConversation", message: "no such activity" } },
        };
      messages[at] = {
        ...shown(body),
        id: before.id,
        conversationId: before.conversationId,
        version: before.version + 1,
      };
      const { card } = messages[at];
      if (card) shared.set(before.id, card);
      for (const key of views.keys()) if (key.startsWith(`${before.id} `)) views.delete(key);
      return { status: 200, body: { id: before.id } };
    }
    return { status: 404, body: { error: { code: "NotFound", message: path } } };
  }

  function membersPage(conversationId: string, asked: URLSearchParams): object {
    const everybody = rosters.get(conversationId) ?? [];
    const from = Number(asked.get("continuationToken") ?? 0);
    const to = from + Number(asked.get("pageSize") ?? 50);
    const members = everybody
      .slice(from, to)
      .map(({ id, name }) => ({ id: `29:${id}`, aadObjectId: id, name }));
    return { members, ...(to < everybody.length && { continuationToken: String(to) }) };
  }

  function envelope(who: ChatPerson, place: ChatPlace) {
    return {
      id: randomUUID(),
      timestamp: new Date().toISOString(),
      channelId: "msteams",
      serviceUrl,
      from: { id: `29:${who.id}`, aadObjectId: who.id, name: who.name },
      recipient: { id: `28:${options.botId ?? "bot"}`, name: "Usher" },
      conversation: {
        id: place.id,
        conversationType: place.kind,
        tenantId: options.tenantId,
        ...(place.kind !== "personal" && { isGroup: true }),
      },
      channelData: { tenant: { id: options.tenantId }, ...(place.teamId && { team: { id: place.teamId } }) },
    };
  }

  /** Sends any activity to the bot. */
  async function send(activity: object): Promise<{ status: number; body: unknown }> {
    const response = await fetch(botUrl, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(activity),
    });
    const text = await response.text();
    return { status: response.status, body: text ? JSON.parse(text) : undefined };
  }

  /** Carries out an Action.Execute as the person's client does. */
  async function execute(
    who: ChatPerson,
    place: ChatPlace,
    message: ChatMessage,
    action: CardJson,
    options: { inputs?: object; trigger?: "manual" | "automatic"; id?: string },
  ): Promise<InvokeAnswer> {
    const { inputs = {}, trigger = "manual", id } = options;
    const { status, body } = await send({
      ...envelope(who, place),
      ...(id && { id }),
      type: "invoke",
      name: "adaptiveCard/action",
      replyToId: message.id,
      value: {
        action: {
          type: "Action.Execute",
          verb: action.verb,
          data: { ...(action.data as object), ...inputs },
        },
        trigger,
      },
    });
    const answered = body as { type?: string; value?: unknown } | undefined;
    if (answered?.type !== "application/vnd.microsoft.card.adaptive")
      return { status, ...(typeof answered?.value === "string" && { text: answered.value }) };
    const card = answered.value as CardJson;
    views.set(`${message.id} ${who.id}`, card);
    return { status, card };
  }

  return {
    serviceUrl,
    messages,
    calls,
    envelope,
    send,
    /** After a restart the bot may be somewhere else. */
    moveBot(url: string) {
      botUrl = url;
    },
    /** What the connector answers instead, call by call. */
    onCall(next: typeof fault) {
      fault = next;
    },
    /** Lets the bot open this person's chat by itself, as where the app is installed for them. */
    installFor(person: string, conversationId: string) {
      personalChats.set(person, conversationId);
    },
    /** `naming`: people who are named with @ at the end of the text. */
    say(who: ChatPerson, place: ChatPlace, text: string, naming: readonly ChatPerson[] = []) {
      const isMention = place.kind !== "personal";
      const named = naming.map(({ id, name }) => ({
        type: "mention",
        mentioned: { id: `29:${id}`, name },
        text: `<at>${name}</at>`,
      }));
      const spoken = [...(isMention ? ["<at>Usher</at>"] : []), text, ...named.map((each) => each.text)].join(
        " ",
      );
      const mention = {
        type: "mention",
        mentioned: { id: `28:${options.botId ?? "bot"}`, name: "Usher" },
        text: "<at>Usher</at>",
      };
      return send({
        ...envelope(who, place),
        type: "message",
        text: spoken,
        ...((isMention || naming.length > 0) && { entities: [...(isMention ? [mention] : []), ...named] }),
      });
    },
    /** Presses an Action.Execute with the inputs as the client would send them; the answer's card takes the place of the pressed one. */
    async press(
      who: ChatPerson,
      place: ChatPlace,
      message: ChatMessage,
      verb: string,
      inputs: object = {},
      id?: string,
    ): Promise<InvokeAnswer> {
      const action = actionsOf(message.card).find((each) => each.verb === verb);
      if (!action)
        throw new Error(
          `the card has no action ${verb}: it has ${actionsOf(message.card).map((each) => each.verb)}`,
        );
      const answer = await execute(who, place, message, action, { inputs, ...(id && { id }) });
      const at = messages.findIndex((each) => each.id === message.id);
      const stands = messages[at];
      if (stands && answer.card) messages[at] = { ...stands, card: answer.card };
      return answer;
    },
    /** Chooses Refresh in the menu of a message: only this person's client shows the answer. */
    refresh(who: ChatPerson, place: ChatPlace, message: ChatMessage): Promise<InvokeAnswer> {
      const action = refreshOf(shared.get(message.id))?.action;
      if (!action) throw new Error("the card cannot be refreshed");
      return execute(who, place, message, action, {});
    },
    /** What the person sees on coming to the message: the client of those whom it names asks by itself. */
    async lookAt(who: ChatPerson, place: ChatPlace, message: ChatMessage): Promise<CardJson | undefined> {
      const refresh = refreshOf(shared.get(message.id));
      if (refresh?.userIds.includes(`29:${who.id}`))
        await execute(who, place, message, refresh.action, { trigger: "automatic" });
      return views.get(`${message.id} ${who.id}`) ?? shared.get(message.id);
    },
    /** What stands there for everybody who has no view of their own. */
    shared: (message: ChatMessage) => shared.get(message.id),
    /** Who is in a place; nobody until it is set. */
    setRoster(place: ChatPlace, people: ChatPerson[]) {
      rosters.set(place.id, people);
    },
    /** The newest message that fits, waiting for it where it is not there yet. */
    async find(
      fits: (message: ChatMessage) => boolean,
      what: string,
      patienceMs = options.patienceMs ?? 60_000,
    ): Promise<ChatMessage> {
      const found = () => messages.findLast(fits);
      const there = found();
      if (there) return there;
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          watchers.delete(look);
          const stands = messages.map(
            ({ conversationId, card, text }) =>
              `${conversationId}: ${text ?? textsOf(card).join(" | ").slice(0, 300)}`,
          );
          reject(new Error(`waited in vain for ${what}; in chat stands:\n${stands.join("\n")}`));
        }, patienceMs);
        const look = () => {
          const message = found();
          if (!message) return;
          clearTimeout(timer);
          watchers.delete(look);
          resolve(message);
        };
        watchers.add(look);
      });
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export type TeamsStandIn = Awaited<ReturnType<typeof startTeamsStandIn>>;

async function readJson(request: IncomingMessage): Promise<CardJson> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString("utf8");
  return text ? JSON.parse(text) : {};
}

/** Not chained: restify, where a test has it in the same process, makes every `writeHead` answer nothing. */
function answer(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}

function refuse(response: ServerResponse, { status, code = "Fault", retryAfter }: ConnectorFault): void {
  if (status === 0) {
    response.destroy();
    return;
  }
  const headers: Record<string, string> =
    retryAfter === undefined ? {} : { "retry-after": String(retryAfter) };
  answer(response, status, { error: { code, message: "as asked" } }, headers);
}

function shown(activity: CardJson) {
  const attachments = activity.attachments as { content?: CardJson }[] | undefined;
  const card = attachments?.[0]?.content;
  return {
    ...(typeof activity.text === "string" && { text: activity.text }),
    ...(typeof activity.summary === "string" && { summary: activity.summary }),
    ...(card && { card }),
  };
}

function refreshOf(card: CardJson | undefined) {
  return card?.refresh as { action: CardJson; userIds: string[] } | undefined;
}

/** Every object in a card, whatever it stands in. */
function* partsOf(value: unknown): Generator<CardJson> {
  if (Array.isArray(value)) for (const each of value) yield* partsOf(each);
  else if (value !== null && typeof value === "object") {
    yield value as CardJson;
    for (const each of Object.values(value)) yield* partsOf(each);
  }
}

/** Buttons of a card, also those inside others; fallbacks are not counted, nor is what the client does by itself. */
export function actionsOf(card: CardJson | undefined): CardJson[] {
  return [...partsOf({ ...card, refresh: undefined })].filter(
    ({ type }) => type === "Action.Execute" || type === "Action.OpenUrl",
  );
}

/** What a card says, in reading order. */
export function textsOf(card: CardJson | undefined): string[] {
  return [...partsOf(card)].flatMap(({ type, text }) =>
    (type === "TextBlock" || type === "TextRun") && typeof text === "string" ? [text] : [],
  );
}

/** Inputs of a card by their ids. */
export function inputsOf(card: CardJson | undefined): Map<string, CardJson> {
  return new Map(
    [...partsOf(card)].flatMap((part) =>
      String(part.type).startsWith("Input.") ? [[String(part.id), part] as const] : [],
    ),
  );
}
