import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from "node:crypto";
import type { GroupId, RequestId, UserId } from "./ids.ts";
import type { Actor } from "./request.ts";
import { SecretText } from "./secret-text.ts";

declare const brand: unique symbol;
/** SHA-256 of a link's token: all that the database knows of it. */
export type TokenHash = string & { readonly [brand]: "TokenHash" };

/** The value of `SECRET_KEY`: the first key seals, all of them open. 32 bytes each. */
export type SecretKeys = readonly [Buffer, ...Buffer[]];

/** What `SECRET_KEY` has to be, in words. */
export const secretKeyWanted = "32 random bytes in base64 (openssl rand -base64 32); several with commas";

/** One or several keys with commas: the first seals, all of them open. */
export function parseSecretKeys(text: string): SecretKeys | undefined {
  // Buffer passes over what is not base64, so that part of a key could be lost unnoticed.
  const texts = text.split(",").map((each) => each.trim());
  if (!texts.every((each) => /^[A-Za-z0-9+/_-]{43}=?$/.test(each))) return undefined;
  const keys = texts.map((each) => Buffer.from(each, "base64"));
  const [first, ...more] = keys;
  return first && keys.every((key) => key.length === 32) ? [first, ...more] : undefined;
}

/** Ciphertext with what is needed to open it, but for the token and the key. */
export type Sealed = { cipher: string; nonce: string; tag: string };

/** Whom policy lets open links in the place of the requester: one colleague, or whoever is in a group. */
export type OpenedBy = { person: UserId } | { group: GroupId };

/** How it was opened, as far as the requester is told. */
export type Opening = {
  /** The kind of device, as its browser says. */
  device: string;
  /** Left out where the requester did it. */
  by?: Actor;
};

export function isSameOpener(a: OpenedBy, b: OpenedBy | undefined): boolean {
  if (!b) return false;
  return "person" in a ? "person" in b && a.person === b.person : "group" in b && a.group === b.group;
}

export type SecretLink = {
  tokenHash: TokenHash;
  requestId: RequestId;
  /** The only person to whom it is sent. */
  requester: UserId;
  /** The only ones to whom it opens; the requester when left out. */
  openedBy?: OpenedBy;
  /** What they were called when it was made, where the directory said it. */
  openerName?: string;
  keyId: string;
  madeAt: Date;
  /** When the requester was told that it still waits unopened. */
  remindedAt?: Date;
  expiresAt: Date;
} & (
  | { state: "sealed"; sealed: Sealed; deliveredAt?: Date }
  | { state: "revealed"; revealedAt: Date; opening?: Opening }
  | { state: "expired" }
  | { state: "cancelled" }
);

/** 256 random bits, base64url: 43 characters. It is in the link, and nowhere else. */
export function newLinkToken(): SecretText {
  return new SecretText(randomBytes(32).toString("base64url"));
}

export function isLinkToken(text: string): boolean {
  return /^[A-Za-z0-9_-]{43}$/.test(text);
}

/** What is sent to the requester. It holds the token, so it prints as `[secret]` too. */
export function linkUrl(publicUrl: string, token: SecretText): SecretText {
  return new SecretText(`${publicUrl}/s/${token.reveal()}`);
}

export function hashOfToken(token: SecretText): TokenHash {
  return createHash("sha256").update(token.reveal()).digest("base64url") as TokenHash;
}

/** Neither the database (no token) nor the chat (no key) is enough to derive it. */
function sealingKey(token: SecretText, key: Buffer): Buffer {
  return Buffer.from(hkdfSync("sha256", key, Buffer.from(token.reveal()), "usher secret link", 32));
}

/** Seals with AES-256-GCM. `boundTo` (the request and the requester) is authenticated: a row cannot be moved to another. */
export function sealSecret(secret: SecretText, token: SecretText, keys: SecretKeys, boundTo: string): Sealed {
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", sealingKey(token, keys[0]), nonce);
  cipher.setAAD(Buffer.from(boundTo));
  const sealed = Buffer.concat([cipher.update(secret.reveal(), "utf8"), cipher.final()]);
  return {
    cipher: sealed.toString("base64"),
    nonce: nonce.toString("base64"),
    tag: cipher.getAuthTag().toString("base64"),
  };
}

/** Opens with whichever key sealed it; undefined when none does, or when something was altered. */
export function openSecret(
  sealed: Sealed,
  token: SecretText,
  keys: SecretKeys,
  boundTo: string,
): SecretText | undefined {
  for (const key of keys) {
    try {
      const derived = sealingKey(token, key);
      const nonce = Buffer.from(sealed.nonce, "base64");
      // Without the length, a tag cut to four bytes would do.
      const decipher = createDecipheriv("aes-256-gcm", derived, nonce, { authTagLength: 16 });
      decipher.setAAD(Buffer.from(boundTo));
      decipher.setAuthTag(Buffer.from(sealed.tag, "base64"));
      const open = Buffer.concat([decipher.update(Buffer.from(sealed.cipher, "base64")), decipher.final()]);
      return new SecretText(open.toString("utf8"));
    } catch {
      // GCM refuses a wrong key, and what was altered; the next key may be the one that sealed it.
    }
  }
  return undefined;
}

/** As long as a key of Entra's. */
const decoy: Sealed = {
  cipher: Buffer.alloc(40).toString("base64"),
  nonce: Buffer.alloc(12).toString("base64"),
  tag: Buffer.alloc(16).toString("base64"),
};

/** Costs what trying to open a seal costs, and opens nothing: the time of an answer then tells no reason for it. */
export function openNothing(token: SecretText, keys: SecretKeys): void {
  openSecret(decoy, token, keys, "");
}

/** What a link is bound to, as authenticated data of its seal. */
export function sealBinding(requestId: RequestId, requester: UserId, openedBy?: OpenedBy): string {
  return [requestId, requester, ...(openedBy ? Object.entries(openedBy).flat() : [])].join(" ");
}
