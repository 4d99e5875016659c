import assert from "node:assert/strict";
import type { UserId } from "../../src/domain/ids.ts";
import { newLinkToken } from "../../src/domain/secret-link.ts";
import { SecretText } from "../../src/domain/secret-text.ts";
import { actionsOf, type ChatMessage } from "../../src/local/teams-stand-in.ts";
import { createBrowser } from "../../src/local/tenant/browser.ts";
import { company } from "../../src/local/tenant/company.ts";
import { handoverDesk } from "../../src/usecases/handover/open-link.ts";
import type { AuditRow } from "../../src/usecases/ports/store.ts";
import { forEachUsherDatabase } from "../support/carriers.ts";
import {
  aiko,
  channel,
  type Journey,
  lena,
  mina,
  personalChat,
  priya,
  readingOf,
  says,
  startJourney,
  verbsOf,
} from "../support/journey.ts";
import { isQuiet } from "../support/quiet.ts";

const urlOf = (message: ChatMessage) =>
  String(actionsOf(message.card).find(({ type }) => type === "Action.OpenUrl")?.url ?? "");

/** The newest thing in the person's own chat that says this. */
const inChatOf = ({ teams }: Journey, who: { id: string }, text: string) =>
  teams.find(
    (message) => message.conversationId === personalChat(who).id && says(message, text),
    `"${text}" in a personal chat`,
  );
const newest = ({ teams }: Journey) => teams.messages.at(-1) as ChatMessage;
const wholeAudit = ({ world }: Journey): Promise<AuditRow[]> =>
  world.store.tables.audit.read({ limit: 100_000 });
const audited = async (journey: Journey, what: string) =>
  (await wholeAudit(journey)).filter((row) => row.what === what);
const checkIn = ({ body }: { body: string }) => /name="check" value="([^"]*)"/.exec(body)?.[1] ?? "";

/** Lines of a CSV file as their cells; no cell of these tests holds a line's end. */
const cellsOf = (file: string) =>
  file
    .split("\r\n")
    .slice(0, -1)
    .map((line) =>
      [...line.matchAll(/"((?:[^"]|"")*)"/g)].map(([, cell = ""]) => cell.replaceAll('""', '"')),
    );

