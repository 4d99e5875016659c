import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { openCarrier } from "../../src/store/carrier.ts";
import { connectionTo } from "../../src/store/connection.ts";
import type { Schema } from "../../src/store/schema.ts";
import { openWakeUps } from "../../src/store/wake-ups.ts";
import { freshDatabase } from "../support/postgres.ts";

const clientId = "cccccccc-0000-4000-8000-000000000001";
/** Tokens are remembered by client id for the life of the process. */
const otherClientId = "cccccccc-0000-4000-8000-000000000002";
const log = { info() {}, warn() {}, error() {} };

describe("signing in to PostgreSQL as a managed identity", () => {
  /** Azure's endpoint for managed identities, as Container Apps have it. */
  let endpoint: Server;
  let token = "";
  let asked: URL[] = [];
  const environment = { ...process.env };
  before((done) => {
    endpoint = createServer((request, response) => {
      const url = new URL(request.url ?? "", "http://endpoint");
      const isUsher = request.headers["x-identity-header"] === "proof";
      if (isUsher) asked.push(url);
      response.writeHead(isUsher ? 200 : 401, { "content-type": "application/json" });
      const expiresOn = Math.floor(Date.now() / 1000) + 3_600;
      response.end(
        JSON.stringify({
          access_token: token,
          expires_on: String(expiresOn),
          resource: url.searchParams.get("resource"),
          token_type: "Bearer",
          client_id: url.searchParams.get("client_id"),
        }),
      );
    }).listen(0, "127.0.0.1", () => {
      const { port } = endpoint.address() as AddressInfo;
      process.env.IDENTITY_ENDPOINT = `http://127.0.0.1:${port}/msi/token`;
      process.env.IDENTITY_HEADER = "proof";
      done();
    });
  });
  after(() => {
    endpoint.close();
    for (const name of ["IDENTITY_ENDPOINT", "IDENTITY_HEADER"]) {
      if (environment[name] === undefined) delete process.env[name];
      else process.env[name] = environment[name];
    }
  });
  beforeEach(() => {
    asked = [];
  });

  it("gives the token of that identity in the place of a password, for the rows and for the jobs", async () => {
    const { url, drop } = await freshDatabase();
    const address = new URL(url);
    token = decodeURIComponent(address.password);
    address.password = "";
    const carrier = await openCarrier<Schema>({ databaseUrl: address.href, databaseClientId: clientId });
    const wakeUps = await openWakeUps(carrier, log, { now: () => new Date() });
    try {
      assert.ok(asked.length > 0);
      for (const { searchParams } of asked) {
        assert.equal(searchParams.get("resource"), "https://ossrdbms-aad.database.windows.net");
        assert.equal(searchParams.get("client_id"), clientId);
      }
    } finally {
      await wakeUps.stop();
      await carrier.close();
      await drop();
    }
  });

  it("is refused like a wrong password when the token is not taken, without the token in the error", async () => {
    const { url, drop } = await freshDatabase();
    const address = new URL(url);
    token = "canary-token";
    address.password = "";
    const opening = openCarrier<Schema>({ databaseUrl: address.href, databaseClientId: otherClientId });
    await assert.rejects(opening, (error: Error) => {
      const said = `${error.message} ${(error.cause as Error).message}`;
      assert.match(said, /^PostgreSQL cannot be reached with DATABASE_URL\. password authentication failed/);
      assert.ok(!said.includes("canary-token"));
      return true;
    });
    await drop();
  });
});

describe("a connection as a managed identity", () => {
  const given = (databaseUrl: string) => {
    const connection = connectionTo({ databaseUrl, databaseClientId: clientId });
    assert.ok("host" in connection);
    return connection;
  };

  it("wants TLS with a certificate that is checked, whatever the address says, but for this machine", () => {
    const address = "postgres://usher-dev@usher.postgres.database.azure.com/usher";
    for (const mode of ["", "?sslmode=disable", "?sslmode=no-verify"])
      assert.equal(given(`${address}${mode}`).ssl, true);
    assert.equal(given("postgres://usher@127.0.0.1:5433/usher").ssl, false);
  });

  it("has the parts of the address", () => {
    const { host, port, user, database } = given("postgres://usher%2Ddev@db.example/us%65r");
    assert.deepEqual(
      { host, port, user, database },
      { host: "db.example", port: 5432, user: "usher-dev", database: "user" },
    );
    assert.equal(given("postgres://usher@db.example:6432/usher").port, 6432);
  });

  it("is what the address says where no identity is named", () => {
    const databaseUrl = "postgres://u:p@db.example/usher?sslmode=require";
    assert.deepEqual(connectionTo({ databaseUrl }), { connectionString: databaseUrl });
  });
});
