import assert from "node:assert/strict";
import { sql } from "kysely";
import { newLinkToken } from "../../src/domain/secret-link.ts";
import { type DeliveredLink, deliveredLink } from "../support/delivered-links.ts";
import { mina } from "../support/journey.ts";
import { checkOf, pressReveal } from "./edge.ts";
import { outside, type RealUsher, startRealUsher } from "./real-usher.ts";
import type { Reply, Visitor } from "./visitor.ts";

type Behaviour = (visitor: Visitor, at: string) => Promise<Reply>;

const as = (agent: string, more: Record<string, string> = {}): RequestInit => ({
  headers: { "User-Agent": agent, ...more },
});
const form = (body: string, headers: Record<string, string> = {}): RequestInit => ({
  method: "POST",
  headers: { "Content-Type": "application/x-www-form-urlencoded", ...headers },
  body,
});
const edge =
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0";

/** What chat clients, mail gateways, browsers and crawlers do with a link that is none of theirs. */
const behaviours: Record<string, Behaviour> = {
  "a preview of a chat client": (visitor, at) =>
    visitor.send(at, as("Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5")),
  "a preview of another chat client": (visitor, at) =>
    visitor.send(
      at,
      as("Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", { Range: "bytes=0-32768" }),
    ),
  "a mail gateway that looks like a browser": (visitor, at) => visitor.send(at, as(edge)),
  "a client without a name": (visitor, at) => visitor.send(at, as("")),
  "a crawler that asks for another type": (visitor, at) =>
    visitor.send(at, as("bot", { Accept: "application/json" })),
  "a HEAD": (visitor, at) => visitor.send(at, { method: "HEAD" }),
  "a HEAD of the press": (visitor, at) => visitor.send(`${at}/reveal`, { method: "HEAD" }),
  "an OPTIONS": (visitor, at) => visitor.send(at, { method: "OPTIONS" }),
  "a question whether another site may press": (visitor, at) =>
    visitor.send(`${at}/reveal`, {
      method: "OPTIONS",
      headers: { Origin: "https://elsewhere.example", "Access-Control-Request-Method": "POST" },
    }),
  "a prefetch": (visitor, at) => visitor.send(at, as(edge, { "Sec-Purpose": "prefetch" })),
  "a prerender": (visitor, at) => visitor.send(at, as(edge, { "Sec-Purpose": "prefetch;prerender" })),
  "an old prefetch": (visitor, at) =>
    visitor.send(at, as(edge, { Purpose: "prefetch", "X-Moz": "prefetch" })),
  "a GET of the press": (visitor, at) => visitor.send(`${at}/reveal`),
  "a press without a form": (visitor, at) => visitor.send(`${at}/reveal`, { method: "POST" }),
  "a press with an empty form": (visitor, at) => visitor.send(`${at}/reveal`, form("")),
  "a press with a made-up token": (visitor, at) => visitor.send(`${at}/reveal`, form("check=x")),
  "a press from another site": (visitor, at) =>
    visitor.send(
      `${at}/reveal`,
      form("check=x", { Origin: "https://elsewhere.example", "Sec-Fetch-Site": "cross-site" }),
    ),
  "a press as JSON": (visitor, at) =>
    visitor.send(`${at}/reveal`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: '{"check":"x"}',
    }),
  "a press at the link itself": (visitor, at) => visitor.send(at, form("check=x")),
  "a PUT": (visitor, at) => visitor.send(at, { method: "PUT", body: "x" }),
  "a DELETE": (visitor, at) => visitor.send(at, { method: "DELETE" }),
  "an approval": (visitor, at) => visitor.send(`${at}/vote`, form("check=x")),
  "a download": (visitor, at) => visitor.send(`${at}/export`, form("check=x")),
  "a made-up return from the sign-in service": (visitor, at) =>
    visitor.send(`${new URL(at).origin}/s/callback?code=x&state=y`),
  "a return with the cookie of a real attempt, and a made-up code": async (visitor, at) => {
    const begun = await visitor.send(`${at}?sign-in`);
    const state = new URL(begun.headers.get("location") ?? "").searchParams.get("state");
    return visitor.send(`${new URL(at).origin}/s/callback?code=x&state=${state}`);
  },
  // It loads the page with all that belongs to it, follows each link and sends each form, also the one to sign in.
  "a browser that runs what it finds, but is nobody": async (visitor, at) => {
    const page = await visitor.send(at, as(edge));
    for (const [, path = ""] of page.body.matchAll(/(?:href|src)="([^"]+)"/g))
      await visitor.browse(new URL(path, page.url).href);
    const login = await visitor.browse(`${at}?sign-in`);
    for (const [, path = ""] of login.body.matchAll(/action="([^"]*)"/g))
      await visitor.send(new URL(path, login.url).href, form(""));
    return visitor.send(at, as(edge));
  },
};

