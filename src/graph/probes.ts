import type { TokenCredential } from "@azure/identity";
import type { Client } from "@microsoft/microsoft-graph-client";
import type { Application } from "@microsoft/microsoft-graph-types";
import type { TenantId } from "../domain/ids.ts";
import { DirectoryFailure } from "../usecases/ports/entra.ts";
import type { IdentityProbe, Probes } from "../usecases/ports/probes.ts";
import type { Clock } from "../usecases/ports/world.ts";
import { graphScope } from "./client.ts";
import { isNotFound, translate } from "./failures.ts";
import { ownPrincipal } from "./service-principals.ts";

type Options = {
  graphUrl: string;
  authorityUrl: string;
  tenantId: TenantId;
  identities: readonly (Pick<IdentityProbe, "parts" | "clientId"> & {
    /** A new one each time: its token then says what it may do now. */
    credential: () => TokenCredential;
  })[];
  /** The provisioning identity's. */
  client: Client;
  clientId: string;
  signInClientId: string;
  clock: Clock;
};

const patienceMs = 6_000;

/** What can be seen at Graph and at the sign-in service. */
export function graphProbes({ graphUrl, authorityUrl, tenantId, clock, ...rest }: Options) {
  const { client, clientId, signInClientId } = rest;
  const own = ownPrincipal(client, clientId);
  const asking = async <T>(call: () => Promise<T>): Promise<T> => {
    try {
      return await call();
    } catch (error) {
      throw translate("read", error, undefined, clock.now());
    }
  };
  return {
    identities: rest.identities.map(({ parts, clientId: id, credential }) => ({
      parts,
      clientId: id,
      rights: async () => rolesIn(await tokenOf(credential, graphScope(graphUrl))),
    })),
    hasMembers: (group) =>
      asking(async () => {
        const answer: { value?: unknown[] } = await client
          .api(`/groups/${group}/transitiveMembers/microsoft.graph.user`)
          .select("id")
          .top(1)
          .header("ConsistencyLevel", "eventual")
          .count(true)
          .get();
        return (answer.value?.length ?? 0) > 0;
      }),
    signIn: () =>
      asking(async () => {
        try {
          const found: Application = await client
            .api(`/applications(appId='${signInClientId}')`)
            .select("web,optionalClaims")
            .get();
          return {
            redirectUris: found.web?.redirectUris ?? [],
            idTokenClaims: found.optionalClaims?.idToken?.map(({ name }) => name ?? "") ?? [],
          };
        } catch (error) {
          if (isNotFound(error)) return undefined;
          throw error;
        }
      }),
    ownedObjects: () =>
      asking(async () => {
        const answer: { value?: unknown[] } = await client
          .api(`/servicePrincipals/${await own()}/ownedObjects`)
          .select("id")
          .top(999)
          .get();
        return answer.value?.length ?? 0;
      }),
    clocks: () =>
      Promise.all([
        clockAt("Microsoft Graph", `${graphUrl}/v1.0/`, clock),
        clockAt(
          "the sign-in service",
          `${authorityUrl}/${tenantId}/v2.0/.well-known/openid-configuration`,
          clock,
        ),
      ]),
  } satisfies Partial<Probes>;
}

/** Words of @azure/identity's hold addresses and ids; the code of Entra's says what is wrong. */
export async function tokenOf(credential: () => TokenCredential, scope: string): Promise<string> {
  try {
    const answer = await credential().getToken(scope);
    if (answer) return answer.token;
  } catch (error) {
    const { message, name } = error as Error;
    const code = /AADSTS\d+|\b\d{3} [a-z_]+$/.exec(message)?.[0] ?? name;
    throw new DirectoryFailure(
      `This identity cannot sign in to Entra (${code}): look at its client id and its credential.`,
      { kind: "final", cause: error },
    );
  }
  throw new DirectoryFailure("The sign-in service gave this identity no token.", { kind: "final" });
}

/** Without roles there is no such claim. Microsoft promises nobody but Graph what is in its tokens. */
function rolesIn(token: string): string[] | undefined {
  try {
    const text = Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8");
    const { roles = [] } = JSON.parse(text) as { roles?: unknown };
    return Array.isArray(roles) ? roles.map(String) : undefined;
  } catch {
    return undefined;
  }
}

/** By the Date of an answer, whatever else it says; half of the time that it took is taken off. */
async function clockAt(of: string, url: string, clock: Clock): Promise<{ of: string; aheadMs: number }> {
  const before = clock.now().getTime();
  let date: string | null;
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(patienceMs), redirect: "manual" });
    await answer.body?.cancel();
    date = answer.headers.get("date");
  } catch (error) {
    throw new DirectoryFailure(`There was no answer from ${of}.`, { kind: "retry", cause: error });
  }
  const then = Date.parse(date ?? "");
  if (Number.isNaN(then)) throw new DirectoryFailure(`The answer from ${of} has no date.`, { kind: "retry" });
  const middle = (before + clock.now().getTime()) / 2;
  return { of, aheadMs: then - middle };
}
