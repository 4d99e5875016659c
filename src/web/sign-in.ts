import * as oidc from "openid-client";
import { type ClientId, parseTenantId, parseUserId, type TenantId } from "../domain/ids.ts";
import type { Viewer } from "../usecases/handover/desk.ts";
import type { Clock, Log } from "../usecases/ports/world.ts";
import { type ClientCredential, clientAuthOf } from "./client-credential.ts";

/** What must come back unchanged from the browser for a sign-in to count. */
export type Attempt = { state: string; nonce: string; verifier: string };

/** `once-more`: whoever it is proves it now, however long ago they did so last; so does another person. */
export type Who = "anybody" | "another-person" | "once-more";

export type SignIn = {
  /** Changes nothing here; `url` is where the browser goes. */
  begin(who: Who): Promise<{ kind: "begun"; attempt: Attempt; url: string } | { kind: "unreachable" }>;
  /** `query` is the query of the address that the browser came back to. */
  finish(
    attempt: Attempt,
    query: string,
  ): Promise<
    /** `authTime`: when they proved who they are, where the sign-in service says so. */
    | { kind: "signed-in"; viewer: Viewer; authTime?: Date }
    | { kind: "other-tenant" }
    | { kind: "too-old" }
    | { kind: "refused" }
    | { kind: "unreachable" }
  >;
};

export type SignInOptions = {
  /** Without the tenant and without a slash at the end. */
  authorityUrl: string;
  tenantId: TenantId;
  clientId: ClientId;
  credential: ClientCredential;
  /** Registered at the sign-in service, to the letter. */
  redirectUri: string;
  clock: Clock;
  log: Log;
};

/** A sign-in counts for so long; an older one at the sign-in service has to be made anew. */
const maxAgeSeconds = 600;
export const clockToleranceSeconds = 30;
/** People wait for a page; what takes longer is as good as down. */
const timeoutSeconds = 8;

/**
 * OpenID Connect, authorization code with PKCE, state and nonce. The sign-in service is first asked when somebody needs
 * it, and again the next time when it did not answer. Throws at once on an authority that is http and not loopback.
 */
export function createSignIn(options: SignInOptions): SignIn {
  const { tenantId, redirectUri, clock, log } = options;
  const server = new URL(`${options.authorityUrl}/${tenantId}/v2.0`);
  const insecure = server.protocol === "http:";
  if (insecure && !isLoopback(server.hostname)) {
    throw new Error(`The sign-in service must be reached over https: ${server.origin}`);
  }

  const discover = async () => {
    const metadata = { [oidc.clockTolerance]: clockToleranceSeconds };
    const auth = await clientAuthOf(options.credential);
    return oidc.discovery(server, options.clientId, metadata, auth, {
      timeout: timeoutSeconds,
      // The token comes straight from the service, so the standard trusts TLS alone; whoever is in between does not
      // have its key.
      execute: [oidc.enableNonRepudiationChecks, ...(insecure ? [oidc.allowInsecureRequests] : [])],
    });
  };
  let known: Promise<oidc.Configuration> | undefined;
  const configuration = async () => {
    known ??= discover();
    try {
      return await known;
    } catch (error) {
      known = undefined;
      log.error({ reason: reasonOf(error) }, "the sign-in service did not answer discovery");
      return undefined;
    }
  };

  return {
    async begin(who) {
      const config = await configuration();
      if (!config) return { kind: "unreachable" };
      const attempt = {
        state: oidc.randomState(),
        nonce: oidc.randomNonce(),
        verifier: oidc.randomPKCECodeVerifier(),
      };
      const url = oidc.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        scope: "openid profile",
        state: attempt.state,
        nonce: attempt.nonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(attempt.verifier),
        code_challenge_method: "S256",
        max_age: who === "once-more" ? "0" : String(maxAgeSeconds),
        // The browser's session there may be the wrong person's, or too old, so then the sign-in begins from nothing.
        // `login` is the standard's word; `select_account` is optional for a provider.
        ...(who !== "anybody" && { prompt: "login" }),
      });
      return { kind: "begun", attempt, url: url.href };
    },

    async finish(attempt, query) {
      const config = await configuration();
      if (!config) return { kind: "unreachable" };
      let claims: oidc.IDToken | undefined;
      try {
        const tokens = await oidc.authorizationCodeGrant(config, new URL(`${redirectUri}?${query}`), {
          expectedState: attempt.state,
          expectedNonce: attempt.nonce,
          pkceCodeVerifier: attempt.verifier,
          idTokenExpected: true,
        });
        claims = tokens.claims();
      } catch (error) {
        log.warn({ reason: reasonOf(error) }, "a sign-in was not completed");
        // Its keys may have been wrong, and are kept for minutes otherwise.
        if (error instanceof oidc.ClientError) known = undefined;
        return { kind: didNotAnswer(error) ? "unreachable" : "refused" };
      }
      const viewer = viewerOf(claims);
      if (!viewer) {
        log.warn({ reason: "no oid or tid" }, "a sign-in was not completed");
        return { kind: "refused" };
      }
      if (viewer.tenantId !== tenantId) return { kind: "other-tenant" };
      // Entra says `auth_time` only where the registration asks for that optional claim; without it `max_age` must do.
      if (claims?.auth_time === undefined) return { kind: "signed-in", viewer };
      const oldest = clock.now().getTime() / 1000 - maxAgeSeconds - clockToleranceSeconds;
      if (claims.auth_time < oldest) return { kind: "too-old" };
      return { kind: "signed-in", viewer, authTime: new Date(claims.auth_time * 1000) };
    },
  };
}

/** Whether an address can only be this machine. */
function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}

function viewerOf(claims: oidc.IDToken | undefined): Viewer | undefined {
  const textOf = (claim: unknown) => (typeof claim === "string" ? claim : undefined);
  const userId = parseUserId(textOf(claims?.oid));
  const tenantId = parseTenantId(textOf(claims?.tid));
  return userId && tenantId && { userId, tenantId };
}

/** The error's code only: descriptions of the sign-in service name people, and causes can hold the code. */
function reasonOf(error: unknown): string {
  if (error instanceof oidc.AuthorizationResponseError || error instanceof oidc.ResponseBodyError)
    return error.error;
  if (error instanceof oidc.ClientError) return error.code ?? error.name;
  return error instanceof Error ? error.name : "unknown";
}

/** As against an answer that says no. `fetch` throws a TypeError when nobody answers; a 5xx is "not conform". */
function didNotAnswer(error: unknown): boolean {
  if (error instanceof oidc.ClientError) {
    return error.code === "OAUTH_TIMEOUT" || error.code === "OAUTH_RESPONSE_IS_NOT_CONFORM";
  }
  return error instanceof TypeError && !("code" in error);
}
