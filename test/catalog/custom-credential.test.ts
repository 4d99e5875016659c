import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { generate } from "selfsigned";
import { errorsOf, essenceOf, planOf, refusalOf } from "./plans.ts";

const id = "custom";
const name = "Payroll";
const ids = ["Client ID: clientId", "Tenant ID: tenantId"];

/** The credential that the answers lead to, and what is handed over with it. */
function handedOver(raw: Record<string, string>) {
  const { credential, handover } = essenceOf(planOf(id, { name, ...raw }));
  return { credential, handover };
}

describe("the credential of something else", () => {
  it("is a secret of as many months as were said", () =>
    assert.deepEqual(handedOver({ secretMonths: "3" }), {
      credential: "Payroll, a secret of 3 months",
      handover: [...ids, "Client secret: secret"],
    }));

  it("is a certificate, which is handed over by its thumbprint", async () => {
    const { cert } = await generate([{ name: "commonName", value: name }], { keySize: 2048 });
    const thumbprint = new X509Certificate(cert).fingerprint.replaceAll(":", "");
    assert.deepEqual(handedOver({ credential: "certificate", certificate: cert }), {
      credential: `Payroll, the certificate ${thumbprint}`,
      handover: [...ids, "Certificate thumbprint: thumbprint"],
    });
  });

  it("is a federated identity, letter by letter", () => {
    const issuer = "https://eastus.oic.example/Tenant/";
    const subject = "system:serviceaccount:payroll:Runner";
    const raw = { credential: "federated", issuer, subject };
    assert.deepEqual(handedOver(raw), {
      credential: `${issuer} ${subject} api://AzureADTokenExchange`,
      handover: ids,
    });
    assert.ok(
      planOf(id, { name, ...raw }).next.some((step) => step.includes(issuer) && step.includes(subject)),
    );
  });

  it("may be none where people sign in", () =>
    assert.deepEqual(handedOver({ signIn: "true", credential: "none" }), {
      credential: "none",
      handover: ids,
    }));

  it("may not be none where nobody signs in and nothing rare was said", () => {
    assert.match(refusalOf(id, { name, credential: "none" }).sentence, /could do nothing/);
    assert.equal(planOf(id, { name, credential: "none", advanced: "true" }).credential.kind, "none");
  });
});

describe("the form of something else", () => {
  for (const [what, raw, wrong] of [
    [
      "no name, and nonsense",
      { audience: "everybody", secretMonths: "99" },
      ["name", "audience", "secretMonths"],
    ],
    ["a web address of http", { name, signIn: "true", webRedirects: "http://a.example" }, ["webRedirects"]],
    ["no certificate", { name, credential: "certificate" }, ["certificate"]],
    ["no issuer and subject", { name, credential: "federated" }, ["issuer", "subject"]],
    [
      "an issuer of http",
      { name, credential: "federated", issuer: "http://a.example", subject: "x" },
      ["issuer"],
    ],
    ["an API without scopes", { name, advanced: "true", ownApi: "true" }, ["exposedScopes"]],
    ["an app role with spaces", { name, advanced: "true", appRoles: "Big boss" }, ["appRoles"]],
    ["a role that is not offered", { name, advanced: "true", directoryRoles: "Boss" }, ["directoryRoles"]],
  ] as const)
    it(`names what must be mended after ${what}`, () => assert.deepEqual(errorsOf(id, raw), wrong));
});
