import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { type Playground, startPlayground } from "../../src/local/playground/launch.ts";
import { inBrowser, openChromium } from "./chromium.ts";
import {
  cardWith,
  choose,
  fill,
  mentionInGroupChat,
  openPlayground,
  type PlaygroundPage,
  picture,
  postInChannel,
  press,
  sayInPersonalChat,
  showChannel,
  tick,
} from "./playground-page.ts";

type Activity = {
  type: string;
  id: string;
  text?: string;
  serviceUrl: string;
  conversation: { id: string };
  value?: { action: { verb: string; data: Record<string, unknown> } };
};

const team = { id: "19:team@thread.tacv2", name: "IT", groupId: "dddddddd-0000-4000-8000-000000000001" };
const channel = { team: "IT", name: "Approvals" };

inBrowser("the Playground in a browser", (chromium) => {
  const presses: NonNullable<Activity["value"]>["action"][] = [];
  const heard: string[] = [];
  let workDir: string;
  let bot: Server;
  let playground: Playground;
  let browser: Browser;
  let window: PlaygroundPage;

  before(async () => {
    workDir = await mkdtemp(join(tmpdir(), "usher-browser-"));
    bot = await botThatShowsAForm();
    playground = await startPlayground({
      name: "approver",
      port: 56_250,
      botUrl: `http://127.0.0.1:${portOf(bot)}/api/messages`,
      workDir,
      tenantId: "11111111-1111-4111-8111-111111111111",
      person: person(3),
      people: [1, 2, 4, 5, 6].map(person),
      bot: { id: "cccccccc-0000-4000-8000-000000000001", name: "Usher" },
      personalConversationId: "a:approver",
      groupChat: { id: "19:group@thread.v2", name: "Project" },
      team: { ...team, channel: { id: "19:approvals@thread.tacv2", name: channel.name } },
      log: () => {},
    });
    await send(playground.serviceUrl, "19:approvals@thread.tacv2", form("an early bot", 0));
    browser = await openChromium(chromium);
    window = await openPlayground(browser, playground.url, "Usher");
  });

  after(async () => {
    await browser?.close();
    await playground?.close();
    bot?.close();
    if (workDir) await rm(workDir, { recursive: true, force: true });
  });

  it("shows in a channel what the bot posted before the page was opened", async () => {
    await showChannel(window, channel);
    await cardWith(window, "Form of an early bot");
  });

  it("fills a card of the personal chat, presses it, and shows the card that answers", async () => {
    await sayInPersonalChat(window, "form");
    const card = await cardWith(window, "Form of a:approver");
    await fill(card, "Reason", "monthly report");
    await tick(card, "Mail.Read", false);
    await choose(card, "Days", "thirty");
    await press(card, "Send");
    await cardWith(window, "Thank you");
    assert.deepEqual(presses.at(-1), {
      type: "Action.Execute",
      title: "Send",
      verb: "send",
      data: { requestId: "REQ-1", reason: "monthly report", permissions: "User.Read", days: "30" },
    });
  });

  it("posts in a channel with a mention, without which the bot would not hear it", async () => {
    await postInChannel(window, channel, "Usher", "form");
    await cardWith(window, /Form of 19:approvals@thread\.tacv2;messageid=\d+/);
    assert.equal(heard.at(-1), "<at>Usher</at> form");
  });

  it("speaks to the bot in the group chat", async () => {
    await mentionInGroupChat(window, "Project", "Usher", "form");
    await cardWith(window, "Form of 19:group@thread.v2");
  });

  it("takes a picture of a card that is higher than the page", async () => {
    await sayInPersonalChat(window, "long form");
    const file = join(workDir, "card.png");
    const card = await cardWith(window, "Line 60");
    await picture(card, file);
    const png = await readFile(file);
    const height = png.readUInt32BE(20);
    assert.ok(height > 2000, `the picture is ${height} pixels high`);
  });

  async function botThatShowsAForm(): Promise<Server> {
    const server = createServer(async (request, response) => {
      // Before a page shows anything the Playground asks whether the bot is there; any status will do.
      if (request.method !== "POST") return response.writeHead(405).end();
      const activity = await bodyOf(request);
      if (activity.value) presses.push(activity.value.action);
      if (activity.type === "invoke") {
        const answer = { statusCode: 200, type: "application/vnd.microsoft.card.adaptive", value: thanks };
        return response.setHeader("content-type", "application/json").end(JSON.stringify(answer));
      }
      response.end();
      if (activity.type === "message") {
        heard.push(activity.text ?? "");
        const lines = activity.text?.includes("long") ? 60 : 0;
        await send(activity.serviceUrl, activity.conversation.id, form(activity.conversation.id, lines));
      }
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    return server;
  }
});

const thanks = { type: "AdaptiveCard", version: "1.5", body: [{ type: "TextBlock", text: "Thank you" }] };

function form(conversationId: string, lines: number): object {
  const choices = (values: Record<string, string>) =>
    Object.entries(values).map(([value, title]) => ({ value, title }));
  return {
    type: "AdaptiveCard",
    version: "1.5",
    body: [
      { type: "TextBlock", text: `Form of ${conversationId}`, wrap: true },
      ...Array.from({ length: lines }, (_, index) => ({ type: "TextBlock", text: `Line ${index + 1}` })),
      { type: "Input.Text", id: "reason", label: "Reason", isRequired: true, errorMessage: "Say why." },
      {
        type: "Input.ChoiceSet",
        id: "permissions",
        label: "Permissions",
        style: "expanded",
        isMultiSelect: true,
        value: "User.Read,Mail.Read",
        choices: choices({ "User.Read": "User.Read", "Mail.Read": "Mail.Read" }),
      },
      {
        type: "Input.ChoiceSet",
        id: "days",
        label: "Days",
        choices: choices({ "30": "thirty", "90": "ninety" }),
      },
    ],
    actions: [{ type: "Action.Execute", title: "Send", verb: "send", data: { requestId: "REQ-1" } }],
  };
}

async function send(serviceUrl: string, conversationId: string, card: object): Promise<void> {
  const response = await fetch(
    `${serviceUrl}/v3/conversations/${encodeURIComponent(conversationId)}/activities`,
    {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        type: "message",
        attachments: [{ contentType: "application/vnd.microsoft.card.adaptive", content: card }],
      }),
    },
  );
  assert.equal(response.status, 201);
}

async function bodyOf(request: IncomingMessage): Promise<Activity> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString());
}

function person(n: number) {
  return {
    id: `aaaaaaaa-0000-4000-8000-00000000000${n}`,
    name: `Person ${n}`,
    email: `person${n}@example.com`,
  };
}

function portOf(server: Server): number {
  const address = server.address();
  assert.ok(address && typeof address === "object");
  return address.port;
}
