import { createHmac, hkdfSync } from "node:crypto";
import type { TenantId, UserId } from "./ids.ts";
import type { SecretKeys } from "./secret-link.ts";

declare const brand: unique symbol;
/** Says of two attempts whether they are the same caller's, and nothing else. */
export type CallerMark = string & { readonly [brand]: "CallerMark" };

/** Whoever tries a link: a person once they have signed in, the address of their browser before. */
export type LinkCaller = { userId: UserId; tenantId: TenantId } | { address: string };

/** There are few addresses: a plain hash of one could be looked up, so it is an HMAC under a derived key. */
export function callerMark(caller: LinkCaller, [key]: SecretKeys): CallerMark {
  const derived = Buffer.from(hkdfSync("sha256", key, "", "usher link attempts", 32));
  const text =
    "address" in caller ? `address ${caller.address}` : `person ${caller.tenantId} ${caller.userId}`;
  return createHmac("sha256", derived).update(text).digest("base64url") as CallerMark;
}
