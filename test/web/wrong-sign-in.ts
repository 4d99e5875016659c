import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { type Edge, startEdge } from "./edge.ts";

type Instead = (req: IncomingMessage, res: ServerResponse) => boolean;

const answer =
  (path: RegExp, status: number, body: string): Instead =>
  (req, res) => {
    if (!path.test(req.url ?? "")) return false;
    res.writeHead(status, { "content-type": "application/json" });
    res.end(body);
    return true;
  };
const hang =
  (path: RegExp): Instead =>
  (req) =>
    path.test(req.url ?? "");

const jwk = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey.export({ format: "jwk" });
const keys = /\/keys$/;
const token = /\/token$/;
const discovery = /openid-configuration/;

/** What a sign-in service may answer that is not so, and after which nobody is let in. */
export const lies: Readonly<Record<string, Instead>> = {
  "lists keys that are not its own": answer(keys, 200, JSON.stringify({ keys: [{ ...jwk, use: "sig" }] })),
  "lists its own key's name with another key": (req, res) =>
    answer(
      keys,
      200,
      JSON.stringify({ keys: [{ ...jwk, use: "sig", kid: "keystore-CHANGE-ME" }] }),
    )(req, res),
  "lists no keys": answer(keys, 200, '{"keys":[]}'),
  "answers what is no JSON for its keys": answer(keys, 200, "<html>"),
  "fails to list its keys": answer(keys, 500, "{}"),
  "fails to give a token": answer(token, 500, "{}"),
  "gives what is no token": answer(
    token,
    200,
    '{"id_token":"a.b.c","access_token":"x","token_type":"Bearer"}',
  ),
  "says that it is somebody else": answer(
    discovery,
    200,
    '{"issuer":"https://evil.example","authorization_endpoint":"https://evil.example/a","token_endpoint":"https://evil.example/t","jwks_uri":"https://evil.example/k"}',
  ),
};

/** It takes seconds to be sure. */
export const silences: Readonly<Record<string, Instead>> = {
  "never answers at the token": hang(token),
  "never answers at discovery": hang(discovery),
};

/** With that in the place of its answers nobody is let in and nothing is used up, and somebody is once it behaves. */
export function holdsAgainst(what: string, instead: Instead): void {
  it(`that ${what} lets nobody in, uses nothing up, and does once it behaves`, async () => {
    const edge: Edge = await startEdge();
    try {
      edge.signInService.instead = instead;
      const reply = await edge.newVisitor().browse(`${edge.link}?sign-in`);
      assert.ok([400, 401, 403, 502, 503].includes(reply.status), `${reply.status} ${reply.body}`);
      assert.doesNotMatch(reply.body, /Reveal the secret/);
      assert.match(reply.body, /<h1>/);
      assert.ok(!reply.url.includes("evil.example"));
      delete edge.signInService.instead;
      assert.match((await edge.newVisitor().browse(`${edge.link}?sign-in`)).body, /Reveal the secret/);
    } finally {
      await edge.stop();
    }
  });
}
