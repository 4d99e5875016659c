import type { Client } from "@microsoft/microsoft-graph-client";
import type { ServicePrincipal } from "@microsoft/microsoft-graph-types";
import type { ServicePrincipalId } from "../domain/ids.ts";
import { DirectoryFailure } from "../usecases/ports/entra.ts";
import { graphError, isAlreadyThere, isNotFound, notVisibleYet } from "./failures.ts";

/** Usher's own service principal, by the client id that it works under. */
export function ownPrincipal(client: Client, clientId: string) {
  let id: Promise<string> | undefined;
  const ask = async () => {
    const found: ServicePrincipal = await client
      .api(`/servicePrincipals(appId='${clientId}')`)
      .select("id")
      .get();
    return found.id ?? "";
  };
  return () => {
    id ??= ask().catch((error: unknown) => {
      id = undefined;
      throw error;
    });
    return id;
  };
}

/**
 * Makes the service principal of an application where there is none; answers undefined when it was there. The upsert
 * is documented, but not for every right that a tenant may have given; where it is refused, the plain creation is
 * asked, and its answer counts.
 */
export async function createServicePrincipal(
  client: Client,
  clientId: string,
  fields: ServicePrincipal,
): Promise<ServicePrincipal | undefined> {
  try {
    // 201 with the object when it was missing, 204 without a body when it was there.
    return await client
      .api(`/servicePrincipals(appId='${clientId}')`)
      .header("Prefer", "create-if-missing")
      .patch(fields);
  } catch (error) {
    // Reads lag behind writes: a principal can be there and not be found.
    if (isAlreadyThere(error)) return undefined;
    if (![400, 403, 405, 501].includes(graphError(error)?.statusCode ?? 0)) throw error;
  }
  try {
    const body: ServicePrincipal = { appId: clientId, ...fields };
    return await client.api("/servicePrincipals").post(body);
  } catch (error) {
    if (isAlreadyThere(error)) return undefined;
    throw error;
  }
}

/** The one of an application, made where there is none. */
export async function ensurePrincipal(
  client: Client,
  clientId: string,
  fields: ServicePrincipal,
): Promise<ServicePrincipalId> {
  const made = await createServicePrincipal(client, clientId, fields);
  if (made?.id) return made.id as ServicePrincipalId;
  const found: ServicePrincipal = await client
    .api(`/servicePrincipals(appId='${clientId}')`)
    .select("id")
    .get()
    // Entra has just said that it is there: it is young, however old its application is.
    .catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
      throw new DirectoryFailure(notVisibleYet, { kind: "retry", isLag: true, cause: error });
    });
  return found.id as ServicePrincipalId;
}
