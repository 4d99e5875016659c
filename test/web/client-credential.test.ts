import assert from "node:assert/strict";
import { constants, createHash, createPublicKey, verify, X509Certificate } from "node:crypto";
import { SecretText } from "../../src/domain/secret-text.ts";
import { type ClientCredential, clientAuthOf } from "../../src/web/client-credential.ts";
import { aCertificate } from "../support/certificates.ts";

const issuer = "https://login.example/tenant/v2.0";
const server = { issuer, token_endpoint: "https://login.example/tenant/oauth2/v2.0/token" };
const client = { client_id: "cccccccc-0000-4000-8000-000000000004" };

/** What a sign-in sends to trade its code, of the registration that it comes from. */
async function sentWith(credential: ClientCredential) {
  const body = new URLSearchParams();
  const headers = new Headers();
  const authenticate = await clientAuthOf(credential);
  await authenticate(server as never, client as never, body, headers);
  assert.deepEqual([...headers], []);
  return Object.fromEntries(body);
}
const jsonOf = (part = "") => JSON.parse(Buffer.from(part, "base64url").toString("utf8"));

describe("how the sign-in registration proves itself", () => {
  it("with a certificate: by a signed assertion for this very endpoint, and without a secret", async () => {
    const { pem, privateKey } = await aCertificate();
    const sent = await sentWith({ kind: "certificate", pem: new SecretText(`${privateKey}\n${pem}`) });
    assert.deepEqual(Object.keys(sent).toSorted(), [
      "client_assertion",
      "client_assertion_type",
      "client_id",
    ]);
    assert.equal(sent.client_id, client.client_id);
    assert.equal(sent.client_assertion_type, "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");

    const [header, payload, signature = ""] = (sent.client_assertion ?? "").split(".");
    const { raw } = new X509Certificate(pem);
    const thumbprint = createHash("sha256").update(raw).digest("base64url");
    assert.deepEqual(jsonOf(header), { alg: "PS256", typ: "JWT", "x5t#S256": thumbprint });
    const { iss, sub, aud, exp, jti } = jsonOf(payload);
    assert.deepEqual([iss, sub, aud], [client.client_id, client.client_id, server.token_endpoint]);
    assert.ok(exp * 1000 > Date.now() && exp * 1000 < Date.now() + 10 * 60_000);
    assert.ok(jti.length > 10);
    const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
    const key = { key: createPublicKey(pem), ...pss };
    assert.ok(
      verify("sha256", Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, "base64url")),
    );
  });

  it("with a managed identity: by its token, asked for anew each time, and without a secret", async () => {
    let asked = 0;
    const credential = { kind: "assertion", assertion: async () => `token ${++asked}` } as const;
    for (const n of [1, 2])
      assert.deepEqual(await sentWith(credential), {
        client_id: client.client_id,
        client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        client_assertion: `token ${n}`,
      });
  });

  it("with a secret, where there is neither", async () =>
    assert.deepEqual(await sentWith({ kind: "secret", secret: new SecretText("s~1") }), {
      client_id: client.client_id,
      client_secret: "s~1",
    }));

  it("is known to be wrong at the start: a certificate without its key", async () => {
    const { pem } = await aCertificate();
    await assert.rejects(clientAuthOf({ kind: "certificate", pem: new SecretText(pem) }));
  });
});
