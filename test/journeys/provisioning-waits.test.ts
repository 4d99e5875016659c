import assert from "node:assert/strict";
import type { RequestId } from "../../src/domain/ids.ts";
import { groupChat, type Journey, personalChat, says, startJourney, tomas } from "../support/journey.ts";

describe("making a registration", () => {
  let journey: Journey;
  beforeEach(async () => {
    journey = await startJourney();
  });
  afterEach(() => journey.close());

  const ended = async (id: string) => {
    const request = () => journey.world.store.tables.requests.get(id as RequestId);
    await journey.until(async () => (await request())?.state !== "approved", "an end");
    const end = await request();
    return end?.state === "failed" ? `failed: ${end.failure}` : end?.state;
  };
  const step = async (id: string, name: string) =>
    (await journey.world.store.tables.steps.all(id as RequestId)).find((each) => each.step === name);

  it("takes over its own application that Entra does not show yet", async () => {
    const { id } = await journey.ask();
    await journey.sim("PUT", "/settings", { replicationSeconds: 2 });
    await journey.sim("POST", "/faults", { method: "POST", path: "/applications$", kind: "reset-after" });
    await journey.approve(id);
    assert.equal(await ended(id), "provisioned");
  });

  it("keeps waiting when Graph, or Usher, is down for longer than half an hour", async () => {
    const { id } = await journey.ask();
    await journey.sim("POST", "/faults", { method: "POST", path: "/applications$", kind: "503", times: 2 });
    await journey.approve(id);
    await journey.until(
      async () => (await step(id, "application"))?.state === "waiting",
      "the first refusal",
    );
    journey.turnClock(31 * 60_000);
    await journey.world.store.tables.jobs.wake("provision", id);
    assert.equal(await ended(id), "provisioned");
  });

  it("counts the half hour from when the directory began to disagree, not from what went wrong before", async () => {
    const { id } = await journey.ask();
    await journey.approvalCard(id);
    const fails = { method: "POST", path: "/addPassword" };
    // However old the app is, what was removed may count for a while.
    const lags = { kind: "status", status: 400, code: "Request_BadRequest", message: "exceeds the maximum" };
    await journey.sim("POST", "/faults", { ...fails, kind: "503", times: 2 });
    await journey.sim("POST", "/faults", { ...fails, ...lags });
    await journey.approve(id);
    const tried = async (times: number) => {
      const row = await step(id, "credential");
      return row?.state === "waiting" && row.attempts >= times;
    };
    await journey.until(() => tried(2), "two attempts");
    journey.turnClock(31 * 60_000);
    await journey.world.store.tables.jobs.wake("provision", id);
    await journey.until(() => tried(3), "the third attempt");
    journey.turnClock(60_000);
    await journey.world.store.tables.jobs.wake("provision", id);
    assert.equal(await ended(id), "provisioned");
  });

  it("knows a young service principal by its own age, however old its application is", async () => {
    const { id } = await journey.ask();
    await journey.approvalCard(id);
    const wake = () => journey.world.store.tables.jobs.wake("provision", id);
    const stateOf = async (name: string) => (await step(id, name))?.state ?? "";
    const method = "PATCH";
    await journey.sim("POST", "/faults", { method, path: "/servicePrincipals", kind: "503", times: 1000 });
    await journey.approve(id);
    await journey.until(async () => (await stateOf("service-principal")) === "waiting", "a wait for it");
    await journey.sim("PUT", "/settings", { replicationSeconds: 60 });
    await journey.sim("DELETE", "/faults");
    journey.turnClock(31 * 60_000);
    const consent = () => stateOf("application-permissions");
    await journey.until(async () => {
      await wake();
      return /waiting|failed/.test(await consent());
    }, "an answer about the consent");
    assert.equal(await consent(), "waiting");
    journey.turnClock(61_000);
    await journey.sim("POST", "/clock", { advanceSeconds: 61 });
    await journey.sim("PUT", "/settings", { replicationSeconds: 0 });
    await wake();
    assert.equal(await ended(id), "provisioned");
  });

  it("makes no key while the personal chat takes no messages, and the thread says how", async () => {
    await journey.teams.say(tomas, personalChat(tomas), "hello");
    const { id } = await journey.ask(tomas, groupChat);
    // As after the person has removed or blocked the app.
    journey.teams.onCall(({ conversationId }) =>
      conversationId === personalChat(tomas).id ? { status: 403 } : undefined,
    );
    await journey.approve(id);
    await journey.until(async () => (await step(id, "credential"))?.state === "waiting", "a wait");
    await journey.teams.find(
      (each) => each.conversationId === groupChat.id && says(each, "Open a personal chat"),
      "the thread's message",
      4_000,
    );
  });

  it("asks in the thread for a personal chat also when the first look for one breaks", async () => {
    const { id } = await journey.ask(tomas, groupChat);
    let broken = 0;
    journey.teams.onCall(({ method, conversationId }) =>
      method === "POST" && conversationId === "" && broken++ < 2 ? { status: 412 } : undefined,
    );
    await journey.approve(id);
    await journey.until(async () => ((await step(id, "personal-chat"))?.attempts ?? 0) > 2, "later looks");
    await journey.teams.find(
      (each) => each.conversationId === groupChat.id && says(each, "Open a personal chat"),
      "the thread's message",
      4_000,
    );
  });

  it("leaves no message behind that promises a secret which was given up after it arrived", async () => {
    let isBroken = true;
    const other = await startJourney({
      adjust: (world) => ({
        ...world,
        store: {
          tables: world.store.tables,
          inTransaction: (work) =>
            world.store.inTransaction((tables) =>
              work({
                ...tables,
                registrations: {
                  ...tables.registrations,
                  async insert(registration) {
                    if (isBroken) throw new Error("the database broke off, once");
                    await tables.registrations.insert(registration);
                  },
                },
              }),
            ),
        },
      }),
    });
    try {
      const { id } = await other.ask();
      await other.approve(id);
      const first = await other.teams.find((each) => says(each, "/s/"), "the first link");
      await other.teams.find((each) => each.id === first.id && !says(each, "/s/"), "the first link's end");
      isBroken = false;
      await other.teams.find((each) => each.id !== first.id && says(each, "/s/"), "the second link");
      await other.until(
        async () => (await other.applications())[0]?.passwordCredentials.length === 1,
        "one key",
      );
    } finally {
      await other.close();
    }
  });

  it("logs what broke in a job, and keeps no values of rows in the job's output", async () => {
    const { sql } = await import("kysely");
    const { id } = await journey.ask();
    await sql`alter table links add constraint broken check (expires_at < '2000-01-01')`.execute(
      journey.carrier.db,
    );
    await journey.approve(id);
    const outputs = async () =>
      (
        await sql<{
          output: unknown;
        }>`select output from pgboss.job where name = 'provision' and output is not null`.execute(
          journey.carrier.db,
        )
      ).rows;
    await journey.until(async () => (await outputs()).length > 0, "the failed job");
    const holdsValues = JSON.stringify(await outputs()).includes('"params"');
    assert.deepEqual(
      { isLogged: journey.log.some((line) => line.includes("constraint")), holdsValues },
      { isLogged: true, holdsValues: false },
    );
  });
});
