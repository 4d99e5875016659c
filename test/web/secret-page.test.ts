import assert from "node:assert/strict";
import { newLinkToken } from "../../src/domain/secret-link.ts";
import { ada, bob } from "./desk.ts";
import { checkOf, type Edge, pressReveal, startEdge } from "./edge.ts";
import type { Reply } from "./visitor.ts";

describe("the page behind a one-time link", () => {
  let edge: Edge;
  beforeEach(async () => {
    edge = await startEdge();
  });
  afterEach(() => edge.stop());

  /** What an onlooker can tell answers apart by. */
  const outside = ({ status, headers, body }: Reply) => {
    // These two belong to the connection: the client under this test closes it after a HEAD.
    const { date, connection, "keep-alive": keepAlive, ...rest } = Object.fromEntries(headers);
    return { status, headers: rest, body };
  };
  const signedIn = async () => {
    const visitor = edge.newVisitor();
    const page = await visitor.browse(`${edge.link}?sign-in`);
    return { visitor, page, check: checkOf(page.body) };
  };

  it("answers every token the same before sign-in, and looks none up", async () => {
    const texts = [
      edge.token,
      newLinkToken().reveal(),
      "x",
      "no.token",
      "%3Cb%3E",
      "..%2F",
      "a".repeat(4000),
    ];
    const visitor = edge.newVisitor();
    const replies = await Promise.all(texts.map((text) => visitor.send(`${edge.publicUrl}/s/${text}`)));
    for (const reply of replies) assert.deepEqual(outside(reply), outside(replies[0]!));
    assert.equal(replies[0]!.status, 200);
    assert.match(replies[0]!.body, /Sign in to open/);
    assert.deepEqual(edge.desk.asked, []);
  });

  it("shows the requester the values, and the secret once after the button", async () => {
    const { visitor, page, check } = await signedIn();
    assert.equal(page.url, edge.link);
    assert.match(page.body, /Netwrix &lt;Identity&gt; Manager/);
    assert.match(page.body, /12345678-0000-4000-8000-000000000001/);
    assert.ok(!page.body.includes(edge.secret));

    const revealed = await visitor.send(`${edge.link}/reveal`, pressReveal(check));
    assert.equal(revealed.status, 200);
    assert.ok(revealed.body.includes(edge.secret));
    assert.equal(revealed.headers.get("cache-control"), "no-store");

    const again = await visitor.send(`${edge.link}/reveal`, pressReveal(check));
    const back = await visitor.send(edge.link);
    const address = await visitor.browse(`${edge.link}/reveal`);
    for (const reply of [again, back, address]) {
      assert.equal(reply.status, 410);
      assert.match(reply.body, /opens nothing any more/);
    }
    assert.equal(edge.desk.revealed, 1);
  });

  it("shows the same to a signed-in person for a used link, a link that never was, and no token at all", async () => {
    const { visitor, check } = await signedIn();
    await visitor.send(`${edge.link}/reveal`, pressReveal(check));
    const used = outside(await visitor.send(edge.link));
    for (const text of [newLinkToken().reveal(), "nonsense", "a".repeat(4000)]) {
      const other = await edge.newVisitor().browse(`${edge.publicUrl}/s/${text}?sign-in`);
      assert.deepEqual(outside(other), used);
    }
  });

  it("tells another person nothing, and stays whole for the right one", async () => {
    edge.signInService.person = { oid: bob.userId, tid: bob.tenantId };
    const { visitor, page } = await signedIn();
    assert.equal(page.status, 403);
    assert.match(page.body, /somebody else/);
    assert.doesNotMatch(page.body, /Netwrix/);
    const post = await visitor.send(`${edge.link}/reveal`, pressReveal(checkOf(page.body)));
    assert.equal(post.status, 403);

    edge.signInService.person = { oid: ada.userId, tid: ada.tenantId };
    assert.match((await edge.newVisitor().browse(`${edge.link}?sign-in`)).body, /Reveal the secret/);
    assert.equal(edge.desk.revealed, 0);
  });

  it("lets nobody in from another tenant, or without an object id", async () => {
    for (const person of [
      { oid: bob.userId, tid: "22222222-2222-4222-8222-222222222222" },
      { oid: "ada", tid: bob.tenantId },
    ]) {
      edge.signInService.person = person;
      const { visitor, page } = await signedIn();
      assert.equal(page.status, 403);
      assert.match(page.body, /another organisation|not completed/);
      assert.equal(visitor.cookies.get(edge.publicUrl)!.size, 0);
    }
    assert.deepEqual(edge.desk.asked, []);
  });

  it("lets nobody in who cancels the sign-in", async () => {
    edge.signInService.person = undefined;
    const { page } = await signedIn();
    assert.equal(page.status, 403);
    assert.match(page.body, /not completed/);
  });

  it("lets nobody in whose sign-in is older than ten minutes", async () => {
    edge.clock.skewMs = 11 * 60_000;
    const { page } = await signedIn();
    assert.equal(page.status, 403);
    assert.match(page.body, /too old/);
  });

  it("asks for a new sign-in after ten minutes", async () => {
    const { visitor, check } = await signedIn();
    edge.clock.skewMs = 10 * 60_000 - 5_000;
    assert.equal((await visitor.send(edge.link)).status, 200);
    edge.clock.skewMs = 10 * 60_000;
    assert.match((await visitor.send(edge.link)).body, /Sign in to open/);
    assert.match(
      (await visitor.send(`${edge.link}/reveal`, pressReveal(check))).headers.get("location")!,
      /\/s\//,
    );
    assert.equal(edge.desk.revealed, 0);
  });

  it("reveals nothing without the form's own token, with another link's, or from another site", async () => {
    const { visitor, check } = await signedIn();
    const other = checkOf((await edge.newVisitor().browse(`${edge.link}?sign-in`)).body);
    assert.notEqual(other, "");
    const headers = { "Content-Type": "application/x-www-form-urlencoded" };
    const forgeries: RequestInit[] = [
      { method: "POST" },
      { method: "POST", headers, body: "" },
      pressReveal(""),
      pressReveal(other),
      pressReveal(`${check.slice(0, -2)}AA`),
      { ...pressReveal(check), headers: { "Sec-Fetch-Site": "cross-site" } },
      { ...pressReveal(check), headers: { "Sec-Fetch-Site": "same-site" } },
      { ...pressReveal(check), headers: { Origin: "https://elsewhere.example" } },
      { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ check }) },
      { method: "POST", headers, body: `${"x".repeat(5000)}&check=${check}` },
    ];
    for (const forgery of forgeries) {
      const reply = await visitor.send(`${edge.link}/reveal`, forgery);
      assert.equal(reply.status, 403, JSON.stringify(forgery));
      assert.match(reply.body, /Nothing was revealed/);
    }
    assert.equal(edge.desk.revealed, 0);
    assert.ok(edge.desk.asked.every(({ verb }) => verb === "look"));
    assert.equal((await visitor.send(`${edge.link}/reveal`, pressReveal(check))).status, 200);
  });

  it("changes nothing for scanners, signed in or not", async () => {
    const { visitor } = await signedIn();
    const before = edge.desk.asked.length;
    for (const who of [edge.newVisitor(), visitor]) {
      for (const init of [
        { method: "HEAD" },
        { method: "OPTIONS" },
        { method: "POST" },
        { method: "PUT" },
        { method: "DELETE" },
      ]) {
        const reply = await who.send(edge.link, init);
        assert.ok([200, 405].includes(reply.status));
      }
    }
    const head = await visitor.send(edge.link, { method: "HEAD" });
    const stranger = await edge.newVisitor().send(edge.link);
    assert.deepEqual(outside(head).headers, outside(stranger).headers);
    assert.equal(edge.desk.asked.length, before);

    await visitor.send(edge.link, { headers: { "Sec-Purpose": "prefetch" } });
    const post = await edge.newVisitor().send(`${edge.link}/reveal`, pressReveal("x"));
    assert.equal(post.status, 303);
    assert.equal(edge.desk.revealed, 0);
  });

  it("keeps the token from the sign-in service", async () => {
    await signedIn();
    assert.ok(edge.signInService.asked.length > 3);
    assert.ok(!edge.signInService.asked.join("\n").includes(edge.token));
  });

  it("writes neither token nor secret nor code nor cookie to the log", async () => {
    const { visitor, check } = await signedIn();
    await visitor.send(`${edge.link}/reveal`, pressReveal(check));
    await visitor.send(`${edge.link}/nowhere`);
    await visitor.send(`${edge.publicUrl}/s/callback?code=canary-code&state=canary-state`);
    edge.desk.look = async (token) => {
      throw new Error(`broken at ${token}`);
    };
    const broken = await visitor.send(edge.link);
    assert.equal(broken.status, 500);
    assert.doesNotMatch(broken.body, /broken| at /);

    const log = edge.lines.join("\n");
    assert.match(log, /"route":"\/s\/:token\/reveal","status":200,"outcome":"revealed"/);
    assert.match(log, /broken at \[secret\]/);
    const cookies = [...visitor.cookies.get(edge.publicUrl)!.values()];
    for (const canary of [edge.token, edge.secret, check, "canary-code", "canary-state", ...cookies]) {
      assert.ok(canary.length > 8 && !log.includes(canary));
    }
  });
});
