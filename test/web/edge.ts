import { randomBytes } from "node:crypto";
import type { ClientId } from "../../src/domain/ids.ts";
import { newLinkToken, type SecretKeys } from "../../src/domain/secret-link.ts";
import { SecretText } from "../../src/domain/secret-text.ts";
import { createSecretPage } from "../../src/web/secret-page.ts";
import { createServer, type ServerOptions } from "../../src/web/server.ts";
import { createSignIn } from "../../src/web/sign-in.ts";
import { startSignIn } from "../support/signin.ts";
import { ada, memoryDesk, tenantId } from "./desk.ts";
import { newVisitor } from "./visitor.ts";

const clientId = "cccccccc-0000-4000-8000-000000000004" as ClientId;

/** The HTTP edge on a free port with one link for Ada, and a sign-in service. Without `publicUrl` it plays https. */
export async function startEdge(options: Partial<ServerOptions> & { port?: number } = {}) {
  const publicUrl = options.publicUrl ?? "https://usher.example";
  const redirectUri = `${publicUrl}/s/callback`;
  const clientSecret = randomBytes(16).toString("hex");
  const signInSettings = { tenantId, clientId, clientSecret, redirectUri };
  const signInService = await startSignIn(signInSettings);
  signInService.person = { oid: ada.userId, tid: ada.tenantId };

  const lines: string[] = [];
  const write = (fields: Record<string, unknown>, text: string) => {
    const { err, ...rest } = fields;
    lines.push(`${JSON.stringify(rest)} ${err instanceof Error ? err.stack : ""} ${text}`);
  };
  const log = { info: write, warn: write, error: write };
  const clock = { skewMs: 0, now: () => new Date(Date.now() + clock.skewMs) };
  const keys: SecretKeys = [randomBytes(32)];
  const token = newLinkToken().reveal();
  const secret = `canary~${randomBytes(20).toString("hex")}`;
  const desk = memoryDesk({ token, secret, viewer: ada });

  const signInOptions = {
    authorityUrl: signInService.authorityUrl,
    tenantId,
    clientId,
    credential: { kind: "secret" as const, secret: new SecretText(clientSecret) },
    redirectUri,
    clock,
    log,
  };
  const words = { refusal: () => "Refused.", risk: () => "Low risk." };
  const signIn = createSignIn(signInOptions);
  const secretPage = createSecretPage({ desk, signIn, keys, publicUrl, clock, words });
  const server = createServer({
    publicUrl,
    log,
    ready: async () => ({ store: true }),
    secretPage,
    ...options,
  });
  const { port } = await server.listen({ host: "127.0.0.1", port: options.port ?? 0 });
  const real = `http://127.0.0.1:${port}`;

  const edge = {
    publicUrl,
    real,
    port,
    link: `${publicUrl}/s/${token}`,
    token,
    secret,
    desk,
    clock,
    lines,
    signInService,
    signInSettings,
    signInOptions,
    newVisitor: () => newVisitor({ public: publicUrl, real }),
    async stop() {
      await server.close(0);
      await edge.signInService.stop();
    },
  };
  return edge;
}

export type Edge = Awaited<ReturnType<typeof startEdge>>;

/** The hidden field of the page's form. */
export function checkOf(page: string): string {
  return /name="check" value="([^"]+)"/.exec(page)?.[1] ?? "";
}

/** Presses the button of a page that Usher showed. */
export const pressReveal = (check: string): RequestInit => ({
  method: "POST",
  body: new URLSearchParams({ check }),
  headers: { "Sec-Fetch-Site": "same-origin", Origin: "null" },
});
