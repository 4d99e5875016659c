import { rmSync } from "node:fs";
import { generate } from "selfsigned";
import { type ClientId, parseTenantId, type RequestId, type TenantId } from "../../src/domain/ids.ts";
import type { Credential, Plan } from "../../src/domain/plan.ts";
import { newUniqueName } from "../../src/domain/provisioning.ts";
import { SecretText } from "../../src/domain/secret-text.ts";
import { graphClient } from "../../src/graph/client.ts";
import { credentialFor } from "../../src/graph/credentials.ts";
import { graphInspector } from "../../src/graph/inspect.ts";
import type { NeverRules } from "../../src/graph/never.ts";
import { graphRegistrar } from "../../src/graph/registrar.ts";
import { renewable } from "../../src/graph/renewable-credential.ts";
import { graphTenant } from "../../src/graph/tenant.ts";
import { company } from "../../src/local/tenant/company.ts";
import type { Exchange } from "../../src/local/tenant/exchange.ts";
import { startTenant } from "../../src/local/tenant/server.ts";
import { DirectoryFailure, type WriteQuota } from "../../src/usecases/ports/entra.ts";
import { aPlan } from "../support/builders.ts";
import { temporaryFolder } from "../support/carriers.ts";

/** An API that the simulated tenant knows and has no service principal of. */
export const partnerCenter = {
  clientId: "fa3d9a0c-3fb0-42cc-9193-47c7ecd2edbd",
  name: "Microsoft Partner Center",
} as const;

type Json = Record<string, unknown>;
type Company = "provisioning" | "consent";
type EdgeOptions = {
  /** Application permissions on Graph beside those that the identity has anyway. */
  rights?: Partial<Record<Company, string[]>>;
  hasConsent?: boolean;
  settings?: NonNullable<Parameters<typeof startTenant>[0]["settings"]>;
  /** What is never given away; nothing but to Usher itself when left out. */
  never?: Partial<NeverRules>;
  quota?: WriteQuota;
};

/** Usher's graph edge against the simulated tenant, with a clock that is turned by hand. */
export async function startGraphEdge(options: EdgeOptions = {}) {
  const { rights = {}, hasConsent = true, settings = {}, never: given = {}, quota } = options;
  const folder = temporaryFolder();
  const exchanges: Exchange[] = [];
  const onExchange = (exchange: Exchange) => void exchanges.push(exchange);
  const ports = { graphPort: 0, signinPort: 0 };
  const simulation = await startTenant({ ...ports, dataDir: folder, settings, onExchange });
  const { graphUrl, authorityUrl } = simulation;
  const tenantId = parseTenantId(company.tenantId)!;
  let aheadMs = 0;
  const clock = { now: () => new Date(Date.now() + aheadMs) };

  const sim = async (method: string, path: string, body?: object): Promise<Json> => {
    const response = await fetch(`${graphUrl}/_sim${path}`, {
      method,
      ...(body && { body: JSON.stringify(body) }),
    });
    const answer = (await response.json()) as Json;
    if (!response.ok) throw new Error(`the simulation: ${JSON.stringify(answer)}`);
    return answer;
  };
  // Before anybody asks for a token, since rights stand in it.
  for (const [name, more] of Object.entries(rights)) {
    const { clientId, roles } = company.clients[name as Company];
    await sim("PUT", `/identities/${clientId}`, { roles: [...new Set([...roles, ...more])] });
  }
  type Known = { clientId: string; secret: string };
  const credentialOf = ({ clientId, secret }: Known) =>
    renewable(
      () =>
        credentialFor(
          { kind: "secret", clientId, secret: new SecretText(secret) } as const,
          tenantId,
          authorityUrl,
        ),
      () => clock.now().getTime(),
    );
  const clientOf = (known: Known) =>
    graphClient(graphUrl, credentialOf(known), { tenantId, ...(quota && { quota }) });
  const provisioning = {
    client: clientOf(company.clients.provisioning),
    clientId: company.clients.provisioning.clientId,
  };
  const consent = hasConsent ? { client: clientOf(company.clients.consent) } : undefined;
  const said: string[] = [];
  const say = (fields: object, text: string) => void said.push(`${text} ${JSON.stringify(fields)}`);
  const log = { info: say, warn: say, error: say };
  const never = {
    ownClientIds: Object.values(company.clients).map(({ clientId }) => clientId as ClientId),
    isForbidden: () => false,
    isKnownRole: () => true,
    ...given,
  };
  const registrar = graphRegistrar({
    graphUrl,
    authorityUrl,
    tenantId,
    provisioning,
    consent,
    never,
    clock,
  });

  const edge = {
    sim,
    clock,
    /** As the provisioning identity, by a client that is for one tenant only. */
    clientForTenant: (only: TenantId) =>
      graphClient(graphUrl, credentialOf(company.clients.provisioning), { tenantId: only }),
    provisioning,
    registrar,
    inspector: graphInspector({ graphUrl, provisioning, consent, never, clock, log }),
    /** What went over the wire. */
    exchanges,
    /** What was written to the log. */
    said,
    tenant: graphTenant({ provisioning, clock }),
    urls: { graphUrl, authorityUrl },
    turnClock: (ms: number) => {
      aheadMs += ms;
    },
    /** Orders trouble for the next request that fits. */
    fault: (method: string, path: string, kind: object) => sim("POST", "/faults", { method, path, ...kind }),
    /** What the tenant holds, read past Usher. */
    async graph(path: string) {
      const response = await fetch(`${graphUrl}/v1.0${path}`);
      return (await response.json()) as Json & { value: Json[] };
    },
    /** What was asked since the last time, as `METHOD path`. */
    async asked(method = ""): Promise<string[]> {
      const { requests } = (await sim("GET", "/requests")) as { requests: Json[] };
      await sim("POST", "/requests/clear");
      return requests
        .map((each) => `${String(each.method)} ${decodeURIComponent(String(each.path))}`)
        .filter((each) => each.startsWith(method));
    },
    /** An application with its service principal, as the steps before have left them. */
    async made(plan: Partial<Plan> = {}) {
      const application = {
        uniqueName: newUniqueName(),
        requestId: "REQ-7K3M9Q" as RequestId,
        plan: aPlan({ permissions: [], ...plan }),
        owner: undefined,
      };
      const { applicationObjectId, clientId } = await registrar.createApplication(application, false);
      const since = clock.now();
      return { application, id: applicationObjectId, clientId, since };
    },
    async madeWithPrincipal() {
      const made = await edge.made();
      const principal = await registrar.ensureServicePrincipal(made.clientId as ClientId, made.since);
      return { ...made, principal };
    },
    async close() {
      await simulation.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return edge;
}

export type GraphEdge = Awaited<ReturnType<typeof startGraphEdge>>;

/** A certificate as a plan has it. */
export async function aCertificate(): Promise<Extract<Credential, { kind: "certificate" }>> {
  const made = await generate([{ name: "commonName", value: "Payroll" }], { algorithm: "sha256" });
  return {
    kind: "certificate",
    label: "Payroll export",
    der: made.cert.replaceAll(/-----[^-]+-----|\s/g, ""),
    thumbprint: made.fingerprint.replaceAll(":", ""),
    expiresAt: "2028-03-01T00:00:00.000Z",
  };
}

/** The failure that the work ends in. */
export async function failureOf(work: Promise<unknown>): Promise<DirectoryFailure> {
  try {
    await work;
  } catch (error) {
    if (error instanceof DirectoryFailure) return error;
    throw error;
  }
  throw new Error("nothing failed");
}
