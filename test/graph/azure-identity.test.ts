import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { generate } from "selfsigned";
import { company } from "../../src/local/tenant/company.ts";
import { startTenant } from "../../src/local/tenant/server.ts";
import { temporaryFolder } from "../support/carriers.ts";

describe("the real @azure/identity", () => {
  it("gets a token over https, with which the Graph client reads", async () => {
    const folder = temporaryFolder();
    const altNames = [{ type: 2, value: "localhost" } as const];
    const made = await generate([{ name: "commonName", value: "localhost" }], {
      algorithm: "sha256",
      extensions: [{ name: "subjectAltName", altNames }],
    });
    const authority = path.join(folder, "authority.pem");
    writeFileSync(authority, made.cert);
    const tls = { key: made.private, cert: made.cert };
    const tenant = await startTenant({ graphPort: 0, signinPort: 0, dataDir: folder, tls });
    const { clientId, secret } = company.clients.provisioning;
    const reader = fileURLToPath(new URL("./read-a-person.ts", import.meta.url));
    try {
      const { stdout } = await promisify(execFile)(
        process.execPath,
        [
          reader,
          tenant.authorityUrl,
          tenant.graphUrl,
          company.tenantId,
          company.people.requester,
          clientId,
          secret,
        ],
        { env: { ...process.env, NODE_EXTRA_CA_CERTS: authority } },
      );
      assert.equal(stdout, "ClientSecretCredential: Mina Okafor\n");
    } finally {
      await tenant.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
