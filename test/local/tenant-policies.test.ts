import assert from "node:assert/strict";
import { generate, type SelfsignedOptions } from "selfsigned";
import { company } from "../../src/local/tenant/company.ts";
import { aRegistration, aTenant, errorOf, type TestTenant } from "./tenant-client.ts";

const dayMs = 86_400_000;
const path = "/policies/defaultAppManagementPolicy";

describe("the simulated tenant's policy on credentials", () => {
  let tenant: TestTenant;
  before(async () => {
    tenant = await aTenant();
  });
  after(() => tenant.discard());

  const provisioning = () => tenant.as(company.clients.provisioning)("GET", path);

  it("restricts nothing until the tenant says so", async () => {
    const { status, body } = await provisioning();
    assert.deepEqual(
      [status, body.isEnabled, body.applicationRestrictions],
      [200, false, { passwordCredentials: [], keyCredentials: [] }],
    );
  });

  it("says what the settings forbid, and for how long credentials may last", async () => {
    const settings = { secretsBlocked: true, secretMaxDays: 90, certificateMaxDays: 365 };
    await tenant.control("PUT", "/settings", settings);
    const { body } = await provisioning();
    const always = { restrictForAppsCreatedAfterDateTime: null, state: "enabled" };
    const expected = {
      passwordCredentials: [
        { restrictionType: "passwordAddition", maxLifetime: null, ...always },
        { restrictionType: "passwordLifetime", maxLifetime: "P90D", ...always },
      ],
      keyCredentials: [{ restrictionType: "asymmetricKeyLifetime", maxLifetime: "P365D", ...always }],
    };
    assert.deepEqual(
      [body.isEnabled, body.applicationRestrictions, body.servicePrincipalRestrictions],
      [true, expected, expected],
    );
    await tenant.control("PUT", "/settings", { secretsBlocked: false, secretMaxDays: 0.5 });
    const half = (await provisioning()).body.applicationRestrictions as typeof expected;
    assert.deepEqual(
      half.passwordCredentials.map(({ maxLifetime }) => maxLifetime),
      ["P0DT43200S"],
    );
    await tenant.control("PUT", "/settings", { secretMaxDays: null, certificateMaxDays: null });
  });

  it("is shown only to who may read policies", async () => {
    const { clientId } = company.clients.consent;
    const consent = () => tenant.as(company.clients.consent)("GET", path);
    assert.equal((await consent()).status, 403);
    for (const role of ["Policy.Read.All", "Policy.ReadWrite.ApplicationConfiguration"]) {
      await tenant.control("PUT", `/identities/${clientId}`, { roles: [role] });
      assert.equal((await consent()).status, 200, role);
    }
  });
});

describe("certificates in the simulated tenant", () => {
  let tenant: TestTenant;
  let id: string;
  before(async () => {
    tenant = await aTenant();
    ({ id } = await aRegistration(tenant));
  });
  after(() => tenant.discard());

  async function aCertificate(
    days: number,
    { from = 0, ...options }: SelfsignedOptions & { from?: number } = {},
  ) {
    const notBeforeDate = new Date(Date.now() + from * dayMs);
    const notAfterDate = new Date(notBeforeDate.getTime() + days * dayMs);
    const { cert } = await generate([{ name: "commonName", value: "a" }], {
      keySize: 2048,
      notBeforeDate,
      notAfterDate,
      ...options,
    });
    return Buffer.from(cert).toString("base64");
  }
  const upload = (key: string, more: object = {}) =>
    tenant.bot("PATCH", `/applications/${id}`, {
      keyCredentials: [{ type: "AsymmetricX509Cert", usage: "Verify", key, ...more }],
    });

  it("are taken, and stay while a later list names them without their key", async () => {
    assert.equal((await upload(await aCertificate(30))).status, 204);
    const read = async () =>
      (await tenant.bot("GET", `/applications/${id}?$select=keyCredentials`)).body.keyCredentials as object[];
    const [kept] = await read();
    await tenant.bot("PATCH", `/applications/${id}`, { keyCredentials: [{ ...kept, key: null }] });
    assert.deepEqual(await read(), [kept]);
  });

  it("are refused when they last longer than the policy allows", async () => {
    await tenant.control("PUT", "/settings", { certificateMaxDays: 90 });
    assert.equal((await upload(await aCertificate(90))).status, 204);
    const { status, code } = errorOf(await upload(await aCertificate(91)));
    assert.deepEqual([status, code], [400, "CredentialInvalidLifetimeAsPerAppPolicy"]);
    await tenant.control("PUT", "/settings", { certificateMaxDays: null });
  });

  it("are refused when they are over, or are said to last longer than they do", async () => {
    const later = { endDateTime: new Date(Date.now() + 31 * dayMs).toISOString() };
    const refused = [
      await upload(await aCertificate(30, { from: -31 })),
      await upload(await aCertificate(30), later),
    ];
    assert.deepEqual(
      refused.map((reply) => errorOf(reply).code),
      ["KeyCredentialsInvalidEndDate", "KeyCredentialsInvalidEndDate"],
    );
  });

  it("need an RSA key of 2048 bits", async () => {
    const weak = [await aCertificate(30, { keySize: 1024 }), await aCertificate(30, { keyType: "ec" })];
    for (const key of weak)
      assert.match(String(errorOf(await upload(key)).message), /RSA with at least 2048/);
  });
});
