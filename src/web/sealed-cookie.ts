import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import type { SecretKeys } from "../domain/secret-link.ts";

const nonceBytes = 12;
const tagBytes = 16;

/** How long a cookie of ours lives, in the browser and by the time inside it. */
const cookieLifeSeconds = 600;

export type CookieJar = {
  /** The value of a `Set-Cookie` header that holds `content` unreadably and unalterably for ten minutes. */
  seal(name: string, content: Record<string, string>, now: Date): string;
  /** What was sealed under this very name; undefined when absent, altered, moved from another name, or out of time. */
  open(name: string, cookieHeader: string | undefined, now: Date): Record<string, string> | undefined;
  /** The value of a `Set-Cookie` header that removes the cookie. */
  remove(name: string): string;
  /** The full name of a cookie, as the browser knows it. */
  nameOf(kind: string, id: string): string;
};

/**
 * Cookies that only this service can read and write: AES-256-GCM under a key derived from each of `keys`, with the
 * cookie's name authenticated. The server keeps nothing, so every process can open what another one sealed.
 *
 * `SameSite=Lax`, not `Strict`: the sign-in service sends the browser back from another site, and a strict cookie
 * would stay at home on that way. A lax one is never sent with a post from elsewhere.
 */
export function createCookieJar(keys: SecretKeys, publicUrl: string): CookieJar {
  const derived = keys.map((key) => Buffer.from(hkdfSync("sha256", key, "", "usher sign-in cookie", 32)));
  const secure = publicUrl.startsWith("https:");
  // Browsers refuse a `__Host-` cookie that is not from this very host over https, or has a narrower path.
  const prefix = secure ? "__Host-" : "";
  const attributes = `; Path=/; HttpOnly; SameSite=Lax${secure ? "; Secure" : ""}`;

  return {
    nameOf: (kind, id) => `${prefix}usher-${kind}-${id}`,
    seal(name, content, now) {
      const text = JSON.stringify({ until: now.getTime() + cookieLifeSeconds * 1000, content });
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv("aes-256-gcm", derived[0]!, nonce).setAAD(Buffer.from(name));
      const sealed = Buffer.concat([nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
      return `${name}=${sealed.toString("base64url")}${attributes}; Max-Age=${cookieLifeSeconds}`;
    },
    open(name, cookieHeader, now) {
      const value = cookiesIn(cookieHeader).get(name);
      const text = value && unseal(Buffer.from(value, "base64url"), name, derived);
      if (!text) return undefined;
      const { until, content } = JSON.parse(text) as { until: number; content: Record<string, string> };
      return now.getTime() < until ? content : undefined;
    },
    remove: (name) => `${name}=${attributes}; Max-Age=0`,
  };
}

/** Names and values of a `Cookie` header. */
export function cookiesIn(header: string | undefined): Map<string, string> {
  const pairs = (header ?? "").split(";").map((pair) => pair.trim().split("="));
  return new Map(pairs.map(([name = "", value = ""]) => [name, value]));
}

function unseal(sealed: Buffer, name: string, keys: Buffer[]): string | undefined {
  if (sealed.length < nonceBytes + tagBytes) return undefined;
  for (const key of keys) {
    const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, nonceBytes));
    decipher.setAAD(Buffer.from(name)).setAuthTag(sealed.subarray(-tagBytes));
    try {
      const open = [decipher.update(sealed.subarray(nonceBytes, -tagBytes)), decipher.final()];
      return Buffer.concat(open).toString("utf8");
    } catch {
      // GCM refuses a wrong key; the next one may be the one that sealed it.
    }
  }
  return undefined;
}
