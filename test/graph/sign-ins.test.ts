import assert from "node:assert/strict";
import type { ClientId } from "../../src/domain/ids.ts";
import { parseTenantId } from "../../src/domain/ids.ts";
import { SecretText } from "../../src/domain/secret-text.ts";
import { graphClient } from "../../src/graph/client.ts";
import { credentialFor } from "../../src/graph/credentials.ts";
import { graphSignIns } from "../../src/graph/sign-ins.ts";
import { company } from "../../src/local/tenant/company.ts";
import { aTenant, type TestTenant } from "../local/tenant-client.ts";
import { afterNoon, minutes, noon } from "../support/builders.ts";

const app = "dddddddd-0000-4000-8000-00000000abcd" as ClientId;

describe("the log of sign-ins by apps", () => {
  let tenant: TestTenant;
  let now: Date;
  beforeEach(async () => {
    tenant = await aTenant();
    now = noon;
  });
  afterEach(() => tenant.discard());

  /** As an identity with these rights reads it; a token holds what was granted when it was made. */
  async function reader(...more: string[]) {
    const { clientId, secret, roles } = company.clients.provisioning;
    await tenant.control("PUT", `/identities/${clientId}`, { roles: [...roles, ...more] });
    const credential = { kind: "secret", clientId, secret: new SecretText(secret) } as const;
    const tenantId = parseTenantId(company.tenantId);
    assert.ok(tenantId);
    const client = graphClient(tenant.graphUrl, credentialFor(credential, tenantId, tenant.authorityUrl));
    const silent = () => {};
    const log = { info: silent, warn: silent, error: silent };
    return graphSignIns({ client, clock: { now: () => now }, log });
  }
  const signIn = (keyId: string, at: Date, given: object = {}) =>
    tenant.control("POST", "/sign-ins", { appId: app, keyId, createdDateTime: at.toISOString(), ...given });

  it("says when each key was used last since a moment, and of others nothing", async () => {
    const signIns = await reader("AuditLog.Read.All");
    await signIn("old", afterNoon(1 * minutes));
    await signIn("new", afterNoon(3 * minutes));
    await signIn("new", afterNoon(2 * minutes));
    await signIn("before", afterNoon(-1 * minutes));
    await signIn("refused", afterNoon(4 * minutes), { errorCode: 7000215 });
    await signIn("of-another", afterNoon(4 * minutes), { appId: "dddddddd-0000-4000-8000-00000000ffff" });
    assert.deepEqual(
      await signIns.lastByKey(app, noon),
      new Map([
        ["new", afterNoon(3 * minutes)],
        ["old", afterNoon(1 * minutes)],
      ]),
    );
  });

  it("says nothing without the right, without the licence, and when Graph does not answer", async () => {
    await signIn("new", afterNoon(1 * minutes));
    assert.equal(await (await reader()).lastByKey(app, noon), undefined);
    await tenant.control("PUT", "/settings", { hasPremium: false });
    const signIns = await reader("AuditLog.Read.All");
    assert.equal(await signIns.lastByKey(app, noon), undefined);
    await tenant.control("PUT", "/settings", { hasPremium: true });
    await tenant.control("POST", "/faults", { path: "/auditLogs", kind: "503" });
    assert.equal(await (await reader("AuditLog.Read.All")).lastByKey(app, noon), undefined);
    // What could not be read is not asked again at once, and is after a while.
    assert.equal(await signIns.lastByKey(app, noon), undefined);
    now = afterNoon(11 * minutes);
    assert.equal((await signIns.lastByKey(app, noon))?.size, 1);
  });
});
