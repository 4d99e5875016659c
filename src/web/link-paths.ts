import type { IncomingHttpHeaders } from "node:http";
import type { PageLinks } from "./pages.ts";

/** A request, as far as the pages of a link look at it. `token` is the text in the link, whatever it is. */
export type LinkRequest = { token: string; headers: IncomingHttpHeaders };

/** Where the pages of a link are, as paths on this host and, for redirects, as addresses. */
export function linkPaths(publicUrl: string) {
  const links: PageLinks = { base: `${new URL(publicUrl).pathname.replace(/\/$/, "")}/s` };
  const pathOf = (token: string) => `${links.base}/${encodeURIComponent(token)}`;
  return {
    links,
    pathOf,
    signInAt: (token: string) => `${pathOf(token)}?sign-in`,
    addressOf: (token: string) => `${publicUrl}/s/${encodeURIComponent(token)}`,
  };
}
