import type { Client } from "@microsoft/microsoft-graph-client";
import type { Application, AppRole, PermissionScope } from "@microsoft/microsoft-graph-types";
import { type Exposed, exposedKey } from "../domain/drift.ts";
import type { Expected } from "../domain/drift-expected.ts";
import type { Plan } from "../domain/plan.ts";
import { DirectoryFailure } from "../usecases/ports/entra.ts";
import { graphError } from "./failures.ts";
import { exposedOf } from "./found.ts";
import { exposedBodies } from "./new-application.ts";

/** Entra leaves nothing out that it does not know to be switched off yet. */
const stillOn = "CannotDeleteOrUpdateEnabledEntitlement";

/**
 * Brings back what the app offers to others. A role or a scope is switched off by one write before another leaves it
 * out; what was taken away is made again with the id that it had.
 */
export async function putBackExposed(
  client: Client,
  application: string,
  plan: Plan,
  { exposed }: Expected,
): Promise<void> {
  const found: Application = await client.api(application).select("id,uniqueName,appRoles,api").get();
  const bodies = exposedBodies(found.uniqueName ?? "", plan);
  const roles = wantedOf(exposed, found.appRoles ?? [], bodies.appRoles, (role) => ({ appRoles: [role] }));
  const scopes = wantedOf(exposed, found.api?.oauth2PermissionScopes ?? [], bodies.scopes, (scope) => ({
    api: { oauth2PermissionScopes: [scope] },
  }));
  // No plan lets a client have its scopes without consent.
  const preAuthorizedApplications: [] = [];
  const off = new Set([...roles.unwanted, ...scopes.unwanted].map(({ id }) => id));
  if (off.size > 0) {
    const switched = <Body extends AppRole | PermissionScope>(all: readonly Body[]) =>
      // A role and a scope with one id are switched together.
      all.map((each) => (off.has(each.id) ? { ...each, isEnabled: false } : each));
    await client.api(application).patch({
      appRoles: switched(found.appRoles ?? []),
      api: {
        oauth2PermissionScopes: switched(found.api?.oauth2PermissionScopes ?? []),
        preAuthorizedApplications,
      },
    } satisfies Application);
  }
  const identifierUris = exposed.flatMap(({ kind, value }) => (kind === "identifier" ? [value] : []));
  try {
    await client.api(application).patch({
      appRoles: roles.wanted,
      api: { oauth2PermissionScopes: scopes.wanted, preAuthorizedApplications },
      identifierUris,
    } satisfies Application);
  } catch (error) {
    if (graphError(error)?.code !== stillOn) throw error;
    throw new DirectoryFailure(
      "Entra does not show yet which roles and scopes of the app are switched off. That can take minutes.",
      { kind: "retry", isLag: true, cause: error },
    );
  }
}

/** What is to stand there, as it is where it is so already; and what is switched on beside it. */
function wantedOf<Body extends AppRole | PermissionScope>(
  exposed: readonly Exposed[],
  standing: readonly Body[],
  planned: readonly Body[],
  applicationWith: (body: Body) => Application,
): { wanted: Body[]; unwanted: Body[] } {
  const expected = new Set(exposed.map(exposedKey));
  const keyOf = (body: Body) => exposedOf(applicationWith(body)).map(exposedKey)[0];
  const kept = planned
    .filter((body) => expected.has(keyOf(body) ?? ""))
    .map((body) => standing.find((each) => keyOf(each) === keyOf(body)) ?? body);
  return { wanted: kept, unwanted: standing.filter((each) => each.isEnabled && !kept.includes(each)) };
}
