import assert from "node:assert/strict";
import type { ApplicationObjectId, RequestId } from "../../src/domain/ids.ts";
import { DirectoryFailure } from "../../src/usecases/ports/entra.ts";
import type { World } from "../../src/usecases/ports/world.ts";
import { removeAbandonedKeys } from "../../src/usecases/provisioning/abandoned-keys.ts";
import { approved } from "../support/approved.ts";
import { aKey, aPlan } from "../support/builders.ts";
import { aiko, type Journey, personalChat, readingOf, says, startJourney } from "../support/journey.ts";

const minutes = 60_000;
const seconds = 1_000;

describe("keys of attempts that did not end", () => {
  let journey: Journey;
  beforeEach(async () => {
    journey = await startJourney();
  });
  afterEach(() => journey.close());

  const tables = () => journey.world.store.tables;
  const now = () => journey.world.clock.now();
  const objectId = (n: number) =>
    `eeeeeeee-0000-4000-8000-${String(n).padStart(12, "0")}` as ApplicationObjectId;
  /** So many of them, each of an application of its own. */
  async function abandoned(count: number) {
    const requestId = await approved(journey, aPlan({ credential: { kind: "none" } }));
    await journey.until(async () => (await journey.request(requestId)).state === "provisioned", "its end");
    const keys = Array.from({ length: count }, (_, n) =>
      aKey({ requestId, applicationObjectId: objectId(n), state: "abandoned", changedAt: now() }),
    );
    for (const key of keys) await tables().keys.insert(key);
    return { requestId, keys };
  }
  const statesOf = async (id: RequestId) => (await tables().keys.of(id)).map(({ state }) => state).toSorted();
  /** The world, with what happens at Graph in the place of Graph. */
  const withGraph = (removeKeysMarked: World["registrar"]["removeKeysMarked"]): World => ({
    ...journey.world,
    registrar: { ...journey.world.registrar, removeKeysMarked },
  });

  it("are looked for until they must have shown, and then forgotten", async () => {
    const { requestId } = await abandoned(2);
    await removeAbandonedKeys(journey.world, now());
    assert.deepEqual(await statesOf(requestId), ["abandoned", "abandoned"]);
    journey.turnClock(31 * minutes);
    await removeAbandonedKeys(journey.world, now());
    assert.deepEqual(await statesOf(requestId), ["removed", "removed"]);
  });

  it("are looked for some at once, but one at a time in one application", async () => {
    const { requestId, keys } = await abandoned(12);
    const [first] = keys;
    await tables().keys.insert(aKey({ ...first, requestId, marker: "[another]", state: "abandoned" }));
    let running = 0;
    let most = 0;
    const busy = new Set<string>();
    const world = withGraph(async (application) => {
      assert.ok(!busy.has(application), "two at once in one application");
      busy.add(application);
      most = Math.max(most, ++running);
      await new Promise(setImmediate);
      running--;
      busy.delete(application);
      return 1;
    });
    await removeAbandonedKeys(world, now());
    assert.deepEqual(new Set(await statesOf(requestId)), new Set(["removed"]));
    assert.equal(most, 5);
  });

  it("take up a limited time of each sweep, however many there are and however long Graph hangs", async () => {
    const { requestId } = await abandoned(60);
    let calls = 0;
    const world = withGraph(async () => {
      calls++;
      // Usher's patience with one request.
      journey.turnClock(15 * seconds);
      throw new DirectoryFailure("Microsoft Graph does not answer.", { kind: "retry" });
    });
    await removeAbandonedKeys(world, now());
    assert.ok(calls > 0 && calls <= 10, `${calls} calls`);
    assert.equal((await statesOf(requestId)).filter((state) => state === "abandoned").length, 60);
  });

  it("stop nothing else of a sweep, whatever goes wrong", async () => {
    await abandoned(3);
    const world = withGraph(async () => {
      throw new Error("nobody expected this");
    });
    await removeAbandonedKeys(world, now());
    const said = journey.log.filter((line) => line.includes("an abandoned key could not be looked for"));
    assert.equal(said.length, 3);
  });

  it("that Entra does not let Usher look for are told to the admins once, and asked for no more", async () => {
    await journey.teams.say(aiko, personalChat(aiko), "hello");
    const { requestId, keys } = await abandoned(1);
    const [key] = keys;
    const refusal = { status: 403, code: "Authorization_RequestDenied", kind: "status", times: 1000 };
    await journey.sim("POST", "/faults", { path: `/applications/${objectId(0)}`, ...refusal });
    await removeAbandonedKeys(journey.world, now());
    await removeAbandonedKeys(journey.world, now());
    const [fault] = (await journey.sim("GET", "/faults")).faults as { times: number }[];
    assert.equal(fault?.times, 999);
    assert.deepEqual(await statesOf(requestId), ["left"]);
    const isIt = (each: { card?: unknown }) =>
      JSON.stringify(each.card ?? "").includes("A secret may be left");
    const message = await journey.teams.find(
      (each) => each.conversationId === personalChat(aiko).id && isIt(each),
      "what the admin is told",
    );
    assert.match(readingOf(message), /Nobody was given it.*Authorization_RequestDenied.*delete that secret/s);
    assert.ok(says(message, key?.marker ?? "-"));
    assert.equal(journey.teams.messages.filter(isIt).length, 1);
    const audited = await journey.audited(requestId);
    assert.deepEqual(
      audited.filter(({ what }) => what === "secret.left").map(({ who, outcome }) => [who, outcome]),
      [["usher", "left"]],
    );
  });

  it("go on being looked for while nobody can say who the admins are", async () => {
    const { requestId } = await abandoned(1);
    const refusal = { status: 403, code: "Authorization_RequestDenied", kind: "status" };
    await journey.sim("POST", "/faults", { path: `/applications/${objectId(0)}`, ...refusal });
    await journey.sim("POST", "/faults", { path: "/groups/", kind: "503" });
    await removeAbandonedKeys(journey.world, now());
    assert.deepEqual(await statesOf(requestId), ["abandoned"]);
  });
});
