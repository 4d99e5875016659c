import { readFile } from "node:fs/promises";
import {
  ClientAssertionCredential,
  ClientCertificateCredential,
  ClientSecretCredential,
  ManagedIdentityCredential,
  type TokenCredential,
} from "@azure/identity";
import type { TenantId } from "../domain/ids.ts";
import { SecretText } from "../domain/secret-text.ts";

/** Whose token stands in for a credential of one's own: a managed identity's, or what the platform keeps in a file. */
export type Vouching = { managedIdentity: string } | { tokenFile: string };

/** How one of Usher's identities proves itself to Entra. */
export type Identity = { clientId: string } & (
  | { kind: "managed" }
  | { kind: "federated"; by: Vouching }
  | { kind: "certificate"; certificatePath: string }
  | { kind: "secret"; secret: SecretText }
);

/** True for an http address on this machine, the only place where tokens may go without TLS (the trial and tests). */
export function isLoopbackHttp(address: string): boolean {
  const url = new URL(address);
  return url.protocol === "http:" && ["127.0.0.1", "[::1]", "localhost"].includes(url.hostname);
}

/**
 * The credential for an identity. `authorityUrl` is the sign-in service without the tenant. In production it is
 * @azure/identity; that refuses an http authority, so the trial's loopback one has a credential of ours.
 * `disableInstanceDiscovery` is for an authority that Microsoft's list does not know (tests over https).
 */
export function credentialFor(
  identity: Identity,
  tenantId: TenantId,
  authorityUrl: string,
  options: { disableInstanceDiscovery?: boolean } = {},
): TokenCredential {
  if (isLoopbackHttp(authorityUrl)) return loopbackCredential(identity, tenantId, authorityUrl);
  const authority = { authorityHost: authorityUrl, ...options };
  switch (identity.kind) {
    case "managed":
      return new ManagedIdentityCredential({ clientId: identity.clientId });
    case "federated":
      return new ClientAssertionCredential(tenantId, identity.clientId, assertionOf(identity.by), authority);
    case "certificate":
      return new ClientCertificateCredential(
        tenantId,
        identity.clientId,
        identity.certificatePath,
        authority,
      );
    case "secret":
      return new ClientSecretCredential(tenantId, identity.clientId, identity.secret.reveal(), authority);
    default:
      return identity satisfies never;
  }
}

/** Seconds before its end at which a token is no longer used. */
const renewBeforeMs = 60_000;

function loopbackCredential(identity: Identity, tenantId: TenantId, authorityUrl: string): TokenCredential {
  let cached: { token: string; expiresOnTimestamp: number } | undefined;
  return {
    async getToken(scopes) {
      if (cached && cached.expiresOnTimestamp - renewBeforeMs > Date.now()) return cached;
      if (identity.kind !== "secret")
        throw new Error("a loopback sign-in service takes a client secret only");
      const scope = Array.isArray(scopes) ? scopes.join(" ") : scopes;
      const answer = await requestToken(authorityUrl, tenantId, identity.clientId, identity.secret, scope);
      if (!answer.ok) throw new Error(`the sign-in service answered ${answer.status} ${answer.error}`);
      cached = {
        token: answer.token.reveal(),
        expiresOnTimestamp: Date.now() + answer.expiresInSeconds * 1000,
      };
      return cached;
    },
  };
}

export type TokenAnswer =
  | { ok: true; token: SecretText; expiresInSeconds: number }
  | { ok: false; status: number; error: string };

/** The client-credentials grant of OAuth 2.0, as Entra's v2.0 token endpoint takes it. Throws when nobody answers. */
export async function requestToken(
  authorityUrl: string,
  tenantId: TenantId,
  clientId: string,
  secret: SecretText,
  scope: string,
): Promise<TokenAnswer> {
  const response = await fetch(`${authorityUrl}/${tenantId}/oauth2/v2.0/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "client_credentials",
      client_id: clientId,
      client_secret: secret.reveal(),
      scope,
    }),
    signal: AbortSignal.timeout(10_000),
    redirect: "error",
  });
  const body = (await response.json().catch(() => ({}))) as Record<string, unknown>;
  return response.ok && typeof body.access_token === "string"
    ? { ok: true, token: new SecretText(body.access_token), expiresInSeconds: Number(body.expires_in) || 300 }
    : { ok: false, status: response.status, error: String(body.error ?? "") };
}

/** The token that stands in for a client secret at the sign-in service (federated credential), as it is then. */
export function assertionOf(by: Vouching): () => Promise<string> {
  // Whatever runs the container (Kubernetes, say) writes a new one into the file before the old one ends.
  if ("tokenFile" in by) return async () => (await readFile(by.tokenFile, "utf8")).trim();
  const credential = new ManagedIdentityCredential({ clientId: by.managedIdentity });
  return async () => (await credential.getToken("api://AzureADTokenExchange/.default")).token;
}
