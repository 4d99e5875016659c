import { asSeen, withLag } from "../seen.ts";
import { lagMs, type Settings, settingsOf } from "../settings.ts";
import type { State } from "../state.ts";
import type { Tenant } from "../tenant.ts";
import { applicationRoutes } from "./applications.ts";
import type { Answer, Caller, Json, Route } from "./call.ts";
import { deletedItemRoutes, purgeExpired } from "./deleted-items.ts";
import { directoryRoleRoutes } from "./directory-roles.ts";
import { GraphError } from "./errors.ts";
import { federatedCredentialRoutes } from "./federated-credentials.ts";
import { grantRoutes } from "./grants.ts";
import { ownerRoutes } from "./owners.ts";
import { passwordRoutes } from "./passwords.ts";
import { peopleRoutes } from "./people.ts";
import { policyRoutes } from "./policies.ts";
import { matchRoute } from "./router.ts";
import { servicePrincipalRoutes } from "./service-principals.ts";
import { signInRoutes } from "./sign-ins.ts";

const routes: Route[] = [
  ...applicationRoutes,
  ...passwordRoutes,
  ...federatedCredentialRoutes,
  ...ownerRoutes("applications", "application"),
  ...ownerRoutes("servicePrincipals", "servicePrincipal"),
  ...servicePrincipalRoutes,
  ...grantRoutes,
  ...deletedItemRoutes,
  ...directoryRoleRoutes,
  ...policyRoutes,
  ...peopleRoutes,
  ...signInRoutes,
];

const methods = ["GET", "POST", "PATCH", "PUT", "DELETE"];

export type GraphRequest = {
  method: string;
  /** Path and query behind /v1.0; with its version where that is another. */
  url: string;
  /** Names in lower case. */
  headers: Record<string, string | undefined>;
  body: Json | undefined;
  caller: Caller | undefined;
};

/** Does one request, all or nothing. Throws GraphError when Graph would refuse it. */
export function dispatch(tenant: Tenant, request: GraphRequest): Answer {
  const { state, clock } = tenant;
  const [path = "", ...rest] = request.url.split("?");
  const found = matchRoute(routes, request.method, path);
  if (!found) {
    const isKnown = methods.some((method) => matchRoute(routes, method, path));
    throw isKnown
      ? new GraphError(
          405,
          "Request_BadRequest",
          "Specified HTTP method is not allowed for the request target.",
        )
      : new GraphError(
          404,
          "BadRequest",
          `Resource not found for the segment '${path.split("/")[1] ?? ""}'.`,
        );
  }
  const now = clock.now();
  return state.transaction(() => {
    purgeExpired(state, now);
    const settings = settingsOf(state);
    const at = now.getTime();
    const view = request.method === "GET" ? asSeen(state, at) : writing(state, settings, at);
    return found.route.handle({
      state: view,
      settings,
      clock,
      now,
      graphUrl: tenant.urls.graph,
      method: request.method,
      path,
      query: new URLSearchParams(rest.join("?")),
      headers: request.headers,
      body: request.body,
      params: found.params,
      caller: request.caller,
    });
  });
}

function writing(state: State, settings: Settings, now: number): State {
  const lag = lagMs(state, settings, "changeSeconds");
  return lag > 0 ? withLag(state, now, now + lag) : state;
}
