/** A browser without a screen: it keeps cookies by origin and follows redirects when told to. */
export type Visitor = {
  cookies: Map<string, Map<string, string>>;
  send(url: string, init?: RequestInit): Promise<Reply>;
  /** GET, then every redirect, up to the page where it ends. */
  browse(url: string): Promise<Reply>;
};

export type Reply = { url: string; status: number; headers: Headers; body: string };

/** `public` is the address that the service believes to have; requests for it really go to `real`. */
export function newVisitor(addresses: { public: string; real: string }): Visitor {
  const cookies = new Map<string, Map<string, string>>();

  async function send(url: string, init: RequestInit = {}): Promise<Reply> {
    const { origin } = new URL(url);
    const jar = cookies.get(origin) ?? new Map<string, string>();
    cookies.set(origin, jar);
    const headers = new Headers(init.headers);
    if (jar.size > 0 && !headers.has("cookie")) {
      headers.set("cookie", [...jar].map(([name, value]) => `${name}=${value}`).join("; "));
    }
    const response = await fetch(url.replace(addresses.public, addresses.real), {
      ...init,
      headers,
      redirect: "manual",
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (/max-age=0|expires=Thu, 01 Jan 1970/i.test(line)) jar.delete(name);
      else jar.set(name, value);
    }
    return { url, status: response.status, headers: response.headers, body: await response.text() };
  }

  async function browse(url: string): Promise<Reply> {
    let reply = await send(url);
    for (let hops = 0; hops < 10 && reply.headers.has("location"); hops += 1) {
      reply = await send(new URL(reply.headers.get("location")!, reply.url).href);
    }
    return reply;
  }

  return { cookies, send, browse };
}
