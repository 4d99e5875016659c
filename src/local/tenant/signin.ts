import { createHash, randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { type AdapterPayload, type Configuration, Provider } from "oidc-provider";
import { company } from "./company.ts";
import { mayRedirectTo, signinAdapter } from "./signin-adapter.ts";
import { refusalPage, signinPage } from "./signin-page.ts";
import type { Entity } from "./state.ts";
import type { Tenant } from "./tenant.ts";

/** Paths behind the tenant's id, as Entra has them. */
export const signinPaths = {
  authorize: "/oauth2/v2.0/authorize",
  token: "/oauth2/v2.0/token",
  logout: "/oauth2/v2.0/logout",
  userinfo: "/oidc/userinfo",
  keys: "/discovery/v2.0/keys",
  interaction: "/login",
} as const;

export const issuerOf = (tenant: Tenant) => `${tenant.urls.authority}/${company.tenantId}/v2.0`;

/**
 * People's sign-in: oidc-provider does the protocol, we say who there is. It trusts `gatekeeper` as every client's
 * secret, because the token endpoint has checked the real one before, with the rules and errors of Entra.
 */
export function createSignin(tenant: Tenant) {
  const { state } = tenant;
  const gatekeeper = randomBytes(32).toString("base64url");
  const provider = new Provider(issuerOf(tenant), configuration(tenant, gatekeeper));
  provider.Client.prototype.redirectUriAllowed = function (uri: string) {
    const application = state.find("application", "appId", this.clientId)[0]?.value;
    return application !== undefined && mayRedirectTo(application, tenant.redirectUris, uri);
  };
  const callback = provider.callback();

  /** Takes another person out of the browser's session; the provider would ask for a sign-out by script first. */
  async function forgetOther(sessionUid: string | undefined, personId: string): Promise<void> {
    const session = sessionUid && (await provider.Session.findByUid(sessionUid));
    if (!session || session.accountId === personId) return;
    delete session.accountId;
    session.authorizations = {};
    await session.persist();
  }

  /** The login page: GET shows the people, POST takes one. */
  async function interaction(request: IncomingMessage, response: ServerResponse, form: URLSearchParams) {
    const html = (status: number, body: string) => {
      response.writeHead(status, { "Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store" });
      response.end(body);
    };
    const details = await provider.interactionDetails(request, response).catch(() => undefined);
    if (!details)
      return html(400, refusalPage("This sign-in is over or belongs to another window. Start again."));
    const people = state.list("user", 0, 999);
    if (request.method !== "POST") {
      const clientId = String(details.params.client_id);
      const client = state.find("application", "appId", clientId)[0]?.value;
      return html(200, signinPage(people, String(client?.displayName ?? clientId)));
    }
    const person = people.find(({ value }) => value.id === form.get("oid"))?.value;
    if (!person) return html(400, refusalPage("AADSTS50034: There is no such person in this directory."));
    if (person.accountEnabled === false)
      return html(403, refusalPage("AADSTS50057: The user account is disabled."));
    // mergeWithLastSubmission: false, so that choosing again after going back replaces the first choice.
    const onward = await provider.interactionResult(
      request,
      response,
      { login: { accountId: person.id, remember: true } },
      { mergeWithLastSubmission: false },
    );
    await forgetOther(details.session?.uid, person.id);
    response.writeHead(303, { Location: onward, "Cache-Control": "no-store" });
    response.end();
  }

  return { gatekeeper, callback, interaction };
}

function configuration(tenant: Tenant, gatekeeper: string): Configuration {
  const { state } = tenant;
  return {
    adapter: signinAdapter(state, (application) => clientMetadata(application, gatekeeper)),
    jwks: { keys: [tenant.key.privateJwk as never] },
    cookies: { keys: [cookieKey(tenant)] },
    routes: {
      authorization: signinPaths.authorize,
      token: signinPaths.token,
      end_session: signinPaths.logout,
      userinfo: signinPaths.userinfo,
      jwks: signinPaths.keys,
    },
    responseTypes: ["code"],
    scopes: ["openid", "profile", "email", "offline_access"],
    subjectTypes: ["pairwise"],
    // Entra's `sub` differs per application; `oid` is the one to compare.
    pairwiseIdentifier: (_context, accountId, client) =>
      createHash("sha256").update(`${client.clientId}:${accountId}`).digest("base64url"),
    claims: {
      openid: ["sub", "oid", "tid", "ver"],
      profile: ["name", "preferred_username"],
      email: ["email"],
    },
    // Entra puts what the scopes allow into the ID token itself.
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: false } },
    interactions: {
      url: (_context, { uid }) => `/${company.tenantId}${signinPaths.interaction}/${uid}`,
    },
    findAccount: (_context, id) => {
      const person = state.get("user", id)?.value;
      if (!person || person.accountEnabled === false) return undefined;
      return { accountId: id, claims: () => claimsOf(person) };
    },
    // Consent to sign in is the tenant's business, not the person's: everybody has it.
    async loadExistingGrant({ oidc }) {
      const grant = new oidc.provider.Grant({
        clientId: oidc.client!.clientId,
        accountId: oidc.session!.accountId!,
      });
      grant.addOIDCScope("openid profile email offline_access");
      await grant.save();
      return grant;
    },
    ttl: {
      AccessToken: 3600,
      AuthorizationCode: 300,
      Grant: 86_400,
      IdToken: 3600,
      Interaction: 3600,
      Session: 86_400,
      RefreshToken: 86_400,
    },
    renderError(context, out) {
      context.type = "html";
      context.body = refusalPage(`${out.error}: ${out.error_description ?? ""}`);
    },
  };
}

const claimsOf = (person: Entity) => ({
  sub: person.id,
  oid: person.id,
  tid: company.tenantId,
  ver: "2.0",
  name: String(person.displayName),
  preferred_username: String(person.userPrincipalName),
  email: String(person.mail),
});

const clientMetadata = (application: Entity, gatekeeper: string): AdapterPayload => ({
  client_id: String(application.appId),
  client_name: String(application.displayName),
  client_secret: gatekeeper,
  token_endpoint_auth_method: "client_secret_post",
  // Only for show: redirectUriAllowed decides.
  redirect_uris: ["https://localhost/s/callback"],
  response_types: ["code"],
  grant_types: ["authorization_code", "refresh_token"],
  subject_type: "pairwise",
  id_token_signed_response_alg: "RS256",
  require_auth_time: true,
});

function cookieKey({ state }: Tenant): string {
  const kept = state.item("cookie-key");
  if (typeof kept === "string") return kept;
  const made = randomBytes(32).toString("base64url");
  state.setItem("cookie-key", made);
  return made;
}