forEachUsherDatabase((_, open) => {
  describe("the audit in chat", () => {
    let journey: Journey;
    let id: string;
    before(async () => {
      journey = await startJourney({ carrier: open });
      ({ id } = await journey.provisioned());
      // What is told to others of it comes before what is asked here.
      await journey.until(() => isQuiet(journey.carrier.db), "the last card");
    });
    after(() => journey.close());

    it("shows an admin who did what to a request, from where, on which revision and plan, newest last", async () => {
      await journey.teams.say(aiko, personalChat(aiko), `audit ${id.toLowerCase()}`);
      const reading = readingOf(await inChatOf(journey, aiko, `The audit of ${id}`));
      const { fingerprint } = await journey.request(id);
      assert.match(
        reading,
        /request\.submitted: pending Number \d+ · .* UTC · by card · revision 1 Who: +Mina Okafor.*request\.decided: approved .* Who: +Priya Nair .*request\.provisioning: provisioned .* Who: +Usher/,
      );
      assert.ok(reading.includes(`fingerprint:  ${fingerprint}`));
      const [shown] = (await audited(journey, "audit.shown")).slice(-1);
      assert.deepEqual([shown?.who, shown?.surface, shown?.detail], [aiko.id, "command", { of: id }]);
    });

    it("finds it by the app's client id and by its name too", async () => {
      const { requests, registrations } = journey.world.store.tables;
      const registration = await registrations.get(id as never);
      assert.ok(registration && (await requests.get(registration.id)));
      for (const named of [registration.clientId, registration.plan.displayName]) {
        const before = journey.teams.messages.length;
        await journey.teams.say(aiko, personalChat(aiko), `audit ${named}`);
        assert.equal(journey.teams.messages.length, before + 1);
        assert.match(readingOf(newest(journey)), new RegExp(`^The audit of ${id}`));
      }
      await journey.teams.say(aiko, personalChat(aiko), "audit Nothing of that name");
      assert.match(readingOf(newest(journey)), /no request or registration of this name/);
    });

    it("says alone what it can do, and the newest lines with the head of the chain", async () => {
      for (let n = 0; n < 4; n++) await journey.teams.say(aiko, personalChat(aiko), "audit settings");
      await journey.teams.say(aiko, personalChat(aiko), "audit");
      const head = (await wholeAudit(journey)).at(-1);
      const reading = readingOf(newest(journey));
      assert.match(
        reading,
        new RegExp(`Newest line of the whole audit: number ${head?.n}, hash ${head?.hash.slice(0, 12)}`),
      );
      assert.match(reading, /audit and its REQ-… name.*audit csv or audit jsonl/);
      assert.equal([...reading.matchAll(/Number \d+ ·/g)].length, 10);
      assert.match(reading, /audit\.shown: shown/);
    });

    it("goes on a page at a time where it is long", async () => {
      const { world, teams } = journey;
      for (let n = 1; n <= 25; n++)
        await world.store.inTransaction((tables) =>
          tables.audit.append({
            at: world.clock.now(),
            who: "usher",
            what: "settings.tried",
            surface: "system",
            subject: "settings",
            outcome: `try ${n}`,
            detail: { note: "[pay](https://evil.example) **b** ".repeat(300) },
          }),
        );
      await teams.say(aiko, personalChat(aiko), "audit settings");
      const card = newest(journey);
      let reading = "";
      for (let pages = 1; ; pages++) {
        const shown = readingOf(journey.stands(card));
        reading += shown;
        if (!verbsOf(journey.stands(card)).includes("audit/page")) {
          assert.equal(pages, 3);
          break;
        }
        await teams.press(aiko, personalChat(aiko), journey.stands(card), "audit/page");
      }
      const tries = [...reading.matchAll(/settings\.tried: try (\d+)/g)].map(([, n]) => Number(n));
      assert.deepEqual(
        tries,
        Array.from({ length: 25 }, (__, n) => n + 1),
      );
    });

    it("is shown to admins only, on every surface, and others leave a line", async () => {
      await journey.teams.say(aiko, channel, `audit ${id}`);
      const card = newest(journey);
      const before = (await audited(journey, "audit.shown")).length;
      for (const who of [mina, priya]) {
        for (const text of ["audit", `audit ${id}`, "audit csv"]) {
          await journey.teams.say(who, personalChat(who), text);
          assert.match(readingOf(newest(journey)), /Only an admin/);
        }
        const pressed = await journey.teams.press(who, channel, card, "audit/export");
        assert.match(pressed.text ?? "", /Only an admin/);
      }
      assert.equal((await audited(journey, "audit.shown")).length, before);
      assert.equal((await audited(journey, "audit.export-asked")).length, 0);
      const refused = await audited(journey, "audit.refused");
      assert.deepEqual(
        refused.map(({ who, outcome }) => [who, outcome]),
        [mina, priya].flatMap(({ id: who }) => Array.from({ length: 4 }, () => [who, "not-admin"])),
      );
    });

    it("is not shown while the directory does not say who is an admin", async () => {
      await journey.sim("POST", "/faults", { path: "/v1.0|/users|/groups", kind: "503", times: 1000 });
      await journey.teams.say(aiko, personalChat(aiko), "audit");
      assert.match(readingOf(newest(journey)), /directory does not answer/);
      await journey.sim("DELETE", "/faults");
    });

    it("stands in an admin's help", async () => {
      await journey.teams.say(aiko, personalChat(aiko), "help");
      assert.match(readingOf(newest(journey)), /audit : who did what/);
      await journey.teams.say(priya, personalChat(priya), "help");
      assert.doesNotMatch(readingOf(newest(journey)), /audit/);
    });
  });

  describe("an export of the audit", () => {
    let journey: Journey;
    let id: string;
    before(async () => {
      journey = await startJourney({ carrier: open });
      ({ id } = await journey.provisioned());
      // What is told to others of it comes before what is asked here.
      await journey.until(() => isQuiet(journey.carrier.db), "the last card");
      await journey.teams.say(aiko, personalChat(aiko), "help");
    });
    after(() => journey.close());

    /** Asks in the channel, where everybody reads along, and answers the link that came. */
    async function asked(text: string): Promise<string> {
      const before = journey.teams.messages.length;
      await journey.teams.say(aiko, channel, text);
      const said = journey.teams.messages.slice(before);
      const [inChannel, own] = [channel.id, personalChat(aiko).id].map((place) =>
        said.filter(({ conversationId }) => conversationId === place),
      );
      assert.deepEqual([inChannel?.length, own?.length], [1, 1]);
      assert.match(readingOf(inChannel?.[0] as ChatMessage), /is in your personal chat/);
      assert.ok(!says(inChannel?.[0] as ChatMessage, "/s/"));
      return urlOf(own?.[0] as ChatMessage);
    }
    async function opened(link: string, who: { id: string } = aiko) {
      const browser = createBrowser();
      const page = await browser.signIn(`${link}?sign-in`, who.id);
      const download = () => browser.open(`${link}/export`, { check: checkIn(page) });
      return { browser, page, download };
    }

    it("is a file behind a one-time link for the admin who asked, with every line up to its own", async () => {
      const link = await asked("audit csv");
      const { page, download, browser } = await opened(link);
      assert.equal(page.status, 200);
      assert.match(page.body, /The audit as a file[\s\S]*All of it[\s\S]*Download/);

      const file = await download();
      assert.equal(file.status, 200);
      const [columns, ...lines] = cellsOf(file.body);
      const rows = await wholeAudit(journey);
      assert.equal(columns?.join(), "n,at,who,what,surface,subject,revision,outcome,detail,hash");
      assert.deepEqual(
        lines,
        rows.map((row) => [
          String(row.n),
          row.at.toISOString(),
          row.who,
          row.what,
          row.surface,
          row.subject,
          String(row.revision ?? ""),
          row.outcome,
          JSON.stringify(row.detail),
          row.hash,
        ]),
      );
      const last = rows.at(-1);
      assert.deepEqual([last?.what, last?.who, last?.surface], ["audit.exported", aiko.id, "web"]);

      // Spent: for whoever opens it now it looks like a link that never was.
      const never = await opened(link.replace(/[^/]+$/, newLinkToken().reveal()));
      for (const again of [
        await download(),
        await browser.open(link),
        await browser.open(`${link}/export`),
      ]) {
        assert.deepEqual([again.status, again.body], [410, never.page.body]);
      }
      assert.equal((await audited(journey, "audit.exported")).length, 1);
    });

    it("comes as an attachment that nothing keeps, and is text for a spreadsheet", async () => {
      const { world } = journey;
      const formula = `=HYPERLINK("https://evil.example")`;
      await world.store.inTransaction((tables) =>
        tables.audit.append({
          at: world.clock.now(),
          who: "usher",
          what: "settings.tried",
          surface: "system",
          subject: "settings",
          outcome: formula,
          detail: { note: "=1+1" },
        }),
      );
      const link = await asked("audit csv settings");
      const cookies = createBrowser();
      const page = await cookies.signIn(`${link}?sign-in`, aiko.id);
      const answers: Response[] = [];
      const { fetch: real } = globalThis;
      globalThis.fetch = async (...of) => {
        const answer = await real(...of);
        answers.push(answer);
        return answer;
      };
      const file = await cookies.open(`${link}/export`, { check: checkIn(page) }).finally(() => {
        globalThis.fetch = real;
      });
      const { headers } = answers.at(-1) as Response;
      assert.equal(headers.get("content-type"), "text/csv; charset=utf-8");
      assert.equal(headers.get("cache-control"), "no-store");
      const today = journey.world.clock.now().toISOString().slice(0, 10);
      assert.equal(
        headers.get("content-disposition"),
        `attachment; filename="usher-audit-settings-${today}.csv"`,
      );
      assert.ok(
        file.body.includes(`,"'=HYPERLINK(""https://evil.example"")","{""note"":""=1+1""}",`),
        file.body,
      );
    });

    it("is of one request, in JSON Lines, by a press on its card", async () => {
      await journey.teams.say(aiko, personalChat(aiko), `audit ${id}`);
      const card = newest(journey);
      const button = actionsOf(card.card).find(({ title }) => title === "Export as JSON Lines");
      const pressed = { ...card, card: { actions: [button] } as never };
      await journey.teams.press(aiko, personalChat(aiko), pressed, "audit/export");
      const link = urlOf(await inChatOf(journey, aiko, "JSON Lines"));
      const { download } = await opened(link);
      const lines = (await download()).body.trimEnd().split("\n");
      const rows = (await wholeAudit(journey)).filter(({ subject }) => subject === id);
      assert.deepEqual(
        lines.map((line) => JSON.parse(line)),
        rows.map(({ at, revision = null, ...row }) => ({ ...row, at: at.toISOString(), revision })),
      );
    });

    it("opens for nobody else, who burns nothing and leaves a line", async () => {
      const link = await asked("audit csv");
      const { page, download } = await opened(link, priya);
      assert.equal(page.status, 403);
      assert.match(page.body, /somebody else/);
      assert.doesNotMatch(page.body, /audit/i);
      assert.notEqual((await download()).status, 200);
      const line = (await audited(journey, "audit.refused")).at(-1);
      assert.deepEqual([line?.who, line?.outcome, line?.surface], [priya.id, "somebody-else", "web"]);
      assert.equal((await (await opened(link)).download()).status, 200);
    });

    it("looks like any link before sign-in, and changes nothing for scanners", async () => {
      const link = await asked("audit csv");
      const other = link.replace(/[^/]+$/, newLinkToken().reveal());
      const [page, never] = await Promise.all([link, other].map(async (each) => (await fetch(each)).text()));
      assert.equal(page, never);
      for (const method of ["HEAD", "GET", "POST"]) {
        for (const path of ["", "/export", "/vote", "/reveal"]) {
          const answer = await fetch(`${link}${path}`, { method, redirect: "manual" });
          assert.ok([200, 303, 405].includes(answer.status), `${method} ${path}: ${answer.status}`);
        }
      }
      const { browser, page: ready, download } = await opened(link);
      for (const verb of ["vote", "reveal"]) {
        const wrong = await browser.open(`${link}/${verb}`, { check: checkIn(ready) });
        assert.equal(wrong.status, 410, verb);
      }
      assert.equal((await browser.open(`${link}/export`, { check: "x" })).status, 403);
      assert.equal((await download()).status, 200);
    });

    it("is over after 15 minutes", async () => {
      const link = await asked("audit csv");
      // Asked directly, because a sign-in of the trial does not follow a clock that is turned.
      const desk = handoverDesk(journey.world);
      const token = new SecretText(link.split("/").at(-1) as string);
      const viewer = { userId: aiko.id as UserId, tenantId: journey.config.tenantId };
      const kinds = async () => [
        (await desk.look(token, viewer)).kind,
        (await desk.download(token, viewer)).kind,
      ];
      journey.turnClock(15 * 60_000);
      assert.deepEqual(await kinds(), ["gone", "gone"]);
      journey.turnClock(-60_000);
      assert.deepEqual(await kinds(), ["export", "file"]);
      journey.turnClock(-14 * 60_000);
    });

    it("is made for nobody who is an admin no more", async () => {
      const link = await asked("audit csv");
      const { download } = await opened(link);
      const { admins } = company.groups;
      await journey.sim("PUT", `/groups/${admins}/members`, { members: [priya.id] });
      assert.equal((await download()).status, 410);
      await journey.sim("PUT", `/groups/${admins}/members`, { members: [aiko.id] });
      assert.equal((await download()).status, 200);
    });

    it("is spent by one of two presses at once", async () => {
      const link = await asked("audit csv");
      const { download } = await opened(link);
      const answers = await Promise.all([download(), download(), download()]);
      assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 410, 410]);
    });

    it("is not sent where there is no personal chat, and the refusal says what to do", async () => {
      await journey.sim("PUT", `/groups/${company.groups.admins}/members`, { members: [aiko.id, priya.id] });
      await journey.teams.say(priya, channel, "audit csv");
      assert.match(readingOf(newest(journey)), /Usher cannot write to you alone.*Open a personal chat/);
      assert.ok(!journey.teams.messages.some((each) => each.conversationId === personalChat(priya).id));
      await journey.sim("PUT", `/groups/${company.groups.admins}/members`, { members: [aiko.id] });
    });

    it("opens nothing when it is unclear whether the link arrived", async () => {
      const own = personalChat(aiko).id;
      const before = journey.teams.messages.length;
      journey.teams.onCall(({ method, conversationId }) =>
        method === "POST" && conversationId === own ? { status: 500, afterwards: true } : undefined,
      );
      await journey.teams.say(aiko, channel, "audit csv");
      journey.teams.onCall(() => undefined);
      assert.match(readingOf(newest(journey)), /did not say whether the link reached you/);
      const arrived = journey.teams.messages.slice(before).filter((each) => urlOf(each) !== "");
      assert.equal(arrived.length, 1);
      assert.equal((await opened(urlOf(arrived[0] as ChatMessage))).page.status, 410);
    });

    it("leaves its token in no table and no log line", async () => {
      const link = await asked("audit csv");
      await (await opened(link)).download();
      const token = link.split("/").at(-1) as string;
      const tables = await journey.carrier.db.introspection.getTables();
      assert.ok(tables.some(({ name }) => name === "passes"));
      for (const { schema = "public", name } of tables) {
        const rows = await journey.carrier.db
          .withSchema(schema)
          .selectFrom(name as "passes")
          .selectAll()
          .execute();
        assert.ok(!JSON.stringify(rows).includes(token), name);
      }
      assert.ok(journey.log.length > 10 && !journey.log.join("\n").includes(token));
    });

    it("is refused to a guest who is in the admins' group", async () => {
      await journey.sim("PUT", `/groups/${company.groups.admins}/members`, { members: [aiko.id, lena.id] });
      await journey.teams.say(lena, personalChat(lena), "audit csv");
      assert.match(readingOf(newest(journey)), /Only an admin/);
      const passes = await journey.carrier.db.selectFrom("passes").selectAll().execute();
      assert.ok(!passes.some(({ user_id }) => user_id === (lena.id as UserId)));
      await journey.sim("PUT", `/groups/${company.groups.admins}/members`, { members: [aiko.id] });
    });
  });
});
