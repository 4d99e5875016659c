import { randomUUID } from "node:crypto";
import type { Entity, State } from "../state.ts";
import { requireRole } from "./access.ts";
import type { Route } from "./call.ts";
import { badRequest, GraphError } from "./errors.ts";

/** Only in Graph's beta; a read without a token is from whoever looks into the tenant. */
export const signInsPath = "/beta/auditLogs/signIns";

type SignIn = Entity & { createdDateTime: string; appId: string; servicePrincipalCredentialKeyId: string };

const item = "sign-ins";
/** Older ones are forgotten, as Entra forgets them after 30 days. */
const mostKept = 1000;

const all = (state: State) => (state.item(item) as SignIn[] | undefined) ?? [];

/** Notes that an app signed in with one of its keys; `errorCode` 0 is success. */
export function noteSignIn(
  state: State,
  { appId, keyId, at, errorCode = 0 }: { appId: string; keyId: string; at: Date; errorCode?: number },
): void {
  const signIn: SignIn = {
    id: randomUUID(),
    createdDateTime: at.toISOString(),
    appId,
    servicePrincipalCredentialKeyId: keyId,
    signInEventTypes: ["servicePrincipal"],
    status: { errorCode },
  };
  state.setItem(item, [...all(state), signIn].slice(-mostKept));
}

const filter =
  /^appId eq '([^']+)' and createdDateTime ge (\S+) and signInEventTypes\/any\(t: ?t eq 'servicePrincipal'\)$/;

export const signInRoutes: Route[] = [
  {
    method: "GET",
    path: signInsPath,
    handle(call) {
      requireRole(call, "AuditLog.Read.All");
      if (!call.settings.hasPremium)
        throw new GraphError(
          403,
          "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
          "Neither tenant is B2C or tenant doesn't have premium license",
        );
      const asked = filter.exec(call.query.get("$filter") ?? "");
      if (!asked) throw badRequest("This filter is not simulated.", "Request_UnsupportedQuery");
      const [, appId, since = ""] = asked;
      const found = all(call.state)
        .filter((each) => each.appId === appId && each.createdDateTime >= new Date(since).toISOString())
        .toSorted((a, b) => b.createdDateTime.localeCompare(a.createdDateTime))
        .slice(0, Number(call.query.get("$top") ?? 1000));
      return {
        status: 200,
        body: { "@odata.context": `${call.graphUrl}/beta/$metadata#auditLogs/signIns`, value: found },
      };
    },
  },
];
