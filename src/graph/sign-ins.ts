import type { Client } from "@microsoft/microsoft-graph-client";
import type { ClientId } from "../domain/ids.ts";
import type { SignIns } from "../usecases/ports/entra.ts";
import type { Clock, Log } from "../usecases/ports/world.ts";
import { graphError } from "./failures.ts";

/** Only what is read of Graph's `signIn`; its types for v1.0 have no sign-ins of apps. */
type AppSignIn = {
  createdDateTime?: string;
  servicePrincipalCredentialKeyId?: string;
  status?: { errorCode?: number };
};

/** The newest of an app that signs in often hide what is older: then nothing is said of that. */
const mostRead = 200;
/** An administrator who grants the right waits this long at most; and a log that is slow does not hold every sweep up. */
const notAskedForMs = 10 * 60_000;

/**
 * The log of sign-ins by apps. It needs AuditLog.Read.All and a tenant with Entra ID P1, and is in Graph's beta only; so
 * nothing depends on it: whatever goes wrong, nothing is said.
 */
export function graphSignIns({ client, clock, log }: { client: Client; clock: Clock; log: Log }): SignIns {
  let askAgainAt = 0;
  return {
    async lastByKey(clientId: ClientId, since: Date) {
      if (clock.now().getTime() < askAgainAt) return undefined;
      try {
        const page: { value?: AppSignIn[] } = await client
          .api("/auditLogs/signIns")
          .version("beta")
          .filter(
            `appId eq '${clientId}' and createdDateTime ge ${since.toISOString()} and signInEventTypes/any(t: t eq 'servicePrincipal')`,
          )
          .orderby("createdDateTime desc")
          .top(mostRead)
          .get();
        return lastUses(page.value ?? [], since);
      } catch (error) {
        askAgainAt = clock.now().getTime() + notAskedForMs;
        log.info({ statusCode: graphError(error)?.statusCode }, "the log of sign-ins cannot be read");
        return undefined;
      }
    },
  };
}

function lastUses(signIns: readonly AppSignIn[], since: Date): Map<string, Date> {
  const last = new Map<string, Date>();
  for (const { createdDateTime, servicePrincipalCredentialKeyId: keyId, status } of signIns) {
    const at = new Date(createdDateTime ?? Number.NaN);
    // What was refused is no use of a key.
    if (!keyId || (status?.errorCode ?? 0) !== 0 || !(at >= since)) continue;
    const known = last.get(keyId);
    if (!known || at > known) last.set(keyId, at);
  }
  return last;
}
