/** A page as a person reads it: where it is, its text, and its forms. */
export type Page = { url: string; status: number; html: string };
export type Form = {
  action: string;
  method: string;
  fields: Record<string, string>;
  buttons: { name: string; value: string; title: string }[];
};

const mostRedirects = 10;

/** Plays a browser over fetch: keeps cookies by host and path prefix, follows redirects, reads forms. It runs no scripts. */
export function openBrowser() {
  const cookies: { origin: string; path: string; name: string; value: string }[] = [];

  function keep(response: Response, url: URL): void {
    for (const line of response.headers.getSetCookie()) {
      const [pair = "", ...attributes] = line.split(";").map((part) => part.trim());
      const name = pair.slice(0, pair.indexOf("="));
      const value = pair.slice(pair.indexOf("=") + 1);
      const find = (key: string) =>
        attributes.find((each) => each.toLowerCase().startsWith(`${key}=`))?.slice(key.length + 1);
      const path = find("path") ?? "/";
      const isGone =
        value === "" ||
        find("max-age") === "0" ||
        new Date(find("expires") ?? "2999-01-01").getTime() < Date.now();
      const at = cookies.findIndex(
        (each) => each.origin === url.host && each.name === name && each.path === path,
      );
      if (at >= 0) cookies.splice(at, 1);
      if (!isGone) cookies.push({ origin: url.host, path, name, value });
    }
  }

  async function go(address: string, init: RequestInit = {}): Promise<Page> {
    let url = new URL(address);
    let request = init;
    for (let redirects = 0; redirects < mostRedirects; redirects++) {
      const sent = cookies.filter(({ origin, path }) => origin === url.host && url.pathname.startsWith(path));
      const headers = {
        ...(request.headers as Record<string, string>),
        cookie: sent.map(({ name, value }) => `${name}=${value}`).join("; "),
      };
      const response = await fetch(url, { ...request, headers, redirect: "manual" });
      keep(response, url);
      const location = response.headers.get("location");
      if (!location || response.status < 300 || response.status > 399) {
        return { url: url.href, status: response.status, html: await response.text() };
      }
      url = new URL(location, url);
      // 307 and 308 keep the method; browsers turn the others into a GET.
      if (response.status !== 307 && response.status !== 308) request = {};
    }
    throw new Error(`more than ${mostRedirects} redirects from ${new URL(address).origin}`);
  }

  return {
    open: (address: string) => go(address),
    /** Sends a form of the page, as pressing one of its buttons does. */
    submit(page: Page, form: Form, button?: Form["buttons"][number]): Promise<Page> {
      const fields = new URLSearchParams(form.fields);
      if (button?.name) fields.set(button.name, button.value);
      const action = new URL(form.action || page.url, page.url);
      if (form.method !== "post") {
        action.search = fields.toString();
        return go(action.href);
      }
      const origin = new URL(page.url).origin;
      return go(action.href, {
        method: "POST",
        headers: { "content-type": "application/x-www-form-urlencoded", origin },
        body: fields.toString(),
      });
    },
  };
}

const entities: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  "#39": "'",
  "#x27": "'",
};

export const readable = (html: string) =>
  html.replaceAll(/&(amp|lt|gt|quot|#39|#x27);/gi, (_, name: string) => entities[name.toLowerCase()] ?? "");

function attribute(tag: string, name: string): string {
  const [, quoted, bare] = new RegExp(`\\b${name}\\s*=\\s*(?:"([^"]*)"|([^\\s>]+))`, "i").exec(tag) ?? [];
  return readable(quoted ?? bare ?? "");
}

export function formsIn(html: string): Form[] {
  return [...html.matchAll(/<form\b([^>]*)>(.*?)<\/form>/gis)].map(([, head = "", inner = ""]) => {
    const inputs = [...inner.matchAll(/<input\b([^>]*)>/gi)].map(([, tag = ""]) => tag);
    return {
      action: attribute(head, "action"),
      method: attribute(head, "method").toLowerCase() || "get",
      fields: Object.fromEntries(
        inputs.flatMap((tag) =>
          attribute(tag, "name") ? [[attribute(tag, "name"), attribute(tag, "value")]] : [],
        ),
      ),
      buttons: [...inner.matchAll(/<button\b([^>]*)>(.*?)<\/button>/gis)].map(([, tag = "", title = ""]) => ({
        name: attribute(tag, "name"),
        value: attribute(tag, "value"),
        title: readable(title.replaceAll(/<[^>]+>/g, " ")).trim(),
      })),
    };
  });
}

/** Addresses of links whose text fits. */
export function linksIn(html: string, text: RegExp): string[] {
  return [...html.matchAll(/<a\b([^>]*)>(.*?)<\/a>/gis)].flatMap(([, tag = "", inner = ""]) =>
    text.test(readable(inner.replaceAll(/<[^>]+>/g, " "))) ? [attribute(tag, "href")] : [],
  );
}
