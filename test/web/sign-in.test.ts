import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { newLinkToken } from "../../src/domain/secret-link.ts";
import { createCookieJar } from "../../src/web/sealed-cookie.ts";
import { createSignIn } from "../../src/web/sign-in.ts";
import { startSignIn } from "../support/signin.ts";
import { type Edge, startEdge } from "./edge.ts";

describe("signing in to open a link", () => {
  let edge: Edge;
  beforeEach(async () => {
    edge = await startEdge();
  });
  afterEach(() => edge.stop());

  /** Goes to the sign-in service and back, but stops before the callback. */
  async function upToCallback() {
    const visitor = edge.newVisitor();
    let reply = await visitor.send(`${edge.link}?sign-in`);
    while (!reply.headers.get("location")!.startsWith(`${edge.publicUrl}/s/callback`)) {
      reply = await visitor.send(new URL(reply.headers.get("location")!, reply.url).href);
    }
    const attempt = [...visitor.cookies.get(edge.publicUrl)!][0]!;
    return { visitor, callback: reply.headers.get("location")!, attempt };
  }

  it("keeps what must come back in a sealed cookie for this host only", async () => {
    const begun = await edge.newVisitor().send(`${edge.link}?sign-in`);
    assert.equal(begun.status, 303);
    const cookie = begun.headers.get("set-cookie")!;
    assert.match(
      cookie,
      /^__Host-usher-sign-in-[\w-]{16}=[\w-]+; Path=\/; HttpOnly; SameSite=Lax; Secure; Max-Age=600$/,
    );
    const query = new URL(begun.headers.get("location")!).searchParams;
    assert.equal(query.get("code_challenge_method"), "S256");
    assert.equal(query.get("max_age"), "600");
    assert.ok(query.get("nonce") && query.get("code_challenge"));
    assert.ok(!cookie.includes(query.get("state")!));
  });

  it("goes through once: the same callback again gets nobody in", async () => {
    const { visitor, callback, attempt } = await upToCallback();
    assert.equal((await visitor.send(callback)).status, 303);
    const without = await visitor.send(callback);
    const [name, value] = attempt;
    const withIt = await edge.newVisitor().send(callback, { headers: { cookie: `${name}=${value}` } });
    for (const reply of [without, withIt]) {
      assert.equal(reply.status, 403);
      assert.match(reply.body, /not completed/);
      assert.doesNotMatch(reply.headers.get("set-cookie")!, /usher-link/);
    }
  });

  it("refuses a callback in another browser, with another state, and one that is ten minutes late", async () => {
    const { visitor, callback } = await upToCallback();
    assert.equal((await edge.newVisitor().send(callback)).status, 403);
    assert.equal((await visitor.send(callback.replace(/state=[^&]+/, "state=other"))).status, 403);
    edge.clock.skewMs = 10 * 60_000;
    assert.equal((await visitor.send(callback)).status, 403);
  });

  it("refuses a session cookie that was altered, cut, made up or sealed with another key", async () => {
    const visitor = edge.newVisitor();
    await visitor.browse(`${edge.link}?sign-in`);
    const [name, value] = [...visitor.cookies.get(edge.publicUrl)!][0]!;
    const altered = Buffer.from(value, "base64url");
    altered[20]! ^= 1;
    const forged = createCookieJar([randomBytes(32)], edge.publicUrl).seal(name, { id: "x" }, new Date());
    const looks = edge.desk.asked.length;
    for (const wrong of [
      altered.toString("base64url"),
      value.slice(0, -4),
      "",
      "AAAA",
      forged.split(/[=;]/)[1],
    ]) {
      const reply = await edge.newVisitor().send(edge.link, { headers: { cookie: `${name}=${wrong}` } });
      assert.match(reply.body, /Sign in to open/);
    }
    assert.equal(edge.desk.asked.length, looks);
  });

  it("opens the session's own link and no other, also under the other link's cookie name", async () => {
    const visitor = edge.newVisitor();
    await visitor.browse(`${edge.link}?sign-in`);
    const [, value] = [...visitor.cookies.get(edge.publicUrl)!][0]!;
    const other = newLinkToken();
    const elsewhere = `${edge.publicUrl}/s/${other.reveal()}`;
    assert.match((await visitor.send(elsewhere)).body, /Sign in to open/);
    const hash = createHash("sha256").update(other.reveal()).digest("base64url");
    const moved = `__Host-usher-link-${hash.slice(0, 16)}=${value}`;
    assert.match((await visitor.send(elsewhere, { headers: { cookie: moved } })).body, /Sign in to open/);
  });

  it("clears earlier attempts before their cookies fill a request", async () => {
    const visitor = edge.newVisitor();
    for (let n = 0; n < 12; n += 1) await visitor.send(`${edge.link}?sign-in`);
    assert.ok(visitor.cookies.get(edge.publicUrl)!.size <= 5);
    assert.match((await visitor.browse(`${edge.link}?sign-in`)).body, /Reveal the secret/);
  });

  it("says so while the sign-in service is down from the start, and works once it is up", async () => {
    const { authorityUrl, person } = edge.signInService;
    await edge.signInService.stop();
    const visitor = edge.newVisitor();
    const down = await visitor.send(`${edge.link}?sign-in`);
    assert.equal(down.status, 503);
    assert.match(down.body, /does not answer/);

    edge.signInService = await startSignIn({
      ...edge.signInSettings,
      port: Number(new URL(authorityUrl).port),
    });
    edge.signInService.person = person;
    assert.match((await visitor.browse(`${edge.link}?sign-in`)).body, /Reveal the secret/);
  });

  it("says so when the sign-in service goes down on the way", async () => {
    const { visitor, callback } = await upToCallback();
    await edge.signInService.stop();
    const reply = await visitor.send(callback);
    assert.equal(reply.status, 503);
    assert.match(reply.body, /does not answer/);
  });

  it("refuses an authority over http that is not loopback", () => {
    assert.throws(
      () => createSignIn({ ...edge.signInOptions, authorityUrl: "http://login.example" }),
      /must be reached over https/,
    );
  });
});
