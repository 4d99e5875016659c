import type { Client } from "@microsoft/microsoft-graph-client";
import type { Application, ServicePrincipal } from "@microsoft/microsoft-graph-types";
import type { ClientId } from "../domain/ids.ts";
import { type Bounds, type Giving, whyNever } from "../domain/never.ts";
import { DirectoryFailure } from "../usecases/ports/entra.ts";
import { isNotFound } from "./failures.ts";

export type NeverRules = Omit<Bounds, "own"> & {
  /** Client ids of all of Usher's identities. */
  ownClientIds: readonly ClientId[];
};

/**
 * The last look before anything is given away in Entra. What is Usher's own is told by the object ids that the tenant
 * itself says, asked once: a row with another client id beside such an id would not get past it.
 */
export function neverGiven(client: Client, { ownClientIds, ...rules }: NeverRules) {
  let own: Promise<ReadonlySet<string>> | undefined;
  const ask = async (): Promise<ReadonlySet<string>> => {
    const ids = await Promise.all(
      [...new Set(ownClientIds)].flatMap((clientId) => [
        idAt(client, `/servicePrincipals(appId='${clientId}')`),
        // A managed identity has none.
        idAt(client, `/applications(appId='${clientId}')`),
      ]),
    );
    return new Set(ids.filter((id) => id !== undefined));
  };
  const known = () => {
    own ??= ask().catch((error: unknown) => {
      own = undefined;
      throw error;
    });
    return own;
  };
  return {
    /** Asks what is Usher's own, so that the checks need not wait for it. */
    ready: async (): Promise<void> => {
      await known();
    },
    /** Throws a final failure in words when this is never given. */
    async check(giving: Giving): Promise<void> {
      const sentence = whyNever(giving, { ...rules, own: await known() });
      if (sentence) throw new DirectoryFailure(sentence, { kind: "final" });
    },
  };
}

async function idAt(client: Client, path: string): Promise<string | undefined> {
  try {
    const found: Application | ServicePrincipal = await client.api(path).select("id").get();
    return found.id;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
