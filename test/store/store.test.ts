import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { sql } from "kysely";
import { type AuditEvent, auditKey, auditLine, chainHash, firstHash } from "../../src/domain/audit.ts";
import type { ActivityId, ConversationId, RequestId, UserId } from "../../src/domain/ids.ts";
import { provisioningSteps } from "../../src/domain/provisioning.ts";
import type { Registration } from "../../src/domain/registration.ts";
import type { In, Request } from "../../src/domain/request.ts";
import type { SecretKeys, SecretLink } from "../../src/domain/secret-link.ts";
import { migrate } from "../../src/store/migrate.ts";
import { migrations } from "../../src/store/migrations.ts";
import type { Schema } from "../../src/store/schema.ts";
import { openStore, takeOverAlone } from "../../src/store/store.ts";
import {
  type Conversation,
  type Draft,
  type KeyRow,
  type Lease,
  LeaseLost,
  type Post,
  type StepRow,
  type Store,
} from "../../src/usecases/ports.ts";
import {
  aDraftId,
  ada,
  afterNoon,
  aKey,
  aPendingRequest,
  aPlan,
  aPost,
  aRegistration,
  aRequestId,
  aSealedLink,
  aStep,
  aTokenHash,
  ben,
  chat,
  minutes,
  noon,
  tenant,
} from "../support/builders.ts";
import { forEachCarrier, type TestCarrier } from "../support/carriers.ts";

const keys: SecretKeys = [randomBytes(32)];
const later = afterNoon(5 * minutes);
const twenty = Array.from({ length: 20 }, (_, n) => n);
/** Unusual text that every column of text must give back as it was. */
const odd = `O'Brien "Δ" 📦 \\ {{x}} שלום\n$1`;
const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);

