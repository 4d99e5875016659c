import type { Client } from "@microsoft/microsoft-graph-client";
import type { Giving } from "../domain/never.ts";
import type { Registrar } from "../usecases/ports/entra.ts";
import type { Clock } from "../usecases/ports/world.ts";
import { applicationCredentials } from "./application-credentials.ts";
import { type GraphCall, isNotFound, isYoung, lacksRight } from "./failures.ts";
import { removeGrants } from "./grants.ts";

type Means = {
  client: Client;
  consent: Client | undefined;
  clock: Clock;
  /** Refuses for good what Usher never touches, and translates what goes wrong. */
  giving<T>(call: GraphCall, since: Date | undefined, what: Giving, act: () => Promise<T>): Promise<T>;
};

type Stopping = Pick<
  Registrar,
  | "removeKeysMarked"
  | "disableServicePrincipal"
  | "removeGrants"
  | "removeKey"
  | "removeFederatedCredential"
  | "removeAllKeys"
  | "deleteApplication"
>;

/** Takes away what Usher made. What is Usher's own it leaves too: a row that was altered must not stop Usher itself. */
export function stopping({ client, consent, clock, giving }: Means): Stopping {
  const credentials = applicationCredentials(client);
  const stop = <T>(to: string, since: Date | undefined, act: () => Promise<T>) =>
    giving("stop", since, { to }, act);
  const mayLag = (since: Date) => isYoung(since, clock.now());
  /**
   * Success when there is nothing left to do. A young object that is not found may only not be seen yet, unless Entra
   * shows it among what was deleted.
   */
  const orGone = async (since: Date, act: () => Promise<unknown>, id?: string): Promise<void> => {
    try {
      await act();
    } catch (error) {
      if (!isNotFound(error)) throw error;
      if (mayLag(since) && !(id && (await isDeleted(id)))) throw error;
    }
  };
  const isDeleted = async (id: string): Promise<boolean> => {
    try {
      await client.api(`/directory/deletedItems/${id}`).select("id").get();
      return true;
    } catch (error) {
      if (isNotFound(error) || lacksRight(error)) return false;
      throw error;
    }
  };

  return {
    removeKeysMarked: (application, marker) =>
      giving("remove-key", undefined, { to: application }, () =>
        credentials.removeKeysMarked(application, marker),
      ),

    disableServicePrincipal: (id, since) =>
      stop(id, since, () =>
        orGone(since, () => client.api(`/servicePrincipals/${id}`).patch({ accountEnabled: false }), id),
      ),

    removeGrants: (principal, since) =>
      stop(principal, since, async () => {
        if (consent) await orGone(since, () => removeGrants(consent, principal), principal);
      }),

    removeKey: (application, keyId, since) =>
      stop(application, since, () =>
        orGone(since, () => credentials.removeKnownKey(application, keyId, mayLag(since)), application),
      ),

    removeFederatedCredential: (application, name, since) =>
      stop(application, since, () =>
        orGone(since, () => credentials.removeFederatedCredential(application, name), application),
      ),

    removeAllKeys: (application, since) =>
      stop(application, since, () =>
        orGone(since, () => credentials.removeAll(application, (act) => orGone(since, act)), application),
      ),

    deleteApplication: (application, since) =>
      stop(application, since, () =>
        orGone(since, () => client.api(`/applications/${application}`).delete(), application),
      ),
  };
}
