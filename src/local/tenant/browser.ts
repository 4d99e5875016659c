/**
 * A person's browser for scripts: keeps cookies, follows redirects. Cookies are kept by host with its port, without
 * paths, which is enough for one sign-in after another.
 */
export function createBrowser({ userAgent }: { userAgent?: string } = {}) {
  const jars = new Map<string, Map<string, string>>();

  function keep(host: string, response: Response): void {
    const jar = jars.get(host) ?? new Map<string, string>();
    jars.set(host, jar);
    for (const line of response.headers.getSetCookie()) {
      const [pair = "", ...attributes] = line.split(";");
      const [name = "", ...value] = pair.trim().split("=");
      const expires = attributes.map((one) => /^\s*expires=(.+)$/i.exec(one)?.[1]).find(Boolean);
      const isOver =
        attributes.some((one) => /^\s*max-age=0$/i.test(one)) || (expires && new Date(expires) < new Date());
      if (isOver) jar.delete(name);
      else jar.set(name, value.join("="));
    }
  }

  /** Goes to an address and on through redirects; `stopAt` names an address that is not to be opened but given back. */
  async function open(
    address: string,
    form?: Record<string, string>,
    stopAt: (url: URL) => boolean = () => false,
  ): Promise<{ url: URL; status: number; body: string }> {
    let url = new URL(address);
    let posted = form;
    for (let step = 0; step < 20; step += 1) {
      if (stopAt(url)) return { url, status: 0, body: "" };
      const cookies = [...(jars.get(url.host) ?? [])].map(([name, value]) => `${name}=${value}`).join("; ");
      const response = await fetch(url, {
        redirect: "manual",
        headers: { ...(cookies && { cookie: cookies }), ...(userAgent && { "user-agent": userAgent }) },
        ...(posted ? { method: "POST", body: new URLSearchParams(posted) } : {}),
      });
      keep(url.host, response);
      const location = response.headers.get("location");
      if (!location) return { url, status: response.status, body: await response.text() };
      await response.body?.cancel();
      url = new URL(location, url);
      posted = undefined;
    }
    throw new Error(`${address} redirects without end.`);
  }

  return {
    open,
    /** Opens an address that leads to the tenant's login page, and chooses this person there. */
    async signIn(address: string, oid: string, stopAt?: (url: URL) => boolean) {
      const login = await open(address, undefined, stopAt);
      if (!login.body.includes(`value="${oid}"`)) return login;
      return open(login.url.href, { oid }, stopAt);
    },
  };
}
