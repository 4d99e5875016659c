import { randomUUID } from "node:crypto";
import { type AuthenticatedClient, SigninError } from "./client-authentication.ts";
import { company } from "./company.ts";
import { grantedRoles } from "./graph/principal-entity.ts";
import { graphAppId, resources } from "./resources.ts";
import { settingsOf } from "./settings.ts";
import type { Entity } from "./state.ts";
import type { Tenant } from "./tenant.ts";
import { signToken } from "./tokens.ts";

const lifeSeconds = 3599;

// The Bot Framework is no resource of the company's directory, but every bot asks for a token to it.
const botFramework = "https://api.botframework.com";

/** An app-only access token for `scope=<resource>/.default`, with the application permissions granted at this moment. */
export function clientCredentialsToken(tenant: Tenant, client: AuthenticatedClient, scope: string | null) {
  const asked = /^(.+?)\/+\.default$/.exec(scope?.trim() ?? "")?.[1];
  if (!asked)
    throw new SigninError(
      400,
      "invalid_scope",
      1002012,
      `The provided value for scope ${scope ?? ""} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).`,
    );
  const resource = resourceNamed(tenant, asked);
  if (!resource && asked !== botFramework)
    throw new SigninError(
      400,
      "invalid_resource",
      500011,
      `The resource principal named ${asked} was not found in the tenant named ${company.name}.`,
    );
  const { state, clock, key } = tenant;
  const { roleDelaySeconds } = settingsOf(state);
  // What was granted later than this is not in tokens yet.
  const now = new Date(clock.now().getTime() - roleDelaySeconds * 1000);
  const roles = resource ? grantedRoles({ state, now }, client.principal.id, resource) : [];
  const issuedAt = Math.floor(clock.tokenTime().getTime() / 1000);
  const token = signToken(key, {
    aud: asked,
    iss: `${tenant.urls.authority}/${company.tenantId}/v2.0`,
    iat: issuedAt,
    nbf: issuedAt,
    exp: issuedAt + lifeSeconds,
    app_displayname: client.application.displayName,
    appid: client.application.appId,
    azp: client.application.appId,
    idtyp: "app",
    oid: client.principal.id,
    sub: client.principal.id,
    tid: company.tenantId,
    uti: randomUUID(),
    ver: "2.0",
    ...(roles.length > 0 ? { roles } : {}),
  });
  return { token_type: "Bearer", expires_in: lifeSeconds, ext_expires_in: lifeSeconds, access_token: token };
}

/** The service principal that a scope means: by appId, by `api://appId` or by one of its names. */
function resourceNamed(tenant: Tenant, asked: string): Entity | undefined {
  const bare = asked.replace(/^api:\/\//, "");
  const published = resources.find(({ names }) => names.includes(asked));
  const appId = isGraph(tenant, asked) ? graphAppId : (published?.appId ?? bare);
  const now = tenant.clock.now().getTime();
  return tenant.state
    .find("servicePrincipal", "appId", appId)
    .find(({ deletedAt, visibleFrom }) => deletedAt === undefined && visibleFrom <= now)?.value;
}

/** Microsoft's address, the simulation's own, or the appId: all mean Microsoft Graph. */
export const isGraph = (tenant: Tenant, audience: string) =>
  [graphAppId, "https://graph.microsoft.com", tenant.urls.graph].includes(audience.replace(/\/+$/, ""));
