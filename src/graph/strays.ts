import type { Client } from "@microsoft/microsoft-graph-client";
import type { Application, DirectoryObject, ServicePrincipal } from "@microsoft/microsoft-graph-types";
import {
  type ApplicationObjectId,
  type ClientId,
  parseRequestId,
  type ServicePrincipalId,
} from "../domain/ids.ts";
import type { Stray } from "../usecases/ports/entra.ts";
import { isNotFound } from "./failures.ts";
import { requestTagStart, usherTag } from "./new-application.ts";

/** The application of that client id, if Usher made it: it bears Usher's tag, and Usher owns it. */
export async function findStray(
  client: Client,
  own: () => Promise<string>,
  clientId: ClientId,
): Promise<Stray | undefined> {
  const found = await orNone<Application>(
    client.api(`/applications(appId='${clientId}')`).select("id,displayName,tags,createdDateTime").get(),
  );
  if (!found?.tags?.includes(usherTag)) return undefined;
  const [owners, principal] = await Promise.all([
    client.api(`/applications/${found.id}/owners`).select("id").get() as Promise<{
      value?: DirectoryObject[];
    }>,
    orNone<ServicePrincipal>(client.api(`/servicePrincipals(appId='${clientId}')`).select("id").get()),
  ]);
  const usher = await own();
  if (!owners.value?.some(({ id }) => id === usher)) return undefined;
  const tag = found.tags.find((each) => each.startsWith(requestTagStart));
  const requestId = parseRequestId(tag?.slice(requestTagStart.length));
  return {
    clientId,
    applicationObjectId: found.id as ApplicationObjectId,
    displayName: found.displayName ?? "",
    madeAt: new Date(found.createdDateTime ?? 0),
    ...(principal?.id && { servicePrincipalId: principal.id as ServicePrincipalId }),
    ...(requestId && { requestId }),
  };
}

async function orNone<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
