import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { SecretKeys, TokenHash } from "../domain/secret-link.ts";

export type AntiForgery = {
  /** Goes into the form of a page for this session and this link. */
  tokenFor(sessionId: string, link: TokenHash): string;
  accepts(token: string | undefined, sessionId: string, link: TokenHash): boolean;
};

/** Form tokens that the server need not remember: an HMAC over session and link, under keys derived from `keys`. */
export function createAntiForgery(keys: SecretKeys): AntiForgery {
  const derived = keys.map((key) => Buffer.from(hkdfSync("sha256", key, "", "usher anti-forgery", 32)));
  const sign = (key: Buffer, sessionId: string, link: TokenHash) =>
    createHmac("sha256", key).update(`${sessionId} ${link}`).digest();

  return {
    tokenFor: (sessionId, link) => sign(derived[0]!, sessionId, link).toString("base64url"),
    accepts(token, sessionId, link) {
      const given = Buffer.from(token ?? "", "base64url");
      return derived.some((key) => {
        const expected = sign(key, sessionId, link);
        return given.length === expected.length && timingSafeEqual(given, expected);
      });
    },
  };
}

/**
 * Whether a post comes from a page of ours, as far as the browser says so. Our pages send no referrer, and a browser
 * then writes `Origin: null` even on a post to the same site (Fetch, "serializing a request origin"), so that counts as
 * silence; `Sec-Fetch-Site` is exact where it exists.
 */
export function comesFromOurPage(headers: IncomingHttpHeaders, publicUrl: string): boolean {
  const site = headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin") return false;
  const { origin } = headers;
  return origin === undefined || origin === "null" || origin === new URL(publicUrl).origin;
}