forEachCarrier((name, open) => {
  describe("the store", () => {
    let carrier: TestCarrier<Schema>;
    let store: Store;
    /** The same tables as another process has them. */
    let beside: Store;
    const logged: { n: number; hash: string }[] = [];

    before(async () => {
      carrier = await open<Schema>();
      await migrate(carrier.db, migrations);
      const silent = () => {};
      const log = {
        info: (fields: Record<string, unknown>) =>
          void logged.push(fields.audit as { n: number; hash: string }),
        warn: silent,
        error: silent,
      };
      const jobs = () => ({ wake: async () => {} });
      store = openStore(carrier.db, jobs, keys, log);
      beside = openStore((await carrier.beside()).db, jobs, keys, log);
    });
    after(() => carrier.close());

    const tables = () => store.tables;
    /** Each other one comes from the other process. */
    const one = (n: number) => (n % 2 ? store : beside);

    async function stored(given: Partial<In<"pending">> = {}): Promise<In<"pending">> {
      const request = aPendingRequest(given);
      assert.ok(await tables().requests.insert(request, aDraftId(), chat));
      return request;
    }

    describe("keeps requests", () => {
      const decided = { decidedBy: { ...ben, name: odd }, decidedAt: afterNoon(1234) };
      const ends: ((request: In<"pending">) => Request)[] = [
        (request) => ({ ...request, ...decided, state: "approved" }),
        (request) => ({ ...request, ...decided, state: "denied", denial: odd }),
        (request) => ({ ...request, ...decided, state: "provisioned" }),
        (request) => ({ ...request, ...decided, state: "failed", failure: odd }),
        (request) => ({ ...request, state: "withdrawn", withdrawnAt: later }),
        (request) => ({ ...request, revision: 2 }),
      ];

      it("as they were written, while pending", async () => {
        const request = await stored({
          reason: odd,
          requester: { ...ada, name: odd },
          plan: aPlan({ next: [odd] }),
        });
        assert.deepEqual(await tables().requests.get(request.id), request);
      });

      for (const end of ends) {
        const { state, revision } = end(aPendingRequest());
        it(`as they were written, once ${state} at revision ${revision}`, async () => {
          const request = await stored();
          const to = end(request);
          assert.equal(await tables().requests.change(request, to), true);
          assert.deepEqual(await tables().requests.get(request.id), to);
        });
      }

      it("and knows neither one that was never stored nor its draft nor its origin", async () => {
        assert.equal(await tables().requests.get(aRequestId()), undefined);
        assert.equal(await tables().requests.ofDraft(aDraftId()), undefined);
        assert.equal(await tables().requests.origin(aRequestId()), undefined);
      });

      it("one for each draft, with the conversation that it came from", async () => {
        const [first, second] = [aPendingRequest(), aPendingRequest()];
        const draft = aDraftId();
        const origin = "19:origin@thread.tacv2" as ConversationId;
        assert.equal(await tables().requests.insert(first, draft, origin), true);
        assert.equal(await tables().requests.insert(second, draft, chat), false);
        assert.deepEqual(await tables().requests.ofDraft(draft), first);
        assert.equal(await tables().requests.get(second.id), undefined);
        assert.equal(await tables().requests.origin(first.id), origin);
      });

      it("one for each id, and leaves the first as it is", async () => {
        const request = await stored();
        const repeated = { ...request, requester: ben };
        assert.equal(await tables().requests.insert(repeated, aDraftId(), chat), false);
        assert.deepEqual(await tables().requests.get(request.id), request);
      });

      it("one, when a draft is submitted twenty times at once", async () => {
        const draft = aDraftId();
        const taken = await Promise.all(
          twenty.map((n) => one(n).tables.requests.insert(aPendingRequest(), draft, chat)),
        );
        assert.equal(taken.filter(Boolean).length, 1);
      });

      it("and lets one of twenty deciders at once win, whose decision it then is", async () => {
        const request = await stored();
        const ways = twenty.map((n): Request => {
          const decision = { decidedBy: { ...ben, name: `Approver ${n}` }, decidedAt: afterNoon(n) };
          return n % 3
            ? { ...request, ...decision, state: "approved" }
            : { ...request, ...decision, state: "denied", denial: `No ${n}` };
        });
        const won = await Promise.all(
          ways.map((way, n) => one(n).inTransaction(({ requests }) => requests.change(request, way))),
        );
        assert.equal(won.filter(Boolean).length, 1);
        assert.deepEqual(await tables().requests.get(request.id), ways[won.indexOf(true)]);
      });

      it("and changes nothing from a state or revision that is past", async () => {
        const request = await stored();
        const revised = { ...request, revision: 2 };
        assert.equal(await tables().requests.change(request, revised), true);
        const withdrawn = { ...request, state: "withdrawn", withdrawnAt: later } as const;
        assert.equal(await tables().requests.change(request, withdrawn), false);
        assert.deepEqual(await tables().requests.get(request.id), revised);
      });

      it("and forgets what a transaction that fails wrote", async () => {
        const request = aPendingRequest();
        const failing = store.inTransaction(async ({ requests, audit }) => {
          await requests.insert(request, aDraftId(), chat);
          await audit.append({ ...anEvent(), subject: request.id });
          throw new Error("no");
        });
        await assert.rejects(failing, /no/);
        assert.equal(await tables().requests.get(request.id), undefined);
        const left = await carrier.db
          .selectFrom("audit")
          .select("n")
          .where("subject", "=", request.id)
          .execute();
        assert.deepEqual(left, []);
      });

      it("and finds the oldest pending and a person's newest", async () => {
        const requester = { userId: "aaaaaaaa-0000-4000-8000-0000000000aa" as UserId, name: "Cleo" };
        const at = (minute: number) => stored({ requester, submittedAt: afterNoon(minute * minutes - 1e9) });
        const [first, second, third] = [await at(1), await at(2), await at(3)];
        await tables().requests.change(second, { ...second, state: "withdrawn", withdrawnAt: later });
        const ids = (found: Request[]) => found.map(({ id }) => id);
        assert.deepEqual(ids(await tables().requests.pending(2)), [first.id, third.id]);
        assert.deepEqual(ids(await tables().requests.newestOf(requester.userId, 2)), [third.id, second.id]);
      });
    });

    describe("keeps drafts", () => {
      const draft = (given: Partial<Draft> = {}): Draft => ({
        id: aDraftId(),
        version: 1,
        requester: ada,
        conversationId: chat,
        startedAt: noon,
        ...given,
      });
      const answers = { text: odd, number: 12, flag: false, many: ["a", "b"], none: [] };

      it("as they were written, at the beginning and when filled in", async () => {
        const begun = draft();
        await tables().drafts.insert(begun);
        assert.deepEqual(await tables().drafts.get(begun.id), begun);
        const filled = { ...begun, blueprintId: "custom", answers, reason: odd };
        assert.ok(await tables().drafts.update(filled));
        assert.deepEqual(await tables().drafts.get(begun.id), { ...filled, version: 2 });
        assert.ok(await tables().drafts.update({ ...begun, answers: {}, version: 2 }));
        assert.deepEqual(await tables().drafts.get(begun.id), { ...begun, answers: {}, version: 3 });
      });

      it("and are not written over what has been written since", async () => {
        const begun = draft();
        await tables().drafts.insert(begun);
        assert.ok(await tables().drafts.update({ ...begun, reason: "newer" }));
        assert.ok(!(await tables().drafts.update({ ...begun, reason: "late" })));
        assert.equal((await tables().drafts.get(begun.id))?.reason, "newer");
      });

      it("as they were written, when they come filled in", async () => {
        const filled = draft({ blueprintId: "custom", answers, reason: "why" });
        await tables().drafts.insert(filled);
        assert.deepEqual(await tables().drafts.get(filled.id), filled);
      });

      it("with whatever was typed, but for what PostgreSQL cannot hold", async () => {
        const typed = {
          "q_na\0me": "a\0b \ud83d c \udce6 📦 \\u0000 \\\ud800 \u2028",
          q_more: ["\0", { "\udc00": 1 }],
        };
        const filled = draft({ answers: typed, reason: "why\0 not\ud83d 📦 \\0" });
        await tables().drafts.insert(filled);
        assert.deepEqual(await tables().drafts.get(filled.id), {
          ...filled,
          answers: { q_name: "ab  c  📦 \\u0000 \\ \u2028", q_more: ["", { "": 1 }] },
          reason: "why not 📦 \\0",
        });
      });

      it("until they are too old", async () => {
        const [old, young] = [draft({ startedAt: afterNoon(-1) }), draft()];
        await tables().drafts.insert(old);
        await tables().drafts.insert(young);
        await tables().drafts.deleteStartedBefore(noon);
        assert.equal(await tables().drafts.get(old.id), undefined);
        assert.deepEqual(await tables().drafts.get(young.id), young);
      });
    });

    describe("keeps the steps of a request", () => {
      async function claimed(until = later): Promise<Lease> {
        const { id } = await stored();
        const lease = await tables().steps.claim(id, noon, until);
        assert.ok(lease);
        return lease;
      }

      it("as they were written, in every state", async () => {
        const lease = await claimed();
        const rows: StepRow[] = [
          aStep(),
          aStep({ step: "service-principal", state: "done", outcome: { id: odd }, doneAt: later }),
          aStep({
            step: "credential",
            state: "waiting",
            attempts: 7,
            nextAttemptAt: afterNoon(1),
            note: odd,
          }),
          aStep({ step: "personal-chat", state: "failed", intent: {}, note: "nobody is there" }),
        ];
        for (const row of rows) await tables().steps.write(lease, row);
        const read = await tables().steps.all(lease.subject);
        const inOrder = (all: StepRow[]) => all.toSorted((a, b) => (a.step < b.step ? -1 : 1));
        assert.deepEqual(inOrder(read), inOrder(rows));
      });

      it("once each: writing a step again replaces it", async () => {
        const lease = await claimed();
        for (const step of provisioningSteps)
          await tables().steps.write(lease, aStep({ step, note: "first", nextAttemptAt: noon }));
        const done = aStep({ state: "done", attempts: 2, doneAt: later });
        await tables().steps.write(lease, done);
        const read = await tables().steps.all(lease.subject);
        assert.equal(read.length, provisioningSteps.length);
        assert.deepEqual(
          read.find(({ step }) => step === "application"),
          done,
        );
      });

      it("and gives the work to one of twenty at once", async () => {
        const { id } = await stored();
        const leases = await Promise.all(twenty.map((n) => one(n).tables.steps.claim(id, noon, later)));
        assert.equal(leases.filter((lease) => lease !== undefined).length, 1);
      });

      it("and refuses the work while somebody holds it, to the millisecond", async () => {
        const { subject } = await claimed(later);
        const justBefore = new Date(later.getTime() - 1);
        assert.equal(await tables().steps.claim(subject, justBefore, afterNoon(1e7)), undefined);
        assert.ok(await tables().steps.claim(subject, later, afterNoon(1e7)));
      });

      it("and gives the work to one of twenty at once when its holder's time is up", async () => {
        const { subject, number } = await claimed(later);
        const leases = await Promise.all(
          twenty.map((n) => one(n).tables.steps.claim(subject, later, afterNoon(1e7))),
        );
        const taken = leases.filter((lease) => lease !== undefined);
        assert.deepEqual(taken, [{ subject, number: number + 1 }]);
      });

      it("and lets who was taken over neither write, check nor renew", async () => {
        const old = await claimed(later);
        await tables().steps.write(old, aStep({ note: "by the old one" }));
        const lease = await tables().steps.claim(old.subject, later, afterNoon(1e7));
        assert.ok(lease);
        await assert.rejects(tables().steps.write(old, aStep({ note: "late" })), LeaseLost);
        await assert.rejects(tables().steps.check(old), LeaseLost);
        await assert.rejects(tables().steps.renew(old, afterNoon(2e7)), LeaseLost);
        assert.equal((await tables().steps.all(old.subject))[0]?.note, "by the old one");
        await tables().steps.write(lease, aStep({ note: "by the new one" }));
        assert.equal((await tables().steps.all(old.subject))[0]?.note, "by the new one");
      });

      it("and does not let who was taken over release the work of the new one", async () => {
        const old = await claimed(later);
        assert.ok(await tables().steps.claim(old.subject, later, afterNoon(1e7)));
        await tables().steps.release(old);
        assert.equal(await tables().steps.claim(old.subject, later, afterNoon(1e7)), undefined);
      });

      it("and gives the work anew once it is released, under a newer lease", async () => {
        const lease = await claimed(later);
        await tables().steps.release(lease);
        const next = await tables().steps.claim(lease.subject, noon, later);
        assert.deepEqual(next, { ...lease, number: lease.number + 1 });
        await assert.rejects(tables().steps.write(lease, aStep()), LeaseLost);
      });

      it("and keeps it longer for who renews", async () => {
        const lease = await claimed(afterNoon(1));
        await tables().steps.renew(lease, later);
        assert.equal(await tables().steps.claim(lease.subject, afterNoon(2), afterNoon(1e7)), undefined);
      });

      it("and knows no lease of what nobody ever claimed", async () => {
        const { id } = await stored();
        await assert.rejects(tables().steps.check({ subject: id, number: 1 }), LeaseLost);
      });

      it("and makes a waiting step due at once, no other", async () => {
        const lease = await claimed();
        const waiting = aStep({ step: "personal-chat", state: "waiting", nextAttemptAt: later });
        const intended = aStep({ nextAttemptAt: later });
        await tables().steps.write(lease, waiting);
        await tables().steps.write(lease, intended);
        for (const step of ["personal-chat", "application"] as const)
          await tables().steps.hasten(lease.subject, step, noon);
        const read = await tables().steps.all(lease.subject);
        assert.deepEqual(
          read.find(({ step }) => step === "personal-chat"),
          { ...waiting, nextAttemptAt: noon },
        );
        assert.deepEqual(
          read.find(({ step }) => step === "application"),
          intended,
        );
      });

      it("and finds the approved requests that are due: unheld, with a step to try or none yet", async () => {
        const approved = async () => {
          const request = await stored();
          const to = { ...request, state: "approved", decidedBy: ben, decidedAt: noon } as const;
          await tables().requests.change(request, to);
          return request.id;
        };
        const worked = async (held: boolean, ...rows: StepRow[]) => {
          const id = await approved();
          const lease = await tables().steps.claim(id, noon, later);
          assert.ok(lease);
          for (const row of rows) await tables().steps.write(lease, row);
          if (!held) await tables().steps.release(lease);
          return id;
        };
        const past = aStep({ state: "waiting", nextAttemptAt: noon });
        const future = aStep({ step: "personal-chat", state: "waiting", nextAttemptAt: afterNoon(1) });
        const done = aStep({ state: "done", doneAt: noon });
        const isDue = {
          untouched: await approved(),
          tried: await worked(false, past),
          triedBesideOther: await worked(false, past, future),
          betweenSteps: await worked(false, done),
        };
        const isNot = {
          held: await worked(true, past),
          later: await worked(false, done, future),
          pending: (await stored()).id,
        };
        const due = await tables().steps.due(noon);
        for (const [what, id] of Object.entries(isDue)) assert.ok(due.includes(id), `${what} is not due`);
        for (const [what, id] of Object.entries(isNot)) assert.ok(!due.includes(id), `${what} is due`);
        const afterwards = await tables().steps.due(later);
        for (const id of [isNot.held, isNot.later]) assert.ok(afterwards.includes(id));
      });
    });

    describe("keeps keys", () => {
      it("as they were written, in every state", async () => {
        const { id: requestId } = await stored();
        for (const state of ["intended", "current", "abandoned", "removed"] as const) {
          const key: KeyRow = aKey({ requestId, state, ...(state !== "intended" && { keyId: odd }) });
          await tables().keys.insert(key);
          assert.deepEqual(
            (await tables().keys.of(requestId)).find(({ marker }) => marker === key.marker),
            key,
          );
        }
      });

      it("and follows one from its intent until it is removed", async () => {
        const { id: requestId } = await stored();
        const intended = aKey({ requestId });
        await tables().keys.insert(intended);
        const steps: KeyRow[] = [
          { ...intended, state: "current", keyId: "k1", changedAt: later },
          { ...intended, state: "abandoned", changedAt: later },
          { ...intended, state: "removed", keyId: "k1", changedAt: later },
        ];
        for (const step of steps) {
          await tables().keys.update(step);
          assert.deepEqual(await tables().keys.of(requestId), [step]);
        }
      });

      it("once by each marker", async () => {
        const { id: requestId } = await stored();
        const key = aKey({ requestId });
        await tables().keys.insert(key);
        await assert.rejects(tables().keys.insert(key));
      });

      it("and finds those that were abandoned, of all requests", async () => {
        const abandoned: string[] = [];
        for (const state of ["abandoned", "current", "abandoned"] as const) {
          const key = aKey({ requestId: (await stored()).id, state });
          await tables().keys.insert(key);
          if (state === "abandoned") abandoned.push(key.marker);
        }
        const found = (await tables().keys.abandoned()).map(({ marker }) => marker);
        for (const marker of abandoned) assert.ok(found.includes(marker));
        assert.ok((await tables().keys.abandoned()).every(({ state }) => state === "abandoned"));
      });
    });

    describe("keeps one-time links", () => {
      type Sealed = SecretLink & { state: "sealed" };
      async function linked(given: Partial<Sealed> = {}, isDelivered = true): Promise<Sealed> {
        const { id: requestId } = await stored();
        const link = aSealedLink({ requestId, ...given });
        await tables().links.insert(link);
        if (isDelivered) await tables().links.markDelivered(link.tokenHash, noon);
        return link;
      }
      const ciphertextOf = (link: SecretLink) =>
        carrier.db
          .selectFrom("links")
          .select(["cipher", "nonce", "tag"])
          .where("token_hash", "=", link.tokenHash)
          .executeTakeFirst();
      const gone = { cipher: null, nonce: null, tag: null };
      const unsealed = ({ sealed: _, deliveredAt: __, ...rest }: Sealed) => rest;

      it("as they were written, sealed and delivered", async () => {
        const link = await linked({}, false);
        assert.deepEqual(await tables().links.find(link.tokenHash), link);
        await tables().links.markDelivered(link.tokenHash, later);
        assert.deepEqual(await tables().links.find(link.tokenHash), { ...link, deliveredAt: later });
      });

      it("as they become, revealed, expired or cancelled, without their ciphertext", async () => {
        const [revealed, expired, cancelled] = [
          await linked(),
          await linked({ expiresAt: afterNoon(-1) }),
          await linked(),
        ];
        assert.deepEqual(await tables().links.claim(revealed.tokenHash, later), revealed.sealed);
        await tables().links.expire(noon);
        await tables().links.cancel({ tokenHash: cancelled.tokenHash });
        const now = (link: SecretLink) => tables().links.find(link.tokenHash);
        assert.deepEqual(await now(revealed), {
          ...unsealed(revealed),
          state: "revealed",
          revealedAt: later,
        });
        assert.deepEqual(await now(expired), { ...unsealed(expired), state: "expired" });
        assert.deepEqual(await now(cancelled), { ...unsealed(cancelled), state: "cancelled" });
        for (const link of [revealed, expired, cancelled]) assert.deepEqual(await ciphertextOf(link), gone);
      });

      it("and gives the seal to one of twenty who claim at once", async () => {
        const link = await linked();
        const seals = await Promise.all(
          twenty.map((n) =>
            n % 4 < 2
              ? one(n).tables.links.claim(link.tokenHash, later)
              : one(n).inTransaction(({ links }) => links.claim(link.tokenHash, later)),
          ),
        );
        assert.deepEqual(
          seals.filter((seal) => seal !== undefined),
          [link.sealed],
        );
        assert.deepEqual(await ciphertextOf(link), gone);
      });

      it("and gives no seal before the link's message has arrived", async () => {
        const link = await linked({}, false);
        assert.equal(await tables().links.claim(link.tokenHash, later), undefined);
        assert.deepEqual(await ciphertextOf(link), link.sealed);
        await tables().links.markDelivered(link.tokenHash, later);
        assert.deepEqual(await tables().links.claim(link.tokenHash, later), link.sealed);
      });

      it("and gives a seal until the millisecond before it expires", async () => {
        const [inTime, late] = [await linked({ expiresAt: later }), await linked({ expiresAt: later })];
        const justBefore = new Date(later.getTime() - 1);
        assert.equal(await tables().links.claim(late.tokenHash, later), undefined);
        assert.deepEqual(await tables().links.claim(inTime.tokenHash, justBefore), inTime.sealed);
      });

      it("and gives no seal of one that is expired, cancelled, revealed or unknown", async () => {
        const [expired, cancelled] = [await linked({ expiresAt: afterNoon(-1) }), await linked()];
        await tables().links.expire(noon);
        await tables().links.cancel({ requestId: cancelled.requestId });
        const before = afterNoon(-minutes);
        for (const { tokenHash } of [expired, cancelled])
          assert.equal(await tables().links.claim(tokenHash, before), undefined);
        assert.equal(await tables().links.claim(aTokenHash(), before), undefined);
      });

      it("and is whole again when the transaction of a claim fails", async () => {
        const link = await linked();
        const failing = store.inTransaction(async ({ links }) => {
          assert.ok(await links.claim(link.tokenHash, later));
          throw new Error("the seal does not open");
        });
        await assert.rejects(failing, /does not open/);
        assert.deepEqual(await tables().links.claim(link.tokenHash, later), link.sealed);
      });

      it("and lets one of a claim and a cancel at once win", async () => {
        const link = await linked();
        const [seal] = await Promise.all([
          store.tables.links.claim(link.tokenHash, later),
          beside.tables.links.cancel({ tokenHash: link.tokenHash }),
        ]);
        const now = await tables().links.find(link.tokenHash);
        assert.equal(now?.state, seal ? "revealed" : "cancelled");
        assert.deepEqual(await ciphertextOf(link), gone);
      });

      it("and leaves a revealed link revealed, whatever comes after", async () => {
        const link = await linked();
        await tables().links.claim(link.tokenHash, later);
        await tables().links.cancel({ requestId: link.requestId });
        await tables().links.markDelivered(link.tokenHash, later);
        await tables().links.expire(afterNoon(1e12));
        assert.equal((await tables().links.find(link.tokenHash))?.state, "revealed");
      });

      it("and cancels all of a request, and none of another", async () => {
        const [first, other] = [await linked(), await linked()];
        const second = aSealedLink({ requestId: first.requestId, expiresAt: afterNoon(1e9) });
        await tables().links.insert(second);
        assert.deepEqual(await tables().links.newestOf(first.requestId), second);
        await tables().links.cancel({ requestId: first.requestId });
        for (const { tokenHash } of [first, second])
          assert.equal((await tables().links.find(tokenHash))?.state, "cancelled");
        assert.equal((await tables().links.find(other.tokenHash))?.state, "sealed");
      });

      it("and answers once whose links have expired", async () => {
        const [late, young] = [
          await linked({ expiresAt: later }),
          await linked({ expiresAt: afterNoon(1e9) }),
        ];
        const expired = await tables().links.expire(later);
        assert.ok(expired.includes(late.requestId));
        assert.ok(!expired.includes(young.requestId));
        assert.deepEqual(await tables().links.expire(later), []);
      });

      it("and knows the newest of a request, the sealed one among those that expire together", async () => {
        const first = await linked();
        await tables().links.cancel({ tokenHash: first.tokenHash });
        for (let n = 0; n < 3; n++) {
          const next = aSealedLink({ requestId: first.requestId, expiresAt: first.expiresAt });
          await tables().links.insert(next);
          assert.deepEqual(await tables().links.newestOf(first.requestId), next);
          await tables().links.cancel({ tokenHash: next.tokenHash });
        }
        assert.equal(await tables().links.newestOf(aRequestId()), undefined);
      });
    });

    describe("keeps registrations", () => {
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

      async function pages(owner: UserId | "all", limit: number): Promise<Registration[][]> {
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
        assert.deepEqual(
          (await tables().registrations.find("twin 100%")).toSorted(byId),
          twins.toSorted(byId),
        );
        for (const text of ["Twin", "Twin 100", "Twin%", "%", "_win 100%", "", "  ", "' or ''='"])
          assert.deepEqual(await tables().registrations.find(text), [], text);
      });
    });

    describe("keeps posts", () => {
      const of = async (subject: string) => (await tables().posts.of(subject)).toSorted(byId);
      const posted = { conversationId: chat, activityId: "1:a" as ActivityId };
      const personal = { kind: "personal", userId: ada.userId } as const;

      it("as they were written, in every state and place", async () => {
        const subject = aRequestId();
        const message = {
          kind: "revoked",
          requestId: subject,
          displayName: odd,
          by: { ...ben, name: odd },
        } as const;
        const posts: Post[] = [
          aPost({ subject, purpose: "approval" }),
          aPost({ subject, purpose: "request", place: personal, state: "sending" }),
          aPost({ subject, purpose: "decision", place: { ...personal, fallback: chat }, state: "unclear" }),
          aPost({ subject, purpose: "link", place: personal, state: "undeliverable", changedAt: later }),
          aPost({ subject, purpose: "failure", state: "posted", posted, drawn: "abc" }),
          aPost({ subject, purpose: "note", state: "posted", posted, drawn: "", message }),
        ];
        for (const post of posts) await tables().posts.add(post);
        assert.deepEqual(await of(subject), posts.toSorted(byId));
      });

      it("and follows one from due until it stands", async () => {
        const subject = aRequestId();
        const due = aPost({ subject });
        await tables().posts.add(due);
        const sending: Post = { ...due, state: "sending", changedAt: later };
        assert.equal(await tables().posts.change(due, sending), true);
        assert.equal(await tables().posts.change(due, sending), false, "only over what was seen");
        assert.deepEqual(await of(subject), [sending]);
        const message = { ...posted, activityId: `${subject}-1` as typeof posted.activityId };
        const stands: Post = {
          ...due,
          state: "posted",
          posted: message,
          drawn: "abc",
          changedAt: afterNoon(9),
        };
        assert.equal(await tables().posts.change(sending, stands), true);
        assert.deepEqual(await of(subject), [stands]);
        assert.deepEqual(await tables().posts.standingAt(message), stands);
      });

      it("one for each purpose and place of a subject, but any number of notes", async () => {
        const subject = aRequestId();
        const places = [personal, { kind: "conversation", conversationId: chat }] as const;
        const first: Post[] = [];
        for (const purpose of ["approval", "request", "decision", "failure", "link"] as const)
          for (const place of places) first.push(aPost({ subject, purpose, place }));
        const notes = [aPost({ subject, purpose: "note" }), aPost({ subject, purpose: "note" })];
        for (const post of [...first, ...notes]) await tables().posts.add(post);
        for (const { purpose, place } of first)
          await tables().posts.add(aPost({ subject, purpose, place, changedAt: later }));
        // The same chat with another fallback is the same place.
        await tables().posts.add(
          aPost({ subject, purpose: "request", place: { ...personal, fallback: chat } }),
        );
        assert.deepEqual(await of(subject), [...first, ...notes].toSorted(byId));
      });

      it("one, when it is added twenty times at once", async () => {
        const subject = aRequestId();
        await Promise.all(
          twenty.map((n) => one(n).tables.posts.add(aPost({ subject, purpose: "approval" }))),
        );
        assert.equal((await of(subject)).length, 1);
      });

      it("and lets one of twenty senders at once have it", async () => {
        const post = aPost({ subject: aRequestId() });
        await tables().posts.add(post);
        const sending: Post = { ...post, state: "sending", changedAt: later };
        const won = await Promise.all(twenty.map((n) => one(n).tables.posts.change(post, sending)));
        assert.equal(won.filter(Boolean).length, 1);
      });

      it("and posts again at a place what may not have arrived there", async () => {
        const place = { kind: "conversation", conversationId: aRequestId() as never } as const;
        const lost = aPost({ subject: aRequestId(), purpose: "approval", place, state: "undeliverable" });
        const unclear = aPost({ subject: aRequestId(), purpose: "approval", place, state: "unclear" });
        const stands = aPost({ subject: aRequestId(), purpose: "approval", place, state: "posted", posted });
        for (const post of [lost, unclear, stands]) await tables().posts.add(post);
        const again = await tables().posts.postAgain(place, later);
        assert.deepEqual(again.toSorted(), [lost.subject, unclear.subject].toSorted());
        assert.deepEqual(
          (await of(lost.subject)).map(({ state }) => state),
          ["due"],
        );
      });

      it("and finds each subject once that has something due, or a sender who died", async () => {
        const [due, stuck, sending, done] = [aRequestId(), aRequestId(), aRequestId(), aRequestId()];
        const add = (subject: RequestId, given: Partial<Post>) =>
          tables().posts.add(aPost({ subject, purpose: "note", ...given }));
        await add(due, {});
        await add(due, {});
        await add(stuck, { state: "sending", changedAt: afterNoon(-1) });
        await add(sending, { state: "sending", changedAt: noon });
        for (const state of ["posted", "unclear", "undeliverable"] as const) await add(done, { state });
        const found = await tables().posts.dueSubjects(noon);
        assert.equal(found.filter((subject) => subject === due).length, 1);
        assert.ok(found.includes(stuck));
        assert.ok(!found.includes(sending) && !found.includes(done));
      });
    });

    describe("keeps conversations", () => {
      let count = 0;
      const conversation = (given: Partial<Conversation> = {}): Conversation => ({
        id: `19:${++count}@thread.tacv2` as ConversationId,
        kind: "channel",
        serviceUrl: "https://smba.example/emea/",
        tenantId: tenant,
        seenAt: noon,
        ...given,
      });

      it("as they were told, and says once that one is new", async () => {
        const channel = conversation();
        assert.equal(await tables().conversations.remember(channel), true);
        assert.deepEqual(await tables().conversations.get(channel.id), channel);
        const moved = { ...channel, serviceUrl: "https://smba.example/amer/", seenAt: later };
        assert.equal(await tables().conversations.remember(moved), false);
        assert.equal(await tables().conversations.remember(moved), false);
        assert.deepEqual(await tables().conversations.get(channel.id), moved);
        assert.equal(await tables().conversations.get("19:none" as ConversationId), undefined);
      });

      it("and says to one of twenty at once that it is new", async () => {
        const channel = conversation();
        const isNew = await Promise.all(twenty.map((n) => one(n).tables.conversations.remember(channel)));
        assert.equal(isNew.filter(Boolean).length, 1);
      });

      it("and knows the newest personal chat of a person, and no other kind", async () => {
        const userId = "aaaaaaaa-0000-4000-8000-0000000000dd" as UserId;
        assert.equal(await tables().conversations.personal(userId), undefined);
        const [old, young] = [
          conversation({ kind: "personal", userId }),
          conversation({ kind: "personal", userId, seenAt: later }),
        ];
        const group = conversation({ kind: "group", userId, seenAt: afterNoon(1e9) });
        for (const each of [young, old, group]) await tables().conversations.remember(each);
        assert.deepEqual(await tables().conversations.personal(userId), young);
        const back = { ...old, seenAt: afterNoon(1e8) };
        await tables().conversations.remember(back);
        assert.deepEqual(await tables().conversations.personal(userId), back);
        assert.deepEqual(await tables().conversations.newest(), group);
      });

      it("and the approvals channel, answering which one it was before", async () => {
        const [first, second] = ["19:a@thread.tacv2", "19:b@thread.tacv2"] as ConversationId[];
        assert.equal(await tables().conversations.approvalsChannel(), undefined);
        assert.equal(await tables().conversations.setApprovalsChannel(first!), undefined);
        assert.equal(await tables().conversations.setApprovalsChannel(second!), first);
        assert.equal(await tables().conversations.approvalsChannel(), second);
      });
    });

    function anEvent(n = 0): AuditEvent {
      return {
        at: afterNoon(n),
        who: ada.userId,
        what: "request.submitted",
        surface: "card",
        subject: aRequestId(),
        outcome: odd,
        ...(n % 2 && { revision: n }),
        // Its keys come back from jsonb by length, at every depth; a moment comes back as text.
        ...(n % 3 && {
          detail: { zz: n, longer: { yy: [{ b: 1, aaa: 2 }], x: null, at: noon, gone: undefined }, a: odd },
        }),
      };
    }

    describe("keeps the audit", () => {
      async function rows() {
        const all = await carrier.db.selectFrom("audit").selectAll().orderBy("n").execute();
        return all.map(({ n, hash, revision, ...event }) => ({
          n,
          hash,
          event: { ...event, ...(revision !== null && { revision }) } as AuditEvent,
        }));
      }
      /** The number of the first event that does not follow from those before it. */
      function brokenAt(all: Awaited<ReturnType<typeof rows>>): number | undefined {
        const key = auditKey(keys);
        let previous = firstHash;
        for (const [at, { n, hash, event }] of all.entries()) {
          if (n !== at + 1 || hash !== chainHash(key, previous, auditLine(n, event))) return at + 1;
          previous = hash;
        }
        return undefined;
      }

      it("in one chain without a gap, also when twenty append at once", async () => {
        const before = (await rows()).length;
        const events = twenty.map(anEvent);
        await Promise.all(events.map((event, n) => one(n).inTransaction(({ audit }) => audit.append(event))));
        const all = await rows();
        assert.equal(all.length, before + 20);
        assert.equal(brokenAt(all), undefined);
        for (const event of events) {
          const row = all.find(({ event: { subject } }) => subject === event.subject);
          assert.ok(row);
          assert.equal(auditLine(row.n, row.event), auditLine(row.n, event));
        }
      });

      it("so that an altered or dropped event shows", async () => {
        await store.inTransaction(({ audit }) => audit.append(anEvent(1)));
        await store.inTransaction(({ audit }) => audit.append(anEvent(2)));
        const all = await rows();
        const altered = all.with(2, { ...all[2]!, event: { ...all[2]!.event, outcome: "approved" } });
        assert.equal(brokenAt(altered), 3);
        assert.equal(brokenAt(all.toSpliced(1, 1)), 2);
      });

      it("and says the newest number and hash to the log, where a cut tail shows", async () => {
        await store.inTransaction(({ audit }) => audit.append(anEvent(3)));
        const { n, hash } = (await rows()).at(-1)!;
        assert.deepEqual(logged.at(-1), { n, hash });
      });

      for (const [what, statement] of Object.entries({
        "an update": sql`update audit set outcome = 'approved'`,
        "an update of nothing": sql`update audit set outcome = 'approved' where n = -1`,
        "a delete": sql`delete from audit where n = 1`,
        "a truncate": sql`truncate audit`,
      }))
        it(`and refuses ${what}`, async () => {
          const before = await rows();
          await assert.rejects(statement.execute(carrier.db), /append-only/);
          assert.deepEqual(await rows(), before);
        });
    });

    it("lets a process that is alone take over at its start what a dead one held", async () => {
      const request = await stored();
      const lease = await tables().steps.claim(request.id, noon, later);
      assert.ok(lease);
      const post = aPost({ subject: request.id, state: "sending" });
      await tables().posts.add(post);
      await takeOverAlone(carrier.db);
      assert.deepEqual(await tables().posts.of(request.id), [{ ...post, state: "due" }]);
      const next = await tables().steps.claim(request.id, noon, later);
      assert.equal(next?.number, lease.number + 1);
      await assert.rejects(tables().steps.write(lease, aStep()), LeaseLost);
    });

    it(`has its tables made once, however often it starts (${name})`, async () =>
      assert.deepEqual(await migrate(carrier.db, migrations), []));
  });
});
