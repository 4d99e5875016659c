import assert from "node:assert/strict";
import { CompiledQuery, type Kysely, type KyselyPlugin, sql } from "kysely";
import type { RequestId, UserId } from "../../src/domain/ids.ts";
import type { Registration } from "../../src/domain/registration.ts";
import { dutiesTable } from "../../src/store/duties.ts";
import { registrationsTable } from "../../src/store/registrations.ts";
import type { Schema } from "../../src/store/schema.ts";
import type { Whose } from "../../src/usecases/ports/registrations.ts";
import { ada, afterNoon, aPlan, aRegistration, aRequestId, ben, cleo, minutes } from "../support/builders.ts";
import { manyRegistrations } from "../support/many-registrations.ts";
import { byId, forEachStore, later, odd, twenty } from "./each-store.ts";

forEachStore("the store keeps registrations", ({ one, stored, tables }) => {
  type Active = Registration & { state: "active" };
  async function registered(given: Partial<Active> = {}): Promise<Active> {
    const { id } = await stored();
    const registration = aRegistration({ id, ...given });
    await tables().registrations.insert(registration);
    return registration;
  }

  it("as they were written, in every state", async () => {
    const active = await registered({ owner: { ...ada, name: odd }, plan: aPlan({ displayName: odd }) });
    const now = () => tables().registrations.get(active.id);
    assert.deepEqual(await now(), active);
    const revoking = { ...active, state: "revoking", revokedBy: ben } as const;
    assert.equal(await tables().registrations.change(active, revoking), true);
    assert.deepEqual(await now(), revoking);
    assert.ok((await tables().registrations.revoking()).includes(active.id));
    const revoked = { ...active, state: "revoked", revokedBy: ben, revokedAt: later } as const;
    assert.equal(await tables().registrations.change(revoking, revoked), true);
    assert.deepEqual(await now(), revoked);
    assert.ok(!(await tables().registrations.revoking()).includes(active.id));
    assert.equal(await tables().registrations.get(aRequestId()), undefined);
  });

  it("that never expire, in pages too", async () => {
    const { expiresAt: _, ...endless } = aRegistration({
      id: (await stored()).id,
      createdAt: afterNoon(1e10),
    });
    await tables().registrations.insert(endless);
    assert.deepEqual(await tables().registrations.get(endless.id), endless);
    assert.deepEqual((await tables().registrations.page("all", 1)).rows, [endless]);
    assert.deepEqual(await tables().registrations.find(endless.clientId), [endless]);
  });

  it("and finds what somebody has of a system: the active ones only, newest first", async () => {
    const cleos = { ...cleo, userId: aRequestId() as string as UserId };
    const of = (system: string, createdAt: Date, owner = cleos) =>
      registered({ owner, createdAt, plan: aPlan({ blueprint: { id: system, title: system } }) });
    const older = await of("rewst", afterNoon(1));
    const newer = await of("rewst", afterNoon(2));
    const revoked = await of("rewst", afterNoon(3));
    await tables().registrations.change(revoked, { ...revoked, state: "revoking", revokedBy: ben });
    await of("grafana", afterNoon(4));
    await of("rewst", afterNoon(5), ada);
    const found = (limit: number) => tables().registrations.activeFor(cleos.userId, "rewst", limit);
    assert.deepEqual(await found(5), [newer, older]);
    assert.deepEqual(await found(1), [newer]);
    assert.deepEqual(await tables().registrations.activeFor(cleos.userId, "custom", 5), []);
  });

  it("one for each request and client id", async () => {
    const registration = await registered();
    await assert.rejects(tables().registrations.insert({ ...registration }));
    await assert.rejects(registered({ clientId: registration.clientId }));
  });

  it("and lets one of twenty revocations at once win", async () => {
    const active = await registered();
    const won = await Promise.all(
      twenty.map((n) =>
        one(n).tables.registrations.change(active, {
          ...active,
          state: "revoking",
          revokedBy: { ...ben, name: `Approver ${n}` },
        }),
      ),
    );
    assert.equal(won.filter(Boolean).length, 1);
    const now = await tables().registrations.get(active.id);
    assert.ok(now?.state === "revoking");
    assert.equal(now.revokedBy.name, `Approver ${won.indexOf(true)}`);
  });

  async function pages(owner: Whose, limit: number): Promise<Registration[][]> {
    const all: Registration[][] = [];
    let after: string | undefined;
    do {
      const page = await tables().registrations.page(owner, limit, after);
      all.push(page.rows);
      after = page.next;
    } while (after !== undefined && all.length < 100);
    return all;
  }

  it("a page at a time, newest first, no row twice or missed, also of the same moment", async () => {
    const owner = { userId: "aaaaaaaa-0000-4000-8000-0000000000bb" as UserId, name: "Dora" };
    const made: Registration[] = [];
    for (const n of [0, 0, 0, 1, 1, 2, 3, 3, 3, 3])
      made.push(await registered({ owner, createdAt: afterNoon(n) }));
    const expected = made.toSorted(
      (a, b) => b.createdAt.getTime() - a.createdAt.getTime() || (a.id < b.id ? 1 : -1),
    );
    for (const limit of [1, 2, 3, 4, 9, 10, 11]) {
      const read = await pages(owner.userId, limit);
      assert.deepEqual(read.flat(), expected, `by ${limit}`);
      assert.equal(read.length, Math.ceil(10 / limit), `by ${limit}`);
    }
  });

  it("a page at a time of everybody, while new ones come in", async () => {
    const before = (await pages("all", 7)).flat().map(({ id }) => id);
    const first = await tables().registrations.page("all", 3);
    await registered({ createdAt: afterNoon(1e9) });
    const rest: Registration[] = [];
    for (let next = first.next; next; ) {
      const page = await tables().registrations.page("all", 3, next);
      rest.push(...page.rows);
      next = page.next;
    }
    assert.deepEqual(
      [...first.rows, ...rest].map(({ id }) => id),
      before,
    );
  });

  it("a page of nothing for who has none, and the first page for a place that is none", async () => {
    const nobody = "aaaaaaaa-0000-4000-8000-0000000000cc" as UserId;
    assert.deepEqual(await tables().registrations.page(nobody, 5), { rows: [] });
    const first = await tables().registrations.page("all", 2);
    for (const forged of ["", "~", "x~y", "2027-01-01", "' or 1=1 --"])
      assert.deepEqual(await tables().registrations.page("all", 2, forged), first, forged);
  });

  it("and finds one by its id, its client id and its name, without case", async () => {
    const plan = aPlan({ displayName: "Zürich ÉTÉ Übersicht" });
    const registration = await registered({ plan });
    const { id, clientId } = registration;
    for (const text of [
      id,
      id.toLowerCase(),
      ` ${id} `,
      clientId,
      clientId.toUpperCase(),
      "Zürich ÉTÉ Übersicht",
      "ZÜRICH été übersicht",
      "Zu\u0308rich ÉTÉ Übersicht",
    ])
      assert.deepEqual(await tables().registrations.find(text), [registration], text);
  });

  it("and finds all of the same name, and none by a part of it or a pattern", async () => {
    const plan = aPlan({ displayName: "Twin 100%" });
    const twins = [await registered({ plan }), await registered({ plan })];
    assert.deepEqual((await tables().registrations.find("twin 100%")).toSorted(byId), twins.toSorted(byId));
    for (const text of ["Twin", "Twin 100", "Twin%", "%", "_win 100%", "", "  ", "' or ''='"])
      assert.deepEqual(await tables().registrations.find(text), [], text);
  });

  it("and finds one by its object ids, and by an id before whatever is named like it", async () => {
    const registration = await registered({
      applicationObjectId: "abcdef00-0000-4000-8000-000000000001" as Registration["applicationObjectId"],
      servicePrincipalId: "abcdef00-0000-4000-8000-000000000002" as Registration["servicePrincipalId"],
    });
    const { id, clientId, applicationObjectId, servicePrincipalId } = registration;
    for (const text of [id, clientId, applicationObjectId, servicePrincipalId]) {
      for (const _ of twenty) await registered({ plan: aPlan({ displayName: text }) });
      assert.deepEqual(await tables().registrations.find(text.toUpperCase()), [registration], text);
      const listed = await tables().registrations.page("all", 5, undefined, ` ${text} `);
      assert.deepEqual(listed, { rows: [registration] }, text);
    }
  });

  it("and finds what still runs among many that were revoked and had the same name", async () => {
    const plan = aPlan({ displayName: "Tried often" });
    const active = await registered({ plan, createdAt: afterNoon(-1) });
    for (const _ of [...twenty, 0]) {
      const old = await registered({ plan });
      await tables().registrations.change(old, { ...old, state: "revoking", revokedBy: ben });
    }
    assert.deepEqual((await tables().registrations.find("tried OFTEN"))[0], active);
  });

  it("for both of their owners, each once, newest first", async () => {
    const [dora, emil] = [
      { userId: aRequestId() as string as UserId, name: "Dora" },
      { userId: aRequestId() as string as UserId, name: "Emil" },
    ];
    const made = [
      await registered({ owner: dora, createdAt: afterNoon(3) }),
      await registered({ owner: emil, coOwner: dora, createdAt: afterNoon(2) }),
      await registered({ owner: dora, coOwner: emil, createdAt: afterNoon(1) }),
      await registered({ owner: dora, coOwner: dora, createdAt: afterNoon(0) }),
    ];
    for (const limit of [1, 2, 3, 4]) {
      assert.deepEqual((await pages(dora.userId, limit)).flat(), made, `by ${limit}`);
      assert.deepEqual((await pages(emil.userId, limit)).flat(), made.slice(1, 3), `by ${limit}`);
    }
  });

  it("that end, the soonest first, and none that were stopped or never end", async () => {
    const year = 365 * 86_400_000;
    const ends = [3, 1, 2, 2].map((n) => afterNoon(-10 * year + n));
    const made: Registration[] = [];
    for (const expiresAt of ends) made.push(await registered({ expiresAt }));
    const stopped = await registered({ expiresAt: afterNoon(-10 * year) });
    await tables().registrations.change(stopped, { ...stopped, state: "revoking", revokedBy: ben });
    const { expiresAt: _, ...endless } = aRegistration({ id: (await stored()).id });
    await tables().registrations.insert(endless);
    const time = ({ expiresAt }: Registration) => expiresAt?.getTime() ?? 0;
    const sorted = made.toSorted((a, b) => time(a) - time(b) || (a.id < b.id ? -1 : 1));
    for (const limit of [1, 3, 4]) {
      const all = (await pages("expiring", limit)).flat();
      assert.deepEqual(all.slice(0, 4), sorted, `by ${limit}`);
      assert.equal(
        all.find(({ id }) => id === stopped.id || id === endless.id),
        undefined,
      );
      assert.equal(new Set(all.map(({ id }) => id)).size, all.length);
    }
  });

  it("and filters them by the beginnings of words of their names, systems and owners", async () => {
    const blueprint = { id: "grafana", title: "Grafana Cloud" };
    const owner = { userId: "u-zoe" as UserId, name: "Zoë O'Neill" };
    const coOwner = { userId: "u-yan" as UserId, name: "Yan Østergård" };
    const plan = aPlan({ displayName: "Überwachung-Süd 100%", blueprint });
    const registration = await registered({ plan, owner, coOwner });
    const other = await registered({ plan: aPlan({ displayName: "Überweisung" }), owner });
    const found = async (whose: UserId | "all" | "expiring", filter: string) =>
      (await tables().registrations.page(whose, 50, undefined, filter)).rows.map(({ id }) => id);
    for (const filter of [
      "überwachung",
      "ÜBERWA",
      "su\u0308d graf",
      "zoë yan cloud",
      "zoë 100%",
      "o'neill 100",
      "øster",
    ])
      for (const whose of ["all", "expiring", owner.userId, coOwner.userId] as const)
        assert.deepEqual(await found(whose, filter), [registration.id], `${whose} ${filter}`);
    assert.deepEqual((await found("all", "über zoë")).toSorted(), [registration.id, other.id].toSorted());
    for (const filter of ["wachung", "grafana überweisung", "%", "_", "", "  ", "' or 1=1 --", "zoë -- ben"])
      assert.deepEqual(await found("all", filter), [], filter);
    for (const filter of ["überwachung", registration.id, registration.clientId])
      assert.deepEqual(await found(ada.userId, filter), [], filter);
  });
});

