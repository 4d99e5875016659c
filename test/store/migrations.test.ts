import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { sql } from "kysely";
import { migrate } from "../../src/store/migrate.ts";
import { migrations } from "../../src/store/migrations.ts";
import type { Schema } from "../../src/store/schema.ts";
import { openStore } from "../../src/store/store.ts";
import {
  aDraftId,
  ada,
  afterNoon,
  aPendingRequest,
  aPost,
  aRegistration,
  aVote,
  aWaiting,
  ben,
  chat,
  days,
  noon,
  someTerms,
} from "../support/builders.ts";
import { forEachCarrier, type TestCarrier } from "../support/carriers.ts";
import { wakesNobody } from "../support/wakes-nobody.ts";

const [first, second] = Object.entries(migrations) as [Landed, Landed];
type Landed = [string, (typeof migrations)[string]];

/** What a request of before there was a policy is held to: the strictest. */
const { approvers: _, ...strictest } = someTerms({ rank: "tier0", approvals: 2 });
const before = (given: Parameters<typeof aPendingRequest>[0] = {}) =>
  aPendingRequest({ terms: strictest, ...given });

forEachCarrier((_, open) => {
  let carrier: TestCarrier<Schema>;
  afterEach(() => carrier.close());

  const upgraded = async () => {
    await migrate(carrier.db, migrations);
    const silent = () => {};
    const log = { info: silent, warn: silent, error: silent };
    return openStore(carrier.db, wakesNobody, [randomBytes(32)], log).tables;
  };
  /** As the first two versions wrote it. */
  async function insertRequest(request: ReturnType<typeof before>, draft = aDraftId(), state = "pending") {
    const { id, reason, plan, fingerprint, submittedAt } = request;
    await sql`insert into requests (id, draft_id, origin, revision, state, requester_id, requester_name, reason,
      plan, fingerprint, submitted_at) values (${id}, ${draft}, ${chat}, 1, ${state}, ${ada.userId}, ${ada.name},
      ${reason}, ${JSON.stringify(plan)}, ${fingerprint}, ${submittedAt})`.execute(carrier.db);
  }

  describe("a database of the first version", () => {
    beforeEach(async () => {
      carrier = await open<Schema>();
      await migrate(carrier.db, Object.fromEntries([first]));
    });

    it("keeps its registrations, and takes one that never expires beside them", async () => {
      const [request, other] = [before(), before()];
      const registration = aRegistration({ id: request.id });
      const { owner, plan } = registration;
      for (const each of [request, other]) await insertRequest({ ...each, plan });
      await sql`insert into registrations (id, owner_id, owner_name, name_key, plan, client_id, application_object_id,
        service_principal_id, state, created_at, expires_at) values (${request.id}, ${owner.userId}, ${owner.name},
        'payroll export', ${JSON.stringify(plan)}, ${registration.clientId}, ${registration.applicationObjectId},
        ${registration.servicePrincipalId}, 'active', ${noon}, ${registration.expiresAt})`.execute(
        carrier.db,
      );

      const tables = await upgraded();
      assert.deepEqual(await tables.requests.get(request.id), request);
      assert.deepEqual(await tables.registrations.get(request.id), registration);
      const due = new Map((await tables.duties.of(request.id)).map(({ kind, dueAt }) => [kind, dueAt]));
      assert.deepEqual(due.get("expiry"), new Date("2028-01-30T09:00:00Z"), "30 days before its end");
      assert.deepEqual(due.get("confirm"), new Date("2028-03-01T09:00:00Z"), "a year after it was made");
      const looked = due.get("owners")?.getTime() ?? 0;
      assert.ok(looked >= Date.now() - days && looked <= Date.now() + days, "within a day");
      const { expiresAt: _, ...endless } = aRegistration({ id: other.id });
      await tables.registrations.insert(endless);
      assert.deepEqual(await tables.registrations.get(other.id), endless);
    });

    it("keeps its forms, which begin empty again", async () => {
      const id = aDraftId();
      await sql`insert into drafts (id, requester_id, requester_name, conversation_id, blueprint_id, answers, started_at)
        values (${id}, ${ada.userId}, ${ada.name}, ${chat}, 'custom', ${JSON.stringify({ redirectUris: ["https://x.example"] })},
        ${noon})`.execute(carrier.db);
      const tables = await upgraded();
      assert.deepEqual(await tables.drafts.get(id), {
        id,
        requester: ada,
        conversationId: chat,
        blueprintId: "custom",
        version: 1,
        startedAt: noon,
      });
    });
  });

  describe("a database of before there was a policy", () => {
    beforeEach(async () => {
      carrier = await open<Schema>();
      await migrate(carrier.db, Object.fromEntries([first, second]));
    });

    it("holds what waits to the strictest terms, for two weeks from when it was asked for", async () => {
      const submittedAt = afterNoon(123);
      const waiting = aWaiting({ expiresAt: afterNoon(14 * days + 123) });
      const request = before({ submittedAt, waiting });
      const draft = aDraftId();
      await insertRequest(request, draft);
      const { requests } = await upgraded();
      assert.deepEqual(await requests.get(request.id), request);
      assert.deepEqual(await requests.ofDraft(draft), request);
      assert.deepEqual(await requests.pending(10), [request]);
      assert.deepEqual(await requests.openFor(ada.userId, request.plan.blueprint.id), [request]);
      assert.deepEqual(await requests.answers(request.id), {});
      assert.equal(await requests.knownDeciders(request.id), undefined);
      assert.deepEqual(await requests.due(new Date(waiting.expiresAt.getTime() - 1), 10), []);
      assert.deepEqual(await requests.due(waiting.expiresAt, 10), [request.id]);
    });

    it("lets what waits be voted on and decided", async () => {
      const request = before();
      await insertRequest(request);
      const { requests } = await upgraded();
      const voted = { ...request, votes: [aVote()] };
      assert.ok(await requests.change(request, voted));
      const read = await requests.get(request.id);
      assert.deepEqual(read, { ...voted, version: 2 });
    });

    it("keeps what was decided as it was, with nothing due", async () => {
      const [approved, denied, withdrawn] = [before(), before(), before()];
      await insertRequest(approved, aDraftId(), "approved");
      await insertRequest(denied, aDraftId(), "denied");
      await insertRequest(withdrawn, aDraftId(), "withdrawn");
      await sql`update requests set decided_by_id = ${ben.userId}, decided_by_name = ${ben.name},
        decided_at = ${noon} where state <> 'withdrawn'`.execute(carrier.db);
      await sql`update requests set denial = 'no' where state = 'denied'`.execute(carrier.db);
      await sql`update requests set withdrawn_at = ${noon} where state = 'withdrawn'`.execute(carrier.db);
      const { requests } = await upgraded();
      const asked = ({ waiting: _waiting, state: _state, ...rest }: typeof approved) => rest;
      const decided = { decidedBy: ben, decidedAt: noon };
      for (const expected of [
        { ...asked(approved), ...decided, state: "approved" as const },
        { ...asked(denied), ...decided, state: "denied" as const, denial: "no" },
        { ...asked(withdrawn), state: "withdrawn" as const, withdrawnAt: noon },
      ])
        assert.deepEqual(await requests.get(expected.id), expected);
      assert.deepEqual(await requests.due(afterNoon(1000 * days), 10), []);
    });

    it("keeps its forms and the cards that stand in chat", async () => {
      const id = aDraftId();
      const answers = { q_text: "typed" };
      await sql`insert into drafts (id, version, requester_id, requester_name, conversation_id, blueprint_id, answers,
        started_at) values (${id}, 3, ${ada.userId}, ${ada.name}, ${chat}, 'custom', ${JSON.stringify(answers)},
        ${noon})`.execute(carrier.db);
      const post = aPost({ subject: "REQ-000001", purpose: "approval" });
      await sql`insert into posts (id, subject, purpose, place_key, place, state, changed_at) values (${post.id},
        ${post.subject}, ${post.purpose}, ${`conversation ${chat}`}, ${JSON.stringify(post.place)}, ${post.state},
        ${noon})`.execute(carrier.db);
      const tables = await upgraded();
      assert.deepEqual(await tables.drafts.get(id), {
        id,
        requester: ada,
        conversationId: chat,
        blueprintId: "custom",
        answers,
        version: 3,
        startedAt: noon,
      });
      assert.deepEqual(await tables.posts.of(post.subject), [post]);
      await tables.posts.add(aPost({ subject: "REQ-000001", purpose: "approval" }));
      assert.deepEqual(await tables.posts.of(post.subject), [post], "still one for its place");
    });
  });
});
