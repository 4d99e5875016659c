import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { createServer as createWebServer, type IncomingMessage, type ServerResponse } from "node:http";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { json } from "node:stream/consumers";
import { parse } from "yaml";
import { playgroundConfig } from "../../src/local/playground/config.ts";
import {
  type Playground,
  type PlaygroundOptions,
  startPlayground,
} from "../../src/local/playground/launch.ts";
import { addressesThatAnswer, isPortFree, outsideAddresses } from "../../src/local/playground/reach.ts";

const people = ["Rita", "Sam", "Anna", "Ben", "Alex", "Guy", "Dora"].map((given, index) => ({
  id: `aaaaaaaa-0000-4000-8000-00000000000${index + 1}`,
  name: `${given} Example`,
  email: `${given.toLowerCase()}@example.com`,
}));
const anna = people[2]!;

describe("the Playground's configuration", () => {
  it("leaves the person at the window out of the five others, because its ids must differ", () => {
    const config = parse(playgroundConfig(options("unused")));
    assert.equal(config.currentUser.aadObjectId, anna.id);
    assert.deepEqual(
      config.users.map((user: { givenName: string }) => user.givenName),
      ["Rita", "Sam", "Ben", "Alex", "Guy"],
    );
  });
});

describe("a Playground window", () => {
  const sentences: string[] = [];
  let workDir: string;
  let occupied: Server;
  let busyPort: number;
  let window: Playground;

  before(async () => {
    workDir = await mkdtemp(join(tmpdir(), "usher-playground-"));
    occupied = createServer().listen(0, "127.0.0.1");
    await once(occupied, "listening");
    busyPort = portOf(occupied);
    window = await startPlayground({
      ...options(workDir),
      port: busyPort,
      log: (text) => sentences.push(text),
    });
  });

  after(async () => {
    await window?.close();
    occupied.close();
    await rm(workDir, { recursive: true, force: true });
  });

  it("moves from a busy port to a free one, says which, and answers there", async () => {
    assert.ok(window.port > busyPort);
    assert.equal(window.url, `http://127.0.0.1:${window.port}`);
    assert.equal(await (await fetch(`${window.url}/_debug/ping`)).text(), "pong");
  });

  it("knows its company and channel, under the ids that were asked for", async () => {
    const members = `${window.serviceUrl}/v3/conversations/${encodeURIComponent("19:approvals@thread.tacv2")}/members`;
    const member = (await (await fetch(`${members}/29:${anna.id}`)).json()) as Record<string, unknown>;
    assert.equal(member.aadObjectId, anna.id);
    assert.equal(member.email, anna.email);
  });

  it("can tell the bot that it was installed, before anybody opens a page", async () => {
    const bot = createWebServer().listen(0, "127.0.0.1");
    await once(bot, "listening");
    const botUrl = `http://127.0.0.1:${portOf(bot)}/api/messages`;
    const other = await startPlayground({
      ...options(workDir),
      name: "requester",
      port: window.port,
      botUrl,
    });
    const [activities] = await Promise.all([firstActivities(bot, 2), other.announce("a:approver")]);
    await other.close();
    bot.close();
    for (const { type, serviceUrl, conversation, from } of activities) {
      assert.match(type, /^(installationUpdate|conversationUpdate)$/);
      assert.equal(serviceUrl, other.serviceUrl);
      assert.deepEqual(conversation, {
        id: "a:approver",
        conversationType: "personal",
        tenantId: "11111111-1111-4111-8111-111111111111",
      });
      assert.deepEqual(from, { id: `29:${anna.id}`, aadObjectId: anna.id });
    }
  });

  it("answers nobody but this machine, and therefore warns of nothing", async function () {
    const outside = outsideAddresses();
    if (outside.length === 0) {
      process.stderr.write("      left out: this machine has no address but loopback\n");
      this.skip();
    }
    assert.deepEqual(await addressesThatAnswer(window.port, outside), []);
    assert.deepEqual(await addressesThatAnswer(window.port, ["127.0.0.1"]), ["127.0.0.1"]);
    assert.deepEqual(sentences, []);
  });

  it("keeps its folder to the person who started it", async function () {
    if (process.platform === "win32") this.skip();
    const { mode } = await stat(join(workDir, "playground", "approver"));
    assert.equal(mode & 0o077, 0);
  });

  it("is gone with all its processes after close, without calling that an accident", async () => {
    const other = await startPlayground({
      ...options(workDir),
      name: "requester",
      port: window.port,
      log: say,
    });
    function say(text: string): void {
      sentences.push(text);
    }
    await other.close();
    assert.ok(await isPortFree(other.port));
    if (process.platform !== "win32") assert.throws(() => process.kill(-other.pid, 0), { code: "ESRCH" });
    assert.deepEqual(sentences, []);
  });

  it("goes when the trial is killed and can close nothing", async () => {
    const trial = spawn(process.execPath, ["--input-type=module", "-e", trialThatStarts(options(workDir))], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [port] = (await once(createInterface({ input: trial.stdout }), "line")) as [string];
    const connection = await connected(Number(port));
    trial.kill("SIGKILL");
    await once(connection, "close");
  });

  it("tells in a sentence why a configuration is refused", async () => {
    const tooFew = { ...options(workDir), people: people.slice(0, 3) };
    await assert.rejects(startPlayground(tooFew), {
      message:
        /^The Playground window of the approver did not start: .*"\/users": must NOT have fewer than 5 items\. .* Its configuration is in \S+\.$/,
    });
  });
});

describe("the look from outside", () => {
  it("finds a program that other machines can reach", async function () {
    const outside = outsideAddresses().filter((address) => !address.includes(":"));
    if (outside.length === 0) this.skip();
    const open = createServer().listen(0, "0.0.0.0");
    await once(open, "listening");
    assert.deepEqual(await addressesThatAnswer(portOf(open), outside), outside);
    open.close();
  });
});

function options(workDir: string): PlaygroundOptions {
  return {
    name: "approver",
    port: 56_150,
    botUrl: "http://127.0.0.1:9/api/messages",
    workDir,
    tenantId: "11111111-1111-4111-8111-111111111111",
    person: anna,
    people,
    bot: { id: "cccccccc-0000-4000-8000-000000000001", name: "Usher" },
    personalConversationId: "a:approver",
    groupChat: { id: "19:group@thread.v2", name: "Project" },
    team: {
      id: "19:team@thread.tacv2",
      name: "IT",
      groupId: "dddddddd-0000-4000-8000-000000000001",
      channel: { id: "19:approvals@thread.tacv2", name: "Approvals" },
    },
    log: () => {},
  };
}

type Activity = Record<"type" | "serviceUrl", string> & Record<"conversation" | "from", object>;

function firstActivities(bot: Server, count: number): Promise<Activity[]> {
  const activities: Activity[] = [];
  return new Promise((resolve) => {
    bot.on("request", async (request: IncomingMessage, response: ServerResponse) => {
      activities.push((await json(request)) as Activity);
      response.end();
      if (activities.length === count) resolve(activities);
    });
  });
}

function trialThatStarts(options: PlaygroundOptions): string {
  const module = new URL("../../src/local/playground/launch.ts", import.meta.url).href;
  return `
    import { startPlayground } from ${JSON.stringify(module)};
    const window = await startPlayground({ ...${JSON.stringify(options)}, log: () => {} });
    console.log(window.port);
  `;
}

async function connected(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
}

function portOf(server: Server): number {
  const address = server.address();
  assert.ok(address && typeof address === "object");
  return address.port;
}
