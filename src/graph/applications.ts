import type { Client } from "@microsoft/microsoft-graph-client";
import type { Application, DirectoryObject, ServicePrincipal } from "@microsoft/microsoft-graph-types";
import type { ApplicationObjectId, ClientId } from "../domain/ids.ts";
import type { Plan } from "../domain/plan.ts";
import { DirectoryFailure, type MadeApplication, type NewApplication } from "../usecases/ports.ts";
import { graphError, isAlreadyThere, isNotFound } from "./failures.ts";
import { byApi, idOf, type ResourceLookup } from "./resources.ts";

export const usherTag = "Usher";

/** Usher's own service principal, by the client id that it works under. */
export function ownPrincipal(client: Client, clientId: string) {
  let id: Promise<string> | undefined;
  const ask = async () => {
    const found = (await client
      .api(`/servicePrincipals(appId='${clientId}')`)
      .select("id")
      .get()) as ServicePrincipal;
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
 * Makes the application, or takes the one that an earlier attempt of ours made. Found is not enough: it must carry
 * Usher's tag and be owned by Usher's own service principal, since a foreign one could hold somebody's secret.
 */
export async function createApplication(
  client: Client,
  graphUrl: string,
  own: () => Promise<string>,
  resources: ResourceLookup,
  application: NewApplication,
  mayExist: boolean,
): Promise<MadeApplication> {
  if (mayExist) {
    const found = await findOwn(client, own, application);
    if (found) return found;
  }
  const body = await bodyOf(resources, application);
  const bind = (ids: string[]) => ids.map((id) => `${graphUrl}/v1.0/directoryObjects/${id}`);
  const usher = await own();
  const people = application.owner ? [application.owner as string] : [];
  try {
    return await create({ ...body, "owners@odata.bind": bind([usher, ...people]) }, false);
  } catch (error) {
    const { statusCode = 0, code } = graphError(error) ?? {};
    const isRefused = statusCode === 403 || (statusCode === 400 && code === "Request_BadRequest");
    if (isAlreadyThere(error) || !isRefused) return takeOrThrow(error);
  }
  // Whether a caller that may only touch what it owns may name other owners is not documented: go on without
  // them and say so. Entra makes such a caller an owner by itself.
  try {
    return await create(body, people.length > 0);
  } catch (error) {
    return takeOrThrow(error);
  }

  async function create(fields: object, ownerLeftOut: boolean): Promise<MadeApplication> {
    const made = (await client.api("/applications").post(fields)) as Application;
    return { ...idsOf(made), ownerLeftOut };
  }
  /** "Another object with the same value for property uniqueName already exists": ours, or nobody may have it. */
  async function takeOrThrow(error: unknown): Promise<MadeApplication> {
    if (!isAlreadyThere(error)) throw error;
    const found = await findOwn(client, own, application);
    if (found) return found;
    // Nobody else knows the name, so it is ours from an attempt whose answer was lost; reads lag behind writes.
    throw new DirectoryFailure("Entra has the application but does not show it yet. That can take minutes.", {
      kind: "retry",
      isLag: true,
      cause: error,
    });
  }
}

function idsOf(application: Application) {
  if (!application.id || !application.appId) throw new Error("Graph answered an application without its ids");
  return {
    applicationObjectId: application.id as ApplicationObjectId,
    clientId: application.appId.toLowerCase() as ClientId,
  };
}

async function findOwn(
  client: Client,
  own: () => Promise<string>,
  { uniqueName, owner }: NewApplication,
): Promise<MadeApplication | undefined> {
  let found: Application;
  try {
    found = await client.api(`/applications(uniqueName='${uniqueName}')`).select("id,appId,tags").get();
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
  const owners: { value?: DirectoryObject[] } = await client
    .api(`/applications/${found.id}/owners`)
    .select("id")
    .get();
  const ownerIds = owners.value?.map(({ id }) => id) ?? [];
  if (!found.tags?.includes(usherTag) || !ownerIds.includes(await own())) {
    throw new DirectoryFailure(
      "An application that Usher did not make already has the name that was drawn for this one. Usher does not touch it. Tell a security administrator.",
      { kind: "final" },
    );
  }
  return { ...idsOf(found), ownerLeftOut: owner !== undefined && !ownerIds.includes(owner) };
}

async function bodyOf(
  resources: ResourceLookup,
  { uniqueName, requestId, plan }: NewApplication,
): Promise<Application> {
  const uris = (platform: Plan["redirects"][number]["platform"]) =>
    plan.redirects.filter((redirect) => redirect.platform === platform).map(({ uri }) => uri);
  const requiredResourceAccess = await Promise.all(
    byApi(plan.permissions).map(async ([api, permissions]) => {
      const resource = await resources.find(api, permissions);
      return {
        resourceAppId: api,
        resourceAccess: permissions.map((permission) => ({
          id: idOf(resource, permission) ?? "",
          type: permission.kind === "application" ? "Role" : "Scope",
        })),
      };
    }),
  );
  return {
    displayName: plan.displayName,
    uniqueName,
    // Documents disagree on the default, so it is always sent.
    signInAudience: plan.audience,
    tags: [usherTag, `usher-request:${requestId}`],
    requiredResourceAccess,
    web: {
      redirectUris: uris("web"),
      implicitGrantSettings: {
        enableIdTokenIssuance: plan.idTokens,
        enableAccessTokenIssuance: plan.accessTokens,
      },
    },
    spa: { redirectUris: uris("spa") },
    publicClient: { redirectUris: uris("public") },
    // Personal accounts work with version 2 tokens only.
    ...(plan.audience === "AzureADandPersonalMicrosoftAccount" && {
      api: { requestedAccessTokenVersion: 2 },
    }),
  };
}
