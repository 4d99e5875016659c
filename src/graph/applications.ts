import type { Client } from "@microsoft/microsoft-graph-client";
import type {
  Application,
  DirectoryObject,
  FederatedIdentityCredential,
} from "@microsoft/microsoft-graph-types";
import type { ApplicationObjectId, ClientId } from "../domain/ids.ts";
import { DirectoryFailure, type MadeApplication, type NewApplication } from "../usecases/ports/entra.ts";
import type { Clock } from "../usecases/ports/world.ts";
import { graphError, isAlreadyThere, isNotFound, isYoung } from "./failures.ts";
import { newApplicationBody, requestTag, usherTag } from "./new-application.ts";
import type { ResourceLookup } from "./resources.ts";

type Means = {
  client: Client;
  /** Object id of Usher's own service principal. */
  own: () => Promise<string>;
  resources: ResourceLookup;
  clock: Clock;
};

/**
 * Makes the application, or takes the one that an earlier attempt of ours made. Found is not enough: it must carry
 * Usher's tag and be owned by Usher's own service principal, since a foreign one could hold somebody's secret.
 */
export async function createApplication(
  means: Means,
  graphUrl: string,
  application: NewApplication,
  mayExist: boolean,
): Promise<MadeApplication> {
  const { client, own, resources } = means;
  if (mayExist) {
    const found = await findOwn(means, application, "to-take");
    if (found) return found;
  }
  const body = await newApplicationBody(resources, application);
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

  async function create(
    fields: Application & { "owners@odata.bind"?: string[] },
    ownerLeftOut: boolean,
  ): Promise<MadeApplication> {
    const made: Application = await client.api("/applications").post(fields);
    return { ...idsOf(made), ownerLeftOut };
  }
  /** "Another object with the same value for property uniqueName already exists": ours, or nobody may have it. */
  async function takeOrThrow(error: unknown): Promise<MadeApplication> {
    if (!isAlreadyThere(error)) throw error;
    const found = await findOwn(means, application, "to-take");
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

/**
 * The application of that name, if it is Usher's. One that is to be taken in the place of a new one must be as Usher would
 * have left it: whoever else owns it, or has put a credential in it, could sign in as it. Owners and tags show some minutes
 * later than the object, so a young one without them is looked at again as long as nothing of somebody else is seen.
 */
export async function findOwn(
  { client, own, clock }: Omit<Means, "resources">,
  { uniqueName, requestId, owner }: Pick<NewApplication, "uniqueName" | "requestId" | "owner">,
  purpose: "to-take" | "to-remove",
): Promise<MadeApplication | undefined> {
  let found: Application;
  try {
    found = await client
      .api(`/applications(uniqueName='${uniqueName}')`)
      .select("id,appId,tags,createdDateTime,passwordCredentials,keyCredentials")
      .get();
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
  const owners: { value?: DirectoryObject[] } = await client
    .api(`/applications/${found.id}/owners`)
    .select("id")
    .get();
  const ownerIds = owners.value?.map(({ id }) => id) ?? [];
  const tags = found.tags ?? [];
  const usher = await own();
  const isTagged = [usherTag, requestTag(requestId)].every((tag) => tags.includes(tag));
  const isOwn = isTagged && ownerIds.includes(usher);
  const isShared = async () =>
    ownerIds.some((id) => id !== usher && id !== owner) || (await hasCredentials(client, found));
  if (isOwn && (purpose === "to-remove" || !(await isShared())))
    return { ...idsOf(found), ownerLeftOut: owner !== undefined && !ownerIds.includes(owner) };
  const mayLag = isYoung(new Date(found.createdDateTime ?? 0), clock.now());
  if (!isOwn && mayLag && (isTagged || tags.length === 0) && !(await isShared()))
    throw new DirectoryFailure(
      "Entra has an application of the name that was drawn for this one, and does not show yet whose it is. That can take minutes.",
      { kind: "retry", isLag: true },
    );
  throw new DirectoryFailure(
    "An application that Usher did not make already has the name that was drawn for this one. Usher does not touch it. Tell a security administrator.",
    { kind: "final", isForeign: true },
  );
}

async function hasCredentials(client: Client, application: Application): Promise<boolean> {
  const { id, passwordCredentials, keyCredentials } = application;
  if ((passwordCredentials?.length ?? 0) + (keyCredentials?.length ?? 0) > 0) return true;
  const federated: { value?: FederatedIdentityCredential[] } = await client
    .api(`/applications/${id}/federatedIdentityCredentials`)
    .get();
  return (federated.value?.length ?? 0) > 0;
}
