import assert from "node:assert/strict";
import { sql } from "kysely";
import { createBrowser } from "../../src/local/tenant/browser.ts";
import { forEachUsherDatabase } from "../support/carriers.ts";
import { type Journey, jonas, mina, personalChat, says, startJourney, verbsOf } from "../support/journey.ts";

/** However somebody might write it down by accident. */
const writings = (text: string) => [
  text,
  encodeURIComponent(text),
  JSON.stringify(text).slice(1, -1),
  Buffer.from(text).toString("hex"),
  // Without its end, which depends on what follows.
  Buffer.from(text).toString("base64").slice(0, -4),
  Buffer.from(text).toString("base64url").slice(0, -4),
  // Half of it would already be too much.
  text.slice(0, Math.ceil(text.length / 2)),
  text.slice(-Math.ceil(text.length / 2)),
];

forEachUsherDatabase((_, open) => {
  describe("a secret and the token of its link", () => {
    let journey: Journey;
    const answers: string[] = [];
    const found = { secrets: [] as string[], tokens: [] as string[] };
    before(async () => {
      journey = await startJourney({ carrier: open });
      await live();
    });
    after(() => journey.close());

    const secretIn = (page: string) => /<input id="secret"[^>]*value="([^"]*)"/.exec(page)?.[1] ?? "";
    const keep = <Page extends { body: string }>(page: Page): Page => {
      answers.push(page.body);
      return page;
    };

    /** One that is opened, by the wrong person first, and with whatever goes wrong on the way; one that is revoked. */
    async function live() {
      const { link } = await journey.provisioned(mina);
      found.tokens.push(link.slice(-43));
      keep(await journey.openAs(link, jonas));
      const browser = createBrowser();
      const page = keep(await journey.openAs(link, mina, browser));
      keep(await browser.open(`${link}/reveal`, { check: "x" }));
      keep(await browser.open(`${link}/nowhere`));
      await withFault(() => page.reveal());
      await withBrokenSeal(() => page.reveal());
      const shown = await page.reveal();
      const secret = secretIn(shown.body);
      assert.notEqual(secret, "");
      found.secrets.push(secret);
      keep(await page.reveal());

      const other = await journey.provisioned(jonas);
      found.tokens.push(other.link.slice(-43));
      const place = personalChat(jonas);
      await journey.teams.say(jonas, place, `revoke ${other.id}`);
      const question = await journey.teams.find(
        (each) => says(each, other.id) && verbsOf(each).includes("registration/confirm-revoke"),
        "the question",
      );
      await journey.teams.press(jonas, place, question, "registration/confirm-revoke");
      keep(await journey.openAs(other.link, jonas));
      const { registrations } = journey.world.store.tables;
      await journey.until(
        async () => (await registrations.get(other.id as never))?.state === "revoked",
        "the end of the other one",
      );
    }

    /** The directory does not answer at the moment of the press. */
    async function withFault(press: () => Promise<{ status: number; body: string }>) {
      await journey.sim("POST", "/faults", { path: "/users/", kind: "503", times: 8 });
      const page = keep(await press());
      await journey.sim("DELETE", "/faults");
      assert.ok(page.status >= 500, String(page.status));
    }

    /** The seal does not open, and then it does. */
    async function withBrokenSeal(press: () => Promise<{ status: number; body: string }>) {
      const { db } = journey.carrier;
      const read = await db
        .selectFrom("links")
        .select(["token_hash", "tag"])
        .where("state", "=", "sealed")
        .execute();
      await db
        .updateTable("links")
        .set({ tag: Buffer.alloc(16).toString("base64") })
        .where("state", "=", "sealed")
        .execute();
      const page = keep(await press());
      assert.equal(page.status, 500);
      for (const { token_hash, tag } of read)
        await db.updateTable("links").set({ tag }).where("token_hash", "=", token_hash).execute();
    }

    function assertNowhere(where: string, text: string) {
      assert.ok(text.length > 0, where);
      for (const value of [...found.secrets, ...found.tokens])
        for (const writing of writings(value))
          assert.ok(!text.includes(writing), `${where} holds ${writing}`);
    }

    it("are in no table, of Usher's or of its jobs", async () => {
      const { db } = journey.carrier;
      const tables = await sql<{ schema: string; name: string }>`
        select table_schema as schema, table_name as name from information_schema.tables
        where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`.execute(
        db,
      );
      const names = tables.rows.map(({ schema, name }) => `${schema}.${name}`);
      for (const expected of [
        "public.links",
        "public.link_attempts",
        "public.audit",
        "public.posts",
        "pgboss.job",
      ])
        assert.ok(
          names.some((name) => name.startsWith(expected)),
          expected,
        );
      let bytes = 0;
      for (const { schema, name } of tables.rows) {
        const table = sql.table(`${schema}.${name}`);
        const { rows } = await sql<{ row: string }>`select to_jsonb(t)::text as row from ${table} t`.execute(
          db,
        );
        for (const { row } of rows) assertNowhere(`${schema}.${name}`, row);
        bytes += rows.join("").length;
      }
      assert.ok(bytes > 1000);
    });

    it("are in no line of the log, and in no metric", async () => {
      const log = journey.log.join("\n");
      assert.match(log, /does not open: is its SECRET_KEY still listed/);
      assertNowhere("the log", log);
      const metrics = await fetch(`${journey.config.publicUrl}/metrics`);
      const text = await metrics.text();
      assert.match(text, /reveal/);
      assertNowhere("the metrics", text);
    });

    it("are in no page but the one that reveals", () => {
      // A page may lead back to its own address; that is the one thing in which the token stands.
      for (const body of answers)
        assertNowhere("a page", body.replaceAll(/(?:href|action)="[^"]*\/s\/[\w-]{43}[^"]*"/g, ""));
      assert.ok(answers.length > 6);
    });

    it("are in no card and no message, but the token in the one that brings the link", () => {
      const { messages } = journey.teams;
      for (const message of messages) {
        const text = JSON.stringify(message);
        const isLink = found.tokens.some((token) => text.includes(`/s/${token}`));
        if (isLink) {
          assert.ok([mina, jonas].some((who) => personalChat(who).id === message.conversationId));
          assert.ok(found.secrets.every((secret) => !text.includes(secret)));
        } else assertNowhere("a message", text);
      }
      assert.ok(messages.length > 5);
    });
  });
});
