import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { sql } from "kysely";
import { migrate } from "../../src/store/migrate.ts";
import { migrations } from "../../src/store/migrations.ts";
import type { Schema } from "../../src/store/schema.ts";
import { openStore } from "../../src/store/store.ts";
import { aDraftId, ada, aPendingRequest, aRegistration, chat, noon } from "../support/builders.ts";
import { forEachCarrier, type TestCarrier } from "../support/carriers.ts";

const [[first, landed]] = Object.entries(migrations) as [[string, (typeof migrations)[string]]];

forEachCarrier((_, open) => {
  describe("a database of the first version", () => {
    let carrier: TestCarrier<Schema>;
    beforeEach(async () => {
      carrier = await open<Schema>();
      await migrate(carrier.db, { [first]: landed });
    });
    afterEach(() => carrier.close());

    const upgraded = async () => {
      await migrate(carrier.db, migrations);
      const silent = () => {};
      const log = { info: silent, warn: silent, error: silent };
      return openStore(carrier.db, () => ({ wake: async () => {} }), [randomBytes(32)], log).tables;
    };

    it("keeps its registrations, and takes one that never expires beside them", async () => {
      const [request, other] = [aPendingRequest(), aPendingRequest()];
      const registration = aRegistration({ id: request.id });
      const { owner, plan } = registration;
      for (const { id, reason, fingerprint } of [request, other]) {
        await sql`insert into requests (id, draft_id, origin, revision, state, requester_id, requester_name, reason,
          plan, fingerprint, submitted_at) values (${id}, ${aDraftId()}, ${chat}, 1, 'pending', ${ada.userId},
          ${ada.name}, ${reason}, ${JSON.stringify(plan)}, ${fingerprint}, ${noon})`.execute(carrier.db);
      }
      await sql`insert into registrations (id, owner_id, owner_name, name_key, plan, client_id, application_object_id,
        service_principal_id, state, created_at, expires_at) values (${request.id}, ${owner.userId}, ${owner.name},
        'payroll export', ${JSON.stringify(plan)}, ${registration.clientId}, ${registration.applicationObjectId},
        ${registration.servicePrincipalId}, 'active', ${noon}, ${registration.expiresAt})`.execute(
        carrier.db,
      );

      const tables = await upgraded();
      assert.deepEqual(await tables.requests.get(request.id), request);
      assert.deepEqual(await tables.registrations.get(request.id), registration);
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
});
