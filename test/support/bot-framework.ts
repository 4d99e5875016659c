import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import type { BotFramework } from "../../src/teams/activity-token.ts";

export type Signer = { privateKey: CryptoKey; jwk: JWK & { endorsements?: string[] } };

export async function newSigner(kid: string, endorsements?: string[]): Promise<Signer> {
  const { publicKey, privateKey } = await generateKeyPair("RS256", { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid, use: "sig", ...(endorsements && { endorsements }) };
  return { privateKey, jwk };
}

/**
 * The Bot Framework as a bot sees it, on loopback: OpenID metadata with real RS256 keys, tokens, and a connector that
 * keeps what it is sent and with which authorization.
 */
export async function startBotFramework(botId: string) {
  let signer = await newSigner("first", ["msteams"]);
  let published = [signer.jwk];
  let isDown = false;
  const asked: string[] = [];
  const received: { authorization: string | undefined; body: { attachments?: unknown[] } }[] = [];
  const server = createServer(async (request, response) => {
    const path = request.url ?? "";
    // restify, loaded beside this, lets nothing be chained to writeHead.
    const answer = (status: number, body: object) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    };
    if (path.startsWith("/connector/")) {
      const body = (await json(request)) as { attachments?: unknown[] };
      received.push({ authorization: request.headers.authorization, body });
      return answer(201, { id: String(received.length) });
    }
    asked.push(path);
    if (isDown) return answer(503, {});
    answer(200, path === "/keys" ? { keys: published } : { issuer: url, jwks_uri: `${url}/keys` });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const serviceUrl = `${url}/connector/`;
  const framework: BotFramework = {
    issuer: url,
    metadataUrl: `${url}/openid`,
    // What the simulated tenant gives tokens for.
    resource: "https://graph.microsoft.com",
  };

  /** What a token of the Bot Framework says, at this moment. */
  const claims = (now = Date.now()) => {
    const seconds = Math.floor(now / 1000);
    return { iss: url, aud: botId, nbf: seconds - 60, exp: seconds + 3600, serviceurl: serviceUrl };
  };
  return {
    framework,
    serviceUrl,
    asked,
    received,
    claims,
    get signer() {
      return signer;
    },
    sign: (said: object = claims(), by = signer, kid = by.jwk.kid) =>
      new SignJWT({ ...said })
        .setProtectedHeader({ alg: "RS256", typ: "JWT", ...(kid !== undefined && { kid }) })
        .sign(by.privateKey),
    /** From now on another key signs; the one before is still among those that count. */
    async rotate(kid: string) {
      signer = await newSigner(kid, ["msteams"]);
      published = [...published, signer.jwk];
    },
    publish(jwk: Signer["jwk"]) {
      published = [...published, jwk];
    },
    goDown(down: boolean) {
      isDown = down;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
