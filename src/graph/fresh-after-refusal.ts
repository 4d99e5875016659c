import type { Context, Middleware } from "@microsoft/microsoft-graph-client";

/**
 * A token says what its identity may do as it was when the token was made, and lives for an hour. After a refusal for want
 * of a right the next request gets a new one: an administrator may just have given the right.
 */
export class FreshAfterRefusal implements Middleware {
  #next: Middleware | undefined;
  readonly #renew: (token: string) => void;

  constructor(renew: (token: string) => void) {
    this.#renew = renew;
  }

  setNext(next: Middleware): void {
    this.#next = next;
  }

  async execute(context: Context): Promise<void> {
    await this.#next?.execute(context);
    if (!(await isRefused(context))) return;
    const header = new Headers(context.options?.headers as Record<string, string>).get("authorization");
    const token = header?.replace(/^Bearer /i, "");
    if (token) this.#renew(token);
  }
}

/** Also where a part of a `$batch` was refused. */
async function isRefused({ request, response }: Context): Promise<boolean> {
  if (!response) return false;
  if (response.status === 403 || response.status === 401) return true;
  const url = typeof request === "string" ? request : request.url;
  if (!/\/\$batch(?:[?#]|$)/.test(url) || !response.ok) return false;
  const { responses = [] } = (await response.clone().json()) as { responses?: { status?: number }[] };
  return responses.some(({ status }) => status === 403);
}
