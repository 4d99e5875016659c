import type { Client } from "@microsoft/microsoft-graph-client";
import type { ServicePrincipal } from "@microsoft/microsoft-graph-types";
import type { Giving } from "../domain/never.ts";
import { DirectoryFailure, type Registrar } from "../usecases/ports/entra.ts";
import type { Clock } from "../usecases/ports/world.ts";
import {
  type GraphCall,
  isAlreadyThere,
  isNotFound,
  isYoung,
  lacksRight,
  notVisibleYet,
} from "./failures.ts";
import { ensurePrincipal } from "./service-principals.ts";

type Means = {
  client: Client;
  clock: Clock;
  /** Of the service principal of an application that Usher made. */
  tags: readonly string[];
  /** Refuses for good what Usher never touches, and translates what goes wrong. */
  giving<T>(call: GraphCall, since: Date | undefined, what: Giving, act: () => Promise<T>): Promise<T>;
};
type Restoring = Pick<Registrar, "restoreApplication" | "restoreServicePrincipal" | "enableServicePrincipal">;

const closed: ServicePrincipal = { accountEnabled: false };

const foreignPrincipal = (cause: unknown) =>
  new DirectoryFailure(
    "Somebody made another enterprise application for it in Entra, which Usher may not change. It goes when the app is deleted, which Usher does now.",
    { kind: "final", cause },
  );

/**
 * Takes back what was deleted. The documents say that an application's service principal does not come back with it and
 * must be restored by itself; where it came back, or somebody has restored both by hand, there is nothing left to do.
 */
export function restoring({ client, clock, tags, giving }: Means): Restoring {
  const isThere = async (path: string): Promise<boolean> => {
    try {
      await client.api(path).select("id").get();
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  };
  const restore = (id: string) => client.api(`/directory/deletedItems/${id}/restore`).post({});

  return {
    restoreApplication: (application, since) =>
      giving("stop", since, { to: application }, async () => {
        if (await isThere(`/applications/${application}`)) return "there";
        try {
          await restore(application);
          return "there";
        } catch (error) {
          if (!isNotFound(error)) throw error;
          // An attempt whose answer was lost may have restored it, which is not seen everywhere yet.
          if (isYoung(since, clock.now()))
            throw new DirectoryFailure(notVisibleYet, { kind: "retry", isLag: true, cause: error });
          return "gone";
        }
      }),

    restoreServicePrincipal: (principal, clientId, since) =>
      giving("create-service-principal", since, { to: principal }, async () => {
        if (await isThere(`/servicePrincipals/${principal}`)) return principal;
        try {
          await restore(principal);
          return principal;
        } catch (error) {
          // Purged, or another one stands for the application, or this needs a right that making one does not.
          if (!isNotFound(error) && !isAlreadyThere(error) && !lacksRight(error)) throw error;
        }
        const another = await ensurePrincipal(client, clientId, { tags: [...tags], accountEnabled: false });
        try {
          await client.api(`/servicePrincipals/${another}`).patch(closed);
        } catch (error) {
          if (lacksRight(error)) throw foreignPrincipal(error);
          throw error;
        }
        return another;
      }),

    enableServicePrincipal: (principal, since) =>
      giving("stop", since, { to: principal }, async () => {
        const change: ServicePrincipal = { accountEnabled: true };
        await client.api(`/servicePrincipals/${principal}`).patch(change);
      }),
  };
}
