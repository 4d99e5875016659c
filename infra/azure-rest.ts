import { AzureCliCredential } from "@azure/identity";

type Json = Record<string, unknown>;

/** What Microsoft answered instead of doing it. */
export class AzureRefusal extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/**
 * Microsoft's REST as whoever is signed in with `az login`. The token is asked for as late as possible, and is never
 * printed.
 *
 * @throws AzureRefusal for every answer that is not a success
 */
export function azureRest(
  address: string,
  credential: Pick<AzureCliCredential, "getToken"> = new AzureCliCredential(),
) {
  let token: string | undefined;
  return async (method: "GET" | "POST" | "PUT", path: string, body?: Json): Promise<Json> => {
    token ??= (await credential.getToken(`${new URL(address).origin}/.default`)).token;
    const url = path.startsWith("https:") || path.startsWith("http:") ? path : `${address}${path}`;
    // A next page is on the same host; a token goes nowhere else.
    if (new URL(url).origin !== new URL(address).origin)
      throw new Error(`${address} named a page on another host`);
    const response = await fetch(url, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body && { "content-type": "application/json" }) },
      ...(body && { body: JSON.stringify(body) }),
      redirect: "error",
      signal: AbortSignal.timeout(30_000),
    });
    const answer = (await response.json().catch(() => ({}))) as Json;
    if (response.ok) return answer;
    const { code = "", message = "" } = (answer.error ?? {}) as { code?: string; message?: string };
    throw new AzureRefusal(
      response.status,
      code,
      `${method} ${new URL(url).pathname}: ${response.status} ${code} ${message}`,
    );
  };
}

export type AzureRest = ReturnType<typeof azureRest>;
