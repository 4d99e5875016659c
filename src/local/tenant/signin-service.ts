import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import { adminConsent } from "./admin-consent.ts";
import { authenticateClient, SigninError } from "./client-authentication.ts";
import { clientCredentialsToken } from "./client-credentials.ts";
import { company } from "./company.ts";
import { faultAnswer } from "./faults.ts";
import { settingsOf } from "./settings.ts";
import { createSignin, issuerOf, signinPaths } from "./signin.ts";
import type { Tenant } from "./tenant.ts";

type Json = Record<string, unknown>;

/** The sign-in service under `/{tenant}`: discovery, keys, tokens of both kinds and the login page. */
export function createSigninService(tenant: Tenant) {
  const signin = createSignin(tenant);
  const prefix = `/${company.tenantId}`;

  async function answer(request: IncomingMessage, response: ServerResponse, body: string): Promise<void> {
    const url = new URL(request.url ?? "/", tenant.urls.authority);
    if (url.pathname !== prefix && !url.pathname.startsWith(`${prefix}/`))
      return sendError(
        tenant,
        response,
        new SigninError(
          400,
          "invalid_request",
          90002,
          `Tenant '${url.pathname.split("/")[1] ?? ""}' not found. Check to make sure you have the correct tenant ID.`,
        ),
      );
    const path = url.pathname.slice(prefix.length);
    if (path === "/v2.0/.well-known/openid-configuration") return send(response, 200, discovery(tenant));
    if (path === signinPaths.keys) return send(response, 200, { keys: [tenant.key.publicJwk] });
    const form = new URLSearchParams(body);
    if (path === "/adminconsent") {
      const clientId = url.searchParams.get("client_id") ?? "";
      const shown = adminConsent(tenant, clientId, request.method === "POST");
      response.writeHead(shown.status, { "Content-Type": "text/html; charset=utf-8" });
      response.end(shown.body);
      return;
    }
    if (path.startsWith(`${signinPaths.interaction}/`)) return signin.interaction(request, response, form);
    if (path === signinPaths.token && request.method === "POST") return token(request, response, form);
    return forward(request, response, body);
  }

  /** One endpoint for both grants: the client is checked here; people's codes go on to the provider. */
  async function token(request: IncomingMessage, response: ServerResponse, form: URLSearchParams) {
    try {
      const audiences = [`${tenant.urls.authority}${prefix}${signinPaths.token}`, issuerOf(tenant)];
      const client = authenticateClient(
        tenant.state,
        tenant.clock,
        form,
        request.headers.authorization,
        audiences,
      );
      if (form.get("grant_type") === "client_credentials")
        return send(response, 200, clientCredentialsToken(tenant, client, form.get("scope")));
      form.set("client_id", String(client.application.appId));
      form.set("client_secret", signin.gatekeeper);
      form.delete("client_assertion");
      form.delete("client_assertion_type");
      delete request.headers.authorization;
      return forward(request, response, form.toString());
    } catch (error) {
      if (!(error instanceof SigninError)) throw error;
      sendError(tenant, response, error);
    }
  }

  /** Hands a request whose body we have read to the provider, which knows no tenant in its paths. */
  async function forward(request: IncomingMessage, response: ServerResponse, body: string): Promise<void> {
    const bytes = Buffer.from(body);
    const { socket, httpVersion, method, url: originalUrl = "" } = request;
    const headers = { ...request.headers };
    if (bytes.length > 0) headers["content-length"] = String(bytes.length);
    const again = Object.assign(Readable.from(bytes.length > 0 ? [bytes] : []), {
      headers,
      socket,
      httpVersion,
      method,
      // The provider finds out from the two where it is mounted.
      originalUrl,
      url: originalUrl.slice(prefix.length),
    });
    await signin.callback(again as unknown as IncomingMessage, response);
  }

  /** Faults, latency and the log around it all. */
  return async (request: IncomingMessage, response: ServerResponse, body: string): Promise<void> => {
    const started = performance.now();
    const method = request.method ?? "GET";
    const path = (request.url ?? "/").split("?")[0] ?? "/";
    const form = new URLSearchParams(body);
    response.once("close", () =>
      tenant.log.add({
        time: tenant.clock.now().toISOString(),
        durationMs: Math.round(performance.now() - started),
        method,
        path,
        status: response.writableFinished ? response.statusCode : 0,
        appId: form.get("client_id"),
        isPart: false,
      }),
    );
    const { latencyMs } = settingsOf(tenant.state);
    if (latencyMs) await wait(latencyMs);
    const fault = tenant.faults.take(method, path) ?? tenant.storms.take(method, path, "sign-in");
    if (fault?.kind === "hang") return;
    if (fault?.kind === "reset-before" || fault?.kind === "reset-after") return void request.socket.destroy();
    if (fault) {
      const { status, message, headers } = faultAnswer(fault);
      response.writeHead(status, { "Content-Type": "application/json", ...headers });
      return void response.end(
        JSON.stringify({ error: fault.code ?? "temporarily_unavailable", error_description: message }),
      );
    }
    await answer(request, response, body);
  };
}

function send(response: ServerResponse, status: number, body: Json): void {
  response.writeHead(status, {
    "Content-Type": "application/json; charset=utf-8",
    "Cache-Control": "no-store",
  });
  response.end(JSON.stringify(body));
}

function sendError(tenant: Tenant, response: ServerResponse, error: SigninError): void {
  send(response, error.status, {
    error: error.error,
    error_description: error.message,
    error_codes: [error.code],
    timestamp: tenant.clock.now().toISOString(),
    trace_id: crypto.randomUUID(),
    correlation_id: crypto.randomUUID(),
    error_uri: `${tenant.urls.authority}/error?code=${error.code}`,
  });
}

/** Discovery in Entra's shape. It is written here because Entra does not keep it beside the endpoints it names. */
function discovery(tenant: Tenant): Json {
  const base = `${tenant.urls.authority}/${company.tenantId}`;
  return {
    token_endpoint: `${base}${signinPaths.token}`,
    token_endpoint_auth_methods_supported: ["client_secret_post", "private_key_jwt", "client_secret_basic"],
    jwks_uri: `${base}${signinPaths.keys}`,
    response_modes_supported: ["query", "fragment", "form_post"],
    subject_types_supported: ["pairwise"],
    id_token_signing_alg_values_supported: ["RS256"],
    response_types_supported: ["code"],
    scopes_supported: ["openid", "profile", "email", "offline_access"],
    issuer: issuerOf(tenant),
    request_uri_parameter_supported: false,
    userinfo_endpoint: `${base}${signinPaths.userinfo}`,
    authorization_endpoint: `${base}${signinPaths.authorize}`,
    code_challenge_methods_supported: ["S256"],
    grant_types_supported: ["authorization_code", "refresh_token", "client_credentials"],
    claims_supported: [
      "sub",
      "iss",
      "aud",
      "exp",
      "iat",
      "auth_time",
      "nonce",
      "oid",
      "tid",
      "ver",
      "name",
      "preferred_username",
      "email",
    ],
    tenant_region_scope: null,
    cloud_instance_name: "localhost",
    msgraph_host: new URL(tenant.urls.graph).host,
  };
}
