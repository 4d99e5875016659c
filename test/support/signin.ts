import { generateKeyPairSync } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import Provider, { type Adapter, type AdapterPayload, interactionPolicy } from "oidc-provider";

// Its own key and memory, because the provider warns about the ones that it would use by itself.
const signingKey = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" });

export type TestSignIn = {
  /** Without the tenant. */
  authorityUrl: string;
  /** Who sits at the browser: chosen on the login page, without a click. Undefined: the person cancels. */
  person: { oid: string; tid: string } | undefined;
  /** Every address that was asked for, as it came in. */
  asked: string[];
  /** Answers in its place, where it answers true. */
  instead?: (req: IncomingMessage, res: ServerResponse) => boolean;
  /** May be called twice. */
  stop(): Promise<void>;
};

/** A standard OpenID provider on loopback, at Entra's addresses for one tenant. */
export async function startSignIn(options: {
  tenantId: string;
  clientId: string;
  clientSecret: string;
  redirectUri: string;
  port?: number;
}): Promise<TestSignIn> {
  let handler = (_req: IncomingMessage, _res: ServerResponse): unknown => undefined;
  const server = createServer((req, res) => handler(req, res));
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, "127.0.0.1", resolve));
  const authorityUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const prefix = `/${options.tenantId}/v2.0`;
  const provider = providerFor(`${authorityUrl}${prefix}`, options);
  const callback = provider.callback();

  const signIn: TestSignIn = {
    authorityUrl,
    person: undefined,
    asked: [],
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  handler = (req, res) => {
    signIn.asked.push(req.url ?? "");
    if (signIn.instead?.(req, res)) return undefined;
    if (req.url?.startsWith("/login/")) return login(provider, signIn.person, req, res);
    // Nobody stays signed in: the next person at the same browser would otherwise first have to sign out.
    if (req.url?.startsWith(`${prefix}/authorize?`)) delete req.headers.cookie;
    // The provider learns from these two where it is mounted.
    Object.assign(req, { originalUrl: req.url });
    req.url = req.url?.replace(prefix, "") || "/";
    return callback(req, res);
  };
  return signIn;
}

async function login(
  provider: Provider,
  person: TestSignIn["person"],
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const result = person
    ? { select_account: {}, login: { accountId: `${person.oid} ${person.tid}` } }
    : { error: "access_denied" };
  await provider.interactionFinished(req, res, result, { mergeWithLastSubmission: false });
}

function providerFor(
  issuer: string,
  client: { clientId: string; clientSecret: string; redirectUri: string },
): Provider {
  const policy = interactionPolicy.base();
  policy.add(new interactionPolicy.Prompt({ name: "select_account", requestable: true }), 0);
  return new Provider(issuer, {
    clients: [
      {
        client_id: client.clientId,
        client_secret: client.clientSecret,
        token_endpoint_auth_method: "client_secret_post",
        redirect_uris: [client.redirectUri],
      },
    ],
    adapter: memory(),
    jwks: { keys: [{ ...signingKey, use: "sig" }] },
    claims: { openid: ["sub", "oid", "tid"], profile: ["name"] },
    conformIdTokenClaims: false,
    cookies: { keys: ["only for tests"] },
    features: { devInteractions: { enabled: false } },
    findAccount: (_ctx, id) => {
      const [oid = "", tid = ""] = id.split(" ");
      return { accountId: id, claims: () => ({ sub: id, oid, tid, name: "Test" }) };
    },
    interactions: { policy, url: (_ctx, interaction) => `/login/${interaction.uid}` },
    // Everybody has consented.
    loadExistingGrant: async (ctx) => {
      const grant = new ctx.oidc.provider.Grant({
        clientId: ctx.oidc.client!.clientId,
        accountId: ctx.oidc.session!.accountId!,
      });
      grant.addOIDCScope("openid profile");
      await grant.save();
      return grant;
    },
    pkce: { required: () => true },
    routes: { authorization: "/authorize", token: "/token", jwks: "/keys" },
    ttl: { Interaction: 600, Session: 600, Grant: 600, IdToken: 600, AccessToken: 600 },
  });
}

function memory(): (model: string) => Adapter {
  const rows = new Map<string, AdapterPayload>();
  return (model) => ({
    upsert: async (id, payload) => void rows.set(`${model} ${id}`, payload),
    find: async (id) => rows.get(`${model} ${id}`),
    findByUid: async (uid) => [...rows.values()].find((row) => row.kind === model && row.uid === uid),
    findByUserCode: async () => undefined,
    consume: async (id) =>
      void Object.assign(rows.get(`${model} ${id}`) ?? {}, { consumed: Date.now() / 1000 }),
    destroy: async (id) => void rows.delete(`${model} ${id}`),
    revokeByGrantId: async (grantId) => {
      for (const [key, row] of rows) if (row.grantId === grantId) rows.delete(key);
    },
  });
}