forEachStore("the store of many registrations", ({ db, stored, tables }) => {
  const count = 6_000;
  let id: RequestId;
  before(async function () {
    this.timeout(240_000);
    id = (await stored()).id;
    const plan = aPlan({ displayName: "Old ones", blueprint: { id: "rewst", title: "Rewst" } });
    await tables().registrations.insert(aRegistration({ id, plan, createdAt: afterNoon(-1e9) }));
    const made = await manyRegistrations(db(), { like: id, count, name: "Fleet" });
    assert.equal(made.length, count);
  });

  /** What the database read for an act, by its own account: each step with the rows that it met. */
  async function readBy(act: (db: Kysely<Schema>) => Promise<unknown>): Promise<PlanStep[]> {
    const asked: CompiledQuery[] = [];
    const note: KyselyPlugin = {
      transformQuery: ({ node, queryId }) => {
        asked.push(db().getExecutor().compileQuery(node, queryId));
        return node;
      },
      transformResult: async ({ result }) => result,
    };
    await act(db().withPlugin(note));
    assert.notEqual(asked.length, 0);
    const steps: PlanStep[] = [];
    for (const query of asked) {
      const explained = CompiledQuery.raw(`explain (analyze, format json) ${query.sql}`, [
        ...query.parameters,
      ]);
      const { rows } = await db().executeQuery<{ "QUERY PLAN": { Plan: PlanStep }[] | string }>(explained);
      const text = rows[0]?.["QUERY PLAN"] ?? [];
      const plans = typeof text === "string" ? (JSON.parse(text) as { Plan: PlanStep }[]) : text;
      for (const { Plan } of plans) steps.push(...stepsIn(Plan));
    }
    return steps;
  }

  const acts: Record<string, (db: Kysely<Schema>) => Promise<unknown>> = {
    "a page of everybody's": (on) => registrationsTable(on).page("all", 10),
    "a later page": (on) =>
      registrationsTable(on).page("all", 10, `${afterNoon(-1e9 - 4000 * minutes).toISOString()}~REQ-000FA0`),
    "a page of what ends": (on) => registrationsTable(on).page("expiring", 10),
    "a page of an owner's": (on) => registrationsTable(on).page("fleet-7" as UserId, 10),
    "a filter that few match": (on) => registrationsTable(on).page("all", 10, undefined, "fleet 77"),
    "a filter that all match": (on) => registrationsTable(on).page("expiring", 10, undefined, "fleet"),
    "a filter that none match": (on) => registrationsTable(on).page("all", 10, undefined, "nowhere"),
    "a filter of two that are never together": (on) =>
      registrationsTable(on).page("all", 10, undefined, "odd even"),
    "a filter that is an id": (on) => registrationsTable(on).page("all", 10, undefined, id),
    "a look by an id that there is not": (on) => registrationsTable(on).find("REQ-000000"),
    "a look by a name": (on) => registrationsTable(on).find("Fleet 77"),
    "what is due": (on) => dutiesTable(on).due(afterNoon(1e12), 100, "others"),
    "a claim of those to compare": (on) =>
      registrationsTable(on).claimChecks(afterNoon(1e12), afterNoon(2e12), 10),
  };
  for (const statistics of ["no statistics", "statistics"])
    for (const [name, act] of Object.entries(acts))
      it(`reads no more than it must for ${name}, with ${statistics}`, async () => {
        if (statistics === "statistics") await sql`analyze`.execute(db());
        const steps = await readBy(act);
        const scans = steps.filter(({ "Node Type": type }) => type.includes("Scan"));
        const wholes = scans.filter((step) => step["Node Type"] === "Seq Scan" && step["Relation Name"]);
        // Of so few, a planner may find it cheaper to read all than a third of them in their order.
        if (!name.includes("never together")) assert.deepEqual(wholes, []);
        const rows = scans
          .filter((step) => step["Relation Name"])
          .map(
            (step) =>
              ((step["Actual Rows"] ?? 0) + (step["Rows Removed by Filter"] ?? 0)) *
              (step["Actual Loops"] ?? 1),
          );
        // Words are looked up to their first thousand, and of a list no more than two thousand are read.
        const most = name.includes("never together") ? 15_000 : name.startsWith("a filter") ? 3_500 : 450;
        const sum = rows.reduce((all, each) => all + each, 0);
        assert.ok(sum <= most, `${sum} rows`);
      });

  it("ends also where words are never together, though its pages are empty", async () => {
    let after: string | undefined;
    let pages = 0;
    do {
      const page = await tables().registrations.page("all", 10, after, "odd even");
      assert.deepEqual(page.rows, []);
      after = page.next;
      pages++;
    } while (after !== undefined && pages < 9);
    assert.equal(pages, 4);
  });

  it("finds all that have a word of many, once each, in the order of the list", async () => {
    const seen: string[] = [];
    let after: string | undefined;
    do {
      const page = await tables().registrations.page("all", 200, after, "even fleet");
      seen.push(...page.rows.map(({ id: each }) => each));
      after = page.next;
    } while (after !== undefined);
    const rows = await db()
      .selectFrom("registrations")
      .select("id")
      .where("words", "like", "% even%")
      .orderBy("created_at", "desc")
      .orderBy("id", "desc")
      .execute();
    assert.deepEqual(
      seen,
      rows.map((row) => row.id),
    );
    assert.equal(seen.length, count / 2);
  });
});

type PlanStep = {
  "Node Type": string;
  "Relation Name"?: string;
  "Actual Rows"?: number;
  "Actual Loops"?: number;
  "Rows Removed by Filter"?: number;
  Plans?: PlanStep[];
};

const stepsIn = ({ Plans = [], ...step }: PlanStep): PlanStep[] => [step, ...Plans.flatMap(stepsIn)];