describe("a link that machines get hold of", () => {
  let usher: RealUsher;
  let link: DeliveredLink;
  before(async () => {
    usher = await startRealUsher();
    link = await deliveredLink(usher.journey.world.store.tables, usher.journey.config.secretKeys);
    await quiet();
  });
  after(() => usher.close());

  /** What the sweep and the daily comparison with Entra touch by themselves, and attempts, which are counted anyhow. */
  const apart = ["registrations", "drifts", "leases", "settings", "link_attempts"];
  async function rows(): Promise<string> {
    const { db } = usher.journey.carrier;
    const all = await db.introspection.getTables();
    const tables = all.filter(({ schema, name }) => schema === "public" && !apart.includes(name));
    assert.ok(tables.length > 10);
    const found: string[] = [];
    for (const { name } of tables) {
      const rows = sql<{ row: string }>`select to_jsonb(t)::text as row from ${sql.table(name)} t`;
      for (const { row } of (await rows.execute(db)).rows) found.push(`${name} ${row}`);
    }
    return found.toSorted().join("\n");
  }
  async function quiet() {
    let before = "";
    await usher.journey.until(async () => {
      const now = await rows();
      const isSame = now === before;
      before = now;
      return isSame;
    }, "the rows to rest");
  }

  for (const [who, behave] of Object.entries(behaviours)) {
    it(`changes nothing for ${who}, and says no more than of a link that never was`, async () => {
      const before = await rows();
      const reply = await behave(usher.newVisitor(), usher.addressOf(link.token));
      assert.equal(await rows(), before);
      assert.ok(!reply.body.includes(link.secret));
      const never = newLinkToken().reveal();
      const other = await behave(usher.newVisitor(), usher.addressOf(never));
      // What leads back to the link has its own address in it, which whoever asks knows; attempts have random names.
      const plain = (said: Reply, token: string) =>
        JSON.stringify(outside(said), undefined, 2)
          .replaceAll(token, "<token>")
          .replaceAll(/usher-sign-in-[\w-]+/g, "<attempt>");
      assert.equal(plain(reply, link.token), plain(other, never));
    });
  }

  it("changes nothing for the signed-in person's own browser, when it only looks or another site presses", async () => {
    const { visitor, page } = await usher.signIn(link.token, mina);
    const check = checkOf(page.body);
    assert.notEqual(check, "");
    const before = await rows();
    const at = usher.addressOf(link.token);
    const elsewhere = { ...pressReveal(check), headers: { "Sec-Fetch-Site": "cross-site" } };
    for (const init of [{}, { method: "HEAD" }, as(edge, { "Sec-Purpose": "prefetch" })])
      await visitor.send(at, init);
    for (const init of [{}, { method: "HEAD" }, { method: "POST" }, form(""), form("check=x"), elsewhere])
      await visitor.send(`${at}/reveal`, init);
    assert.equal(await rows(), before);
  });

  it("still opens for the person whom it is for, after all of it", async () => {
    const { visitor, page } = await usher.signIn(link.token, mina);
    const at = `${usher.addressOf(link.token)}/reveal`;
    const before = await rows();
    const shown = await visitor.send(at, pressReveal(checkOf(page.body)));
    assert.equal(shown.status, 200);
    assert.ok(shown.body.includes(link.secret));
    assert.notEqual(await rows(), before, "what is compared above shows what a press changes");
  });
});
