import assert from "node:assert/strict";
import { createHmac, createPublicKey, type JsonWebKey } from "node:crypto";
import { sql } from "kysely";
import { company } from "../../src/local/tenant/company.ts";
import { newSigner, type Signer, startBotFramework } from "../support/bot-framework.ts";
import { usherOnDisk } from "../support/carriers.ts";
import { companyConfig } from "../support/company-config.ts";
import { type Journey, mina, personalChat, startJourney } from "../support/journey.ts";

type Framework = Awaited<ReturnType<typeof startBotFramework>>;

const hourMs = 3_600_000;
const otherTenant = "22222222-2222-4222-8222-222222222222";
const { bot: _, provisioning: identity } = companyConfig({
  port: 0,
  database: { dataDir: "" },
  secretKeys: [Buffer.alloc(32)],
  graphUrl: "",
  authorityUrl: "",
});
const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

describe("the endpoint for activities, with a bot identity of its own", () => {
  let framework: Framework;
  let journey: Journey;
  /** A real key that the Bot Framework knows, but for other channels; one for none; and one that it does not know. */
  let forWebChat: Signer;
  let forNobody: Signer;
  let stranger: Signer;
  before(async () => {
    framework = await startBotFramework(identity.clientId);
    [forWebChat, forNobody, stranger] = await Promise.all([
      newSigner("webchat", ["webchat"]),
      newSigner("nobody"),
      newSigner("first", ["msteams"]),
    ]);
    framework.publish(forWebChat.jwk);
    framework.publish(forNobody.jwk);
    journey = await startJourney({
      config: { bot: identity },
      botFramework: framework.framework,
      carrier: () => usherOnDisk(),
    });
  });
  after(async () => {
    await journey.close();
    await framework.close();
  });

  const now = () => journey.world.clock.now().getTime();
  const claims = () => framework.claims(now());
  const message = (text = "help") => ({
    ...journey.teams.envelope(mina, personalChat(mina)),
    serviceUrl: framework.serviceUrl,
    type: "message",
    text,
  });
  async function post(activity: unknown, authorization: string | undefined) {
    const response = await fetch(`http://127.0.0.1:${journey.config.port}/api/messages`, {
      method: "POST",
      headers: { "content-type": "application/json", ...(authorization !== undefined && { authorization }) },
      body: typeof activity === "string" ? activity : JSON.stringify(activity),
    });
    return { status: response.status, text: await response.text() };
  }
  const signed = async (said: object = claims()) => `Bearer ${await framework.sign(said)}`;
  /** All rows of all tables. */
  async function everything(): Promise<string> {
    const { db } = journey.carrier;
    const { rows } = await sql<{ name: string }>`
      select table_name as name from information_schema.tables where table_schema = 'public' order by 1`.execute(
      db,
    );
    const tables = await Promise.all(
      rows.map(({ name }) =>
        sql`select to_json(t) from ${sql.table(name)} t order by to_json(t)::text`.execute(db),
      ),
    );
    return JSON.stringify(tables.map((table) => table.rows));
  }

  it("takes what the Bot Framework signed: the bot answers there, with a token of its own", async () => {
    const count = framework.received.length;
    assert.deepEqual(await post(message(), await signed()), { status: 200, text: "" });
    assert.equal(framework.received.length, count + 1);
    const { authorization = "" } = framework.received[count] ?? {};
    const [, payload = ""] = authorization.replace("Bearer ", "").split(".");
    const token = JSON.parse(Buffer.from(payload, "base64url").toString()) as {
      appid?: string;
      azp?: string;
    };
    assert.equal(token.appid ?? token.azp, identity.clientId);
  });

  /** A token whose second part says something else than what was signed. */
  async function tampered() {
    const [header, , signature] = (await framework.sign()).split(".");
    return `${header}.${base64url({ ...claims(), exp: claims().exp + 1 })}.${signature}`;
  }
  function hmac() {
    const { jwk } = framework.signer;
    const pem = createPublicKey({ key: jwk as JsonWebKey, format: "jwk" }).export({
      type: "spki",
      format: "pem",
    });
    const content = `${base64url({ alg: "HS256", typ: "JWT", kid: jwk.kid })}.${base64url(claims())}`;
    return `${content}.${createHmac("sha256", pem).update(content).digest("base64url")}`;
  }
  const without = (name: string) =>
    Object.fromEntries(Object.entries(claims()).filter(([each]) => each !== name));
  const seconds = (ms: number) => Math.floor((now() + ms) / 1000);
  const unsigned = (signature: string) =>
    `${base64url({ alg: "none", typ: "JWT", kid: "first" })}.${base64url(claims())}.${signature}`;

  const unauthorized: [what: string, authorization: () => Promise<string | undefined> | string][] = [
    ["no token", async () => undefined],
    ["an empty authorization", () => ""],
    ["another scheme", () => "Basic dXNoZXI6dXNoZXI="],
    ["what is no token", () => "Bearer usher"],
    ["three parts that are no token", () => "Bearer a.b.c"],
    ["a token that was changed after it was signed", async () => `Bearer ${await tampered()}`],
    ["another key under the same kid", async () => `Bearer ${await framework.sign(claims(), stranger)}`],
    ["a kid that nobody has", async () => `Bearer ${await framework.sign(claims(), stranger, "made-up")}`],
    ["no kid", async () => `Bearer ${await framework.sign(claims(), framework.signer, "")}`],
    ["alg none", () => `Bearer ${unsigned("")}`],
    ["alg none with something for a signature", () => `Bearer ${unsigned("AAAA")}`],
    ["HS256 with the public key as the secret", () => `Bearer ${hmac()}`],
    ["an expired token", () => signed({ ...claims(), exp: seconds(-6 * 60_000) })],
    ["a token without an end", () => signed(without("exp"))],
    ["a token that is not valid yet", () => signed({ ...claims(), nbf: seconds(6 * 60_000) })],
    ["a token for another bot", () => signed({ ...claims(), aud: company.clients.consent.clientId })],
    ["a token for nobody", () => signed(without("aud"))],
    ["another issuer", () => signed({ ...claims(), iss: "https://api.botframework.example" })],
    [
      // The SDK takes this one as the Emulator's.
      "a token that Entra issued for the bot",
      () =>
        signed({
          ...claims(),
          iss: "https://sts.windows.net/d6d49420-f39b-4df7-a1dc-d59a935871db/",
          ver: "1.0",
          appid: identity.clientId,
        }),
    ],
    ["no issuer", () => signed(without("iss"))],
    ["no serviceUrl in the token", () => signed(without("serviceurl"))],
    ["another serviceUrl in the token", () => signed({ ...claims(), serviceurl: "https://smba.example/" })],
    ["a key for other channels", async () => `Bearer ${await framework.sign(claims(), forWebChat)}`],
    ["a key for no channel", async () => `Bearer ${await framework.sign(claims(), forNobody)}`],
  ];
  const refused: [what: string, status: number, activity: () => unknown, said?: RegExp][] = [
    ["what is no JSON", 400, () => "{", /JSON object/],
    ["an empty object", 400, () => ({}), /no type/],
    ["a list", 400, () => [message()], /JSON object/],
    [
      "an activity without a serviceUrl",
      400,
      () => ({ ...message(), serviceUrl: undefined }),
      /no serviceUrl/,
    ],
    ["an activity with an empty serviceUrl", 400, () => ({ ...message(), serviceUrl: "" }), /no serviceUrl/],
    [
      "an activity of another channel",
      400,
      () => ({ ...message(), channelId: "webchat" }),
      /Microsoft Teams only/,
    ],
    [
      "what the SDK takes as the ASE channel's",
      400,
      () => ({ ...message(), channelId: "AseChannel" }),
      /Microsoft/,
    ],
    ["an id that is no text", 400, () => ({ ...message(), id: { a: 1 } }), /id is no text/],
    ["too large a body", 413, () => message("x".repeat(300_000)), /larger than/],
    [
      "an activity of another tenant",
      403,
      () => ({ ...message(), conversation: { ...message().conversation, tenantId: otherTenant } }),
      /this tenant/,
    ],
    [
      "an activity that names no tenant",
      403,
      () => ({ ...message(), channelData: {}, conversation: { id: "a:x", conversationType: "personal" } }),
      /this tenant/,
    ],
  ];

  /** Sends it, and answers what came back; nothing else may have happened. */
  async function withoutEffect(activity: unknown, authorization: string | undefined) {
    const [before, lines, sent] = [await everything(), journey.log.length, framework.received.length];
    const answer = await post(activity, authorization);
    assert.equal(await everything(), before);
    assert.equal(framework.received.length, sent);
    const logged = journey.log.slice(lines);
    assert.equal(logged.length, 1, logged.join(""));
    assert.match(logged[0]!, new RegExp(`"status":${answer.status}`));
    for (const part of (authorization ?? "").replace(/^\w+ /, "").split("."))
      if (part.length > 3) assert.ok(!`${logged[0]}${answer.text}`.includes(part));
    return answer;
  }

  for (const [what, authorization] of unauthorized)
    it(`answers 401 and no more to ${what}`, async () =>
      assert.deepEqual(await withoutEffect(message(), await authorization()), {
        status: 401,
        text: '{"error":"The activity is not authorized."}',
      }));

  for (const [what, status, activity, said = /./] of refused)
    it(`answers ${status} to ${what}, though the token is good`, async () => {
      const answer = await withoutEffect(activity(), await signed());
      assert.equal(answer.status, status);
      assert.match(answer.text, said);
    });

  it("takes tokens of a new key, once it may look for one again", async () => {
    await framework.rotate("second");
    journey.turnClock(60_000);
    const asked = framework.asked.length;
    assert.equal((await post(message(), await signed())).status, 200);
    assert.deepEqual(framework.asked.slice(asked), ["/openid", "/keys"]);
    // Made-up keys do not make it ask each time.
    for (const kid of ["x", "y", "z"])
      assert.equal(
        (await post(message(), `Bearer ${await framework.sign(claims(), stranger, kid)}`)).status,
        401,
      );
    assert.equal(framework.asked.length, asked + 2);
  });

  it("goes on with the keys that it has while nobody gives it new ones, for a day", async () => {
    framework.goDown(true);
    journey.turnClock(2 * hourMs);
    assert.equal((await post(message(), await signed())).status, 200);
    await journey.until(
      async () => journey.log.some((line) => line.includes("the known ones count")),
      "the line in the log",
    );
    journey.turnClock(23 * hourMs);
    assert.equal((await withoutEffect(message(), await signed())).status, 503);
    framework.goDown(false);
    assert.equal((await post(message(), await signed())).status, 200);
  });

  it("asks for another try while nobody can tell who signed, also right after its start", async () => {
    await journey.restart();
    framework.goDown(true);
    assert.deepEqual(await withoutEffect(message(), await signed()), {
      status: 503,
      text: '{"error":"The sender cannot be checked right now."}',
    });
    framework.goDown(false);
    assert.equal((await post(message(), await signed())).status, 200);
  });
});
