import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { jwtVerify } from "jose";
import { generate } from "selfsigned";
import { company } from "../../src/local/tenant/company.ts";
import { temporaryFolder } from "../support/carriers.ts";
import { aCertificate } from "../support/certificates.ts";

const id = (n: number) => `cccccccc-0000-4000-8000-0000000000a${n}`;
const portOf = (server: { address(): unknown }) => (server.address() as AddressInfo).port;

describe("an identity of Usher's, at the sign-in service", () => {
  const folder = temporaryFolder();
  const inFolder = (name: string) => path.join(folder, name);
  let certificate: Awaited<ReturnType<typeof aCertificate>>;
  let authorityUrl = "";
  /** What was asked for, by client id. */
  const forms = new Map<string, URLSearchParams>();
  const managed: { client: string | null; resource: string | null; header: unknown }[] = [];
  let tokens: Record<string, string> = {};

  before(async () => {
    const altNames = [{ type: 2, value: "localhost" } as const];
    const made = await generate([{ name: "commonName", value: "localhost" }], {
      algorithm: "sha256",
      extensions: [{ name: "subjectAltName", altNames }],
    });
    const signIn = createSecureServer({ key: made.private, cert: made.cert }, async (request, response) => {
      const form = new URLSearchParams(await text(request));
      response.setHeader("content-type", "application/json");
      const at = `${authorityUrl}/${company.tenantId}`;
      if (request.method === "GET") {
        const authorization_endpoint = `${at}/oauth2/v2.0/authorize`;
        const token_endpoint = `${at}/oauth2/v2.0/token`;
        const jwks_uri = `${at}/discovery/v2.0/keys`;
        const issuer = `${at}/v2.0`;
        response.end(JSON.stringify({ issuer, authorization_endpoint, token_endpoint, jwks_uri }));
        return;
      }
      const client = form.get("client_id") ?? "";
      forms.set(client, form);
      const access_token = `token of ${client}`;
      response.end(JSON.stringify({ token_type: "Bearer", expires_in: 3600, access_token }));
    }).listen(0, "localhost");
    // Azure's endpoint for managed identities, as Container Apps have it.
    const machine = createServer((request, response) => {
      const { searchParams } = new URL(request.url ?? "", "http://machine");
      const [client, resource] = [searchParams.get("client_id"), searchParams.get("resource")];
      managed.push({ client, resource, header: request.headers["x-identity-header"] });
      const expires_on = String(Math.floor(Date.now() / 1000) + 3600);
      const access_token = `managed token of ${client} for ${resource}`;
      response.setHeader("content-type", "application/json");
      response.end(
        JSON.stringify({ access_token, expires_on, resource, token_type: "Bearer", client_id: client }),
      );
    }).listen(0, "127.0.0.1");
    await Promise.all([once(signIn, "listening"), once(machine, "listening")]);
    authorityUrl = `https://localhost:${portOf(signIn)}`;
    certificate = await aCertificate();
    writeFileSync(inFolder("usher.pem"), `${certificate.pem}\n${certificate.privateKey}`);
    writeFileSync(inFolder("token"), "what.kubernetes.wrote\n");
    writeFileSync(inFolder("authority.pem"), made.cert);
    const identities = [
      { clientId: id(1), kind: "managed" },
      { clientId: id(2), kind: "federated", by: { managedIdentity: id(9) } },
      { clientId: id(3), kind: "federated", by: { tokenFile: inFolder("token") } },
      { clientId: id(4), kind: "certificate", certificatePath: inFolder("usher.pem") },
      { clientId: id(5), kind: "secret", secret: "s3cret" },
    ];
    const script = fileURLToPath(new URL("./print-tokens.ts", import.meta.url));
    try {
      const { stdout } = await promisify(execFile)(
        process.execPath,
        [script, authorityUrl, company.tenantId, JSON.stringify(identities)],
        {
          env: {
            ...process.env,
            NODE_EXTRA_CA_CERTS: inFolder("authority.pem"),
            IDENTITY_ENDPOINT: `http://127.0.0.1:${portOf(machine)}/msi/token`,
            IDENTITY_HEADER: "proof",
            // What stands in the environment for others is none of Usher's business.
            AZURE_CLIENT_ID: id(8),
            AZURE_TENANT_ID: company.tenantId,
            AZURE_CLIENT_SECRET: "not this one",
          },
        },
      );
      tokens = JSON.parse(stdout) as Record<string, string>;
    } finally {
      signIn.close();
      machine.close();
    }
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("is a managed identity: its machine gives the token, and nothing else is asked", () => {
    assert.equal(tokens[id(1)], `managed token of ${id(1)} for https://api.botframework.com`);
    assert.equal(forms.has(id(1)), false);
    assert.deepEqual(managed[0], {
      client: id(1),
      resource: "https://api.botframework.com",
      header: "proof",
    });
  });

  it("is vouched for by a managed identity's token", () => {
    assert.equal(tokens[id(2)], `token of ${id(2)}`);
    const vouched = `managed token of ${id(9)} for api://AzureADTokenExchange`;
    assert.equal(forms.get(id(2))?.get("client_assertion"), vouched);
    assert.equal(forms.get(id(2))?.has("client_secret"), false);
  });

  it("is vouched for by the token in a file", () => {
    assert.equal(tokens[id(3)], `token of ${id(3)}`);
    assert.equal(forms.get(id(3))?.get("client_assertion"), "what.kubernetes.wrote");
  });

  it("signs with the key of its certificate, and sends neither key nor secret", async () => {
    assert.equal(tokens[id(4)], `token of ${id(4)}`);
    const assertion = forms.get(id(4))?.get("client_assertion") ?? "";
    const { payload } = await jwtVerify(assertion, new X509Certificate(certificate.pem).publicKey, {
      clockTolerance: 60,
    });
    assert.deepEqual([payload.iss, payload.sub], [id(4), id(4)]);
    assert.equal(forms.get(id(4))?.has("client_secret"), false);
  });

  it("has a secret, last of all", () => {
    assert.equal(tokens[id(5)], `token of ${id(5)}`);
    assert.equal(forms.get(id(5))?.get("client_secret"), "s3cret");
    assert.equal(forms.get(id(5))?.get("scope")?.split(" ")[0], "https://api.botframework.com/.default");
  });
});
