import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { company } from "../../src/local/tenant/company.ts";
import { startTenant, type TenantOptions } from "../../src/local/tenant/server.ts";

type Json = Record<string, unknown>;
export type Reply = { status: number; body: Json; headers: Headers };

/** A tenant in a folder of its own, with what tests ask of it. */
export async function aTenant(options: Partial<TenantOptions> = {}) {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), "usher-tenant-"));
  const running = await startTenant({ graphPort: 0, signinPort: 0, dataDir, ...options });
  const { graphUrl, authorityUrl } = running;

  async function send(
    url: string,
    method: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Reply> {
    const response = await fetch(url, {
      method,
      headers: { ...(typeof body === "object" ? { "content-type": "application/json" } : {}), ...headers },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      body: text ? (JSON.parse(text) as Json) : {},
      headers: response.headers,
    };
  }

  const token = (
    client: { clientId: string; secret: string },
    scope = "https://graph.microsoft.com/.default",
  ) =>
    send(
      `${authorityUrl}/${company.tenantId}/oauth2/v2.0/token`,
      "POST",
      new URLSearchParams({
        grant_type: "client_credentials",
        client_id: client.clientId,
        client_secret: client.secret,
        scope,
      }).toString(),
      { "content-type": "application/x-www-form-urlencoded" },
    );

  /** Graph as one of the company's clients sees it, with a token that it gets once. */
  function as(client: { clientId: string; secret: string }) {
    let bearer: string | undefined;
    return async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
      bearer ??= String((await token(client)).body.access_token);
      return send(`${graphUrl}/v1.0${path}`, method, body, { authorization: `Bearer ${bearer}`, ...headers });
    };
  }

  return {
    graphUrl,
    authorityUrl,
    dataDir,
    send,
    token,
    as,
    bot: as(company.clients.bot),
    control: (method: string, path: string, body?: unknown) => send(`${graphUrl}/_sim${path}`, method, body),
    close: running.close,
    async discard() {
      await running.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

export type TestTenant = Awaited<ReturnType<typeof aTenant>>;

/** The code and text of Graph's error. */
export const errorOf = ({ status, body }: Reply) => {
  const { code, message } = (body.error ?? {}) as { code?: string; message?: string };
  return { status, code, message };
};

export const createIfMissing = { prefer: "create-if-missing" };

/** An application that is there, with its service principal. */
export async function aRegistration(tenant: TestTenant, properties: Json = {}) {
  const application = await tenant.bot("POST", "/applications", { displayName: "Reporting", ...properties });
  const { id, appId } = application.body as { id: string; appId: string };
  await tenant.bot("PATCH", `/servicePrincipals(appId='${appId}')`, {}, createIfMissing);
  const principal = await tenant.bot("GET", `/servicePrincipals(appId='${appId}')?$select=id`);
  return { id, appId, principalId: String(principal.body.id) };
}
