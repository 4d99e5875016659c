import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import * as openid from "openid-client";
import { createBrowser } from "../../src/local/tenant/browser.ts";
import { company } from "../../src/local/tenant/company.ts";
import { readToken, signToken } from "../../src/local/tenant/tokens.ts";
import { aRegistration, aTenant, type Reply, type TestTenant } from "./tenant-client.ts";

const { signin } = company.clients;
const { requester, secondRequester, disabled } = company.people;
const callback = "http://127.0.0.1:3978/s/callback";

describe("people's sign-in at the simulated tenant", () => {
  let tenant: TestTenant;
  let relyingParty: openid.Configuration;
  before(async () => {
    tenant = await aTenant();
    relyingParty = await openid.discovery(
      new URL(`${tenant.authorityUrl}/${company.tenantId}/v2.0`),
      signin.clientId,
      undefined,
      openid.ClientSecretPost(signin.secret),
      { execute: [openid.allowInsecureRequests] },
    );
  });
  after(() => tenant.discard());

  async function start(more: Record<string, string> = {}) {
    const verifier = openid.randomPKCECodeVerifier();
    const url = openid.buildAuthorizationUrl(relyingParty, {
      redirect_uri: callback,
      scope: "openid profile email",
      state: "s1",
      nonce: "n1",
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
      ...more,
    });
    const finish = (at: URL) =>
      openid.authorizationCodeGrant(relyingParty, at, {
        pkceCodeVerifier: verifier,
        expectedState: "s1",
        expectedNonce: "n1",
      });
    return { url: url.href, finish };
  }
  const atCallback = (url: URL) => url.href.startsWith(callback);

  it("says in the ID token who it was, as Entra does", async () => {
    const { url, finish } = await start();
    const back = await createBrowser().signIn(url, requester, atCallback);
    const claims = (await finish(back.url)).claims();
    assert.equal(claims?.iss, `${tenant.authorityUrl}/${company.tenantId}/v2.0`);
    assert.equal(claims?.aud, signin.clientId);
    assert.deepEqual(
      [claims?.oid, claims?.tid, claims?.name, claims?.preferred_username],
      [requester, company.tenantId, "Mina Okafor", "mina@larkfield.example"],
    );
    assert.equal(typeof claims?.auth_time, "number");
    assert.notEqual(claims?.sub, requester);
  });

  it("remembers a person, unless the application wants a fresh sign-in", async () => {
    const browser = createBrowser();
    await browser.signIn((await start()).url, requester, atCallback);
    const again = await start();
    const remembered = await browser.open(again.url, undefined, atCallback);
    assert.equal((await again.finish(remembered.url)).claims()?.oid, requester);

    for (const fresh of [{ prompt: "login" }, { max_age: "0" }]) {
      const asked = await start(fresh);
      assert.match((await browser.open(asked.url, undefined, atCallback)).body, /choose who you are/);
    }
    const other = await start({ prompt: "login" });
    const changed = await browser.signIn(other.url, secondRequester, atCallback);
    assert.equal((await other.finish(changed.url)).claims()?.oid, secondRequester);
  });

  it("turns away a disabled account", async () => {
    const { url } = await start();
    const refused = await createBrowser().signIn(url, disabled, atCallback);
    assert.equal(refused.status, 403);
    assert.match(refused.body, /AADSTS50057/);
  });

  it("sends nobody to an address that is not the application's", async () => {
    for (const redirect_uri of ["https://elsewhere.example/s/callback", "http://127.0.0.1:3978/other"]) {
      const answer = await createBrowser().open((await start({ redirect_uri })).url, undefined, atCallback);
      assert.equal(answer.status, 400, redirect_uri);
    }
  });

  it("gives tokens for a code only to the application that proves itself", async () => {
    const { url } = await start();
    const { url: back } = await createBrowser().signIn(url, requester, atCallback);
    const form = new URLSearchParams({
      grant_type: "authorization_code",
      code: back.searchParams.get("code") ?? "",
      redirect_uri: callback,
      client_id: signin.clientId,
      client_secret: "wrong",
    });
    const refused = await tenant.send(
      `${tenant.authorityUrl}/${company.tenantId}/oauth2/v2.0/token`,
      "POST",
      form.toString(),
      { "content-type": "application/x-www-form-urlencoded" },
    );
    assert.deepEqual([refused.status, refused.body.error], [401, "invalid_client"]);
  });
});

