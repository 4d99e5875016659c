import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";
import type { State } from "./state.ts";

export type SigningKey = {
  privateKey: KeyObject;
  publicKey: KeyObject;
  privateJwk: JsonWebKey & { kid: string };
  publicJwk: JsonWebKey & { kid: string };
};

export type Claims = Record<string, unknown>;

/** Of all new tenants of this process: making one takes as long as all else that a tenant begins with. */
let made: JsonWebKey | undefined;

/** The tenant's RSA key, kept with the state so that tokens outlive a restart. */
export function signingKey(state: State): SigningKey {
  let jwk = state.item("signing-key") as JsonWebKey | undefined;
  if (!jwk) {
    made ??= generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" });
    jwk = made;
    state.setItem("signing-key", jwk);
  }
  const privateKey = createPrivateKey({ key: jwk, format: "jwk" });
  const publicKey = createPublicKey(privateKey);
  const kid = createHash("sha256").update(String(jwk.n)).digest("base64url").slice(0, 27);
  const about = { kid, use: "sig", alg: "RS256" };
  return {
    privateKey,
    publicKey,
    privateJwk: { ...jwk, ...about },
    publicJwk: { ...publicKey.export({ format: "jwk" }), ...about },
  };
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A JWT signed RS256. */
export function signToken(key: SigningKey, claims: Claims): string {
  const text = `${encode({ typ: "JWT", alg: "RS256", kid: key.publicJwk.kid })}.${encode(claims)}`;
  return `${text}.${sign("sha256", Buffer.from(text), key.privateKey).toString("base64url")}`;
}

/** Splits a JWT without trusting it; undefined when it is none. */
export function readToken(token: string): { header: Claims; claims: Claims } | undefined {
  const [header, claims, signature] = token.split(".");
  if (!header || !claims || !signature) return undefined;
  try {
    const read = (part: string) => JSON.parse(Buffer.from(part, "base64url").toString("utf8")) as Claims;
    return { header: read(header), claims: read(claims) };
  } catch {
    return undefined;
  }
}

/** Whether an RS256 JWT was signed by the holder of this public key. */
export function isSignedBy(publicKey: KeyObject, token: string): boolean {
  const end = token.lastIndexOf(".");
  return verify(
    "sha256",
    Buffer.from(token.slice(0, end)),
    publicKey,
    Buffer.from(token.slice(end + 1), "base64url"),
  );
}
