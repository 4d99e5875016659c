import { isGraph } from "../client-credentials.ts";
import { company } from "../company.ts";
import type { Tenant } from "../tenant.ts";
import { isSignedBy, readToken } from "../tokens.ts";
import type { Caller } from "./call.ts";
import { GraphError } from "./errors.ts";

const refused = (message: string) =>
  new GraphError(401, "InvalidAuthenticationToken", message, {
    "WWW-Authenticate": `Bearer realm="", error="invalid_token"`,
  });

/**
 * Who calls, by the token. A token that is there must be good; without one only reads go on, because the tenant
 * listens on loopback and people and probes shall be able to look.
 */
export function callerOf(
  tenant: Tenant,
  authorization: string | undefined,
  method: string,
): Caller | undefined {
  if (authorization === undefined) {
    if (method === "GET" || method === "HEAD") return undefined;
    throw refused("Access token is empty.");
  }
  const token = /^bearer (\S+)$/i.exec(authorization)?.[1];
  const read = token === undefined ? undefined : readToken(token);
  if (token === undefined || !read || read.header.alg !== "RS256")
    throw refused("IDX14100: JWT is not well formed.");
  if (!isSignedBy(tenant.key.publicKey, token)) throw refused("Signing key is invalid.");
  const { aud, exp, tid, appid, oid, roles } = read.claims;
  if (!isGraph(tenant, String(aud))) throw refused("Access token validation failure. Invalid audience.");
  if (tid !== company.tenantId) throw refused("Access token validation failure. Invalid tenant.");
  if (Number(exp) * 1000 <= tenant.clock.tokenTime().getTime())
    throw refused("Lifetime validation failed, the token is expired.");
  return {
    appId: String(appid),
    servicePrincipalId: String(oid),
    roles: Array.isArray(roles) ? roles.map(String) : [],
  };
}