describe("applications' sign-in at the simulated tenant", () => {
  let tenant: TestTenant;
  before(async () => {
    tenant = await aTenant();
  });
  after(() => tenant.discard());

  const refusal = ({ status, body }: Reply) => ({
    status,
    error: body.error,
    code: /^AADSTS(\d+):/.exec(String(body.error_description))?.[1],
  });

  it("names the client, its service principal and its permissions in the token", async () => {
    const { provisioning } = company.clients;
    const { access_token: token } = (await tenant.token(provisioning)).body;
    const claims = readToken(String(token))?.claims;
    assert.deepEqual(
      [claims?.appid, claims?.oid, claims?.tid, claims?.aud],
      [
        provisioning.clientId,
        provisioning.servicePrincipalId,
        company.tenantId,
        "https://graph.microsoft.com",
      ],
    );
    const roles = claims?.roles as string[];
    assert.deepEqual(roles.toSorted(), [...provisioning.roles].toSorted());
  });

  it("takes the secret from the Authorization header as well", async () => {
    const { clientId, secret } = company.clients.bot;
    const form = new URLSearchParams({
      grant_type: "client_credentials",
      scope: `${tenant.graphUrl}/.default`,
    });
    const answer = await tenant.send(
      `${tenant.authorityUrl}/${company.tenantId}/oauth2/v2.0/token`,
      "POST",
      form.toString(),
      {
        "content-type": "application/x-www-form-urlencoded",
        authorization: `Basic ${Buffer.from(`${clientId}:${secret}`).toString("base64")}`,
      },
    );
    assert.equal(answer.status, 200);
  });

  it("refuses as Entra does: wrong secret, unknown application, unknown resource, bare scope", async () => {
    const { bot } = company.clients;
    assert.deepEqual(refusal(await tenant.token({ ...bot, secret: "wrong" })), {
      status: 401,
      error: "invalid_client",
      code: "7000215",
    });
    const unknown = await tenant.token({ clientId: "99999999-0000-4000-8000-000000000000", secret: "x" });
    assert.deepEqual(refusal(unknown), { status: 400, error: "unauthorized_client", code: "700016" });
    assert.equal(refusal(await tenant.token(bot, "https://api.example/.default")).code, "500011");
    assert.equal(refusal(await tenant.token(bot, "openid")).code, "1002012");
  });

  it("knows a new secret only after the delay, and an old one no longer", async () => {
    await tenant.control("PUT", "/settings", { secretDelaySeconds: 10 });
    const { id, appId } = await aRegistration(tenant);
    const endDateTime = new Date(Date.now() + 3_600_000).toISOString();
    const added = await tenant.bot("POST", `/applications/${id}/addPassword`, {
      passwordCredential: { endDateTime },
    });
    const client = { clientId: appId, secret: String(added.body.secretText) };
    const codes = [refusal(await tenant.token(client)).code];
    for (const advanceSeconds of [10, 3_600]) {
      await tenant.control("POST", "/clock", { advanceSeconds });
      codes.push(refusal(await tenant.token(client)).code);
    }
    assert.deepEqual(codes, ["7000215", undefined, "7000222"]);
  });

  it("gives Graph nothing for a token that somebody else signed", async () => {
    const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const { access_token: token } = (await tenant.token(company.clients.bot)).body;
    const read = readToken(String(token));
    const jwk = { kid: String(read?.header.kid) };
    const forged = signToken({ privateKey, publicKey, privateJwk: jwk, publicJwk: jwk }, read?.claims ?? {});
    const users = `${tenant.graphUrl}/v1.0/users`;
    const statuses = [String(token), forged].map(
      async (one) => (await tenant.send(users, "GET", undefined, { authorization: `Bearer ${one}` })).status,
    );
    assert.deepEqual(await Promise.all(statuses), [200, 401]);
  });
});
