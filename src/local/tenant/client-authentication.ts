import { createHash, timingSafeEqual, verify, X509Certificate } from "node:crypto";
import type { Clock } from "./clock.ts";
import { company } from "./company.ts";
import type { Json } from "./graph/call.ts";
import { hashOfSecret } from "./graph/passwords.ts";
import { noteSignIn } from "./graph/sign-ins.ts";
import type { Entity, Row, State } from "./state.ts";
import { readToken } from "./tokens.ts";

/** A refusal of the sign-in service, with the number that Entra gives it. */
export class SigninError extends Error {
  readonly status: number;
  readonly error: string;
  readonly code: number;

  constructor(status: number, error: string, code: number, description: string) {
    super(`AADSTS${code}: ${description}`);
    this.status = status;
    this.error = error;
    this.code = code;
  }
}

export type AuthenticatedClient = { application: Entity; principal: Entity };

/**
 * Checks who a token request comes from: a secret in the body or in the Authorization header, or an assertion signed
 * with the key of a certificate that the application has. Throws a SigninError with Entra's number.
 */
export function authenticateClient(
  state: State,
  clock: Clock,
  form: URLSearchParams,
  authorization: string | undefined,
  audiences: readonly string[],
): AuthenticatedClient {
  const basic = readBasic(authorization);
  const assertion = form.get("client_assertion") ?? undefined;
  const clientId =
    basic?.clientId ?? form.get("client_id") ?? text(readToken(assertion ?? "")?.claims.sub) ?? "";
  if (!clientId)
    throw new SigninError(400, "invalid_request", 900144, "The request body must contain 'client_id'.");
  const now = clock.now().getTime();
  const isThere = (row: Row) => row.deletedAt === undefined && row.visibleFrom <= now;
  const application = state.find("application", "appId", clientId.toLowerCase()).find(isThere)?.value;
  if (!application)
    throw new SigninError(
      400,
      "unauthorized_client",
      700016,
      `Application with identifier '${clientId}' was not found in the directory '${company.name}'.`,
    );
  if (assertion) checkAssertion(application, assertion, clock, audiences);
  const secret = basic?.secret ?? form.get("client_secret") ?? undefined;
  const keyId = assertion ? undefined : checkSecret(state, application, secret, now);

  const principal = state.find("servicePrincipal", "appId", String(application.appId)).find(isThere)?.value;
  if (!principal)
    throw new SigninError(
      401,
      "unauthorized_client",
      7000229,
      `The client application ${clientId} is missing service principal in the tenant ${company.tenantId}.`,
    );
  if (principal.accountEnabled === false)
    throw new SigninError(401, "unauthorized_client", 7000112, `Application '${clientId}' is disabled.`);
  if (keyId) noteSignIn(state, { appId: String(application.appId), keyId, at: new Date(now) });
  return { application, principal };
}

const text = (value: unknown) => (typeof value === "string" ? value : undefined);

function readBasic(authorization: string | undefined) {
  const encoded = /^basic (.+)$/i.exec(authorization ?? "")?.[1];
  if (!encoded) return undefined;
  const [clientId = "", ...rest] = Buffer.from(encoded, "base64").toString("utf8").split(":");
  // OAuth encodes both halves as forms are encoded before they are joined.
  const decode = (part: string) => new URLSearchParams(`x=${part}`).get("x") ?? "";
  return { clientId: decode(clientId), secret: decode(rest.join(":")) };
}

/** Answers which of the application's secrets it is. */
function checkSecret(state: State, application: Entity, secret: string | undefined, now: number): string {
  const { appId } = application;
  if (!secret)
    throw new SigninError(
      401,
      "invalid_client",
      7000218,
      "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    );
  const hash = Buffer.from(hashOfSecret(secret));
  const known = state.secretsOf(String(appId)).find((one) => timingSafeEqual(Buffer.from(one.hash), hash));
  // Right after it was made a secret is not known everywhere: Entra's answer is the same as to a wrong one.
  if (!known || known.usableFrom > now)
    throw new SigninError(
      401,
      "invalid_client",
      7000215,
      `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${String(appId)}'.`,
    );
  if (known.expiresAt <= now)
    throw new SigninError(
      401,
      "invalid_client",
      7000222,
      `The provided client secret keys for app '${String(appId)}' are expired.`,
    );
  return known.keyId;
}

function checkAssertion(
  application: Entity,
  assertion: string,
  clock: Clock,
  audiences: readonly string[],
): void {
  const refused = (why: string) => new SigninError(401, "invalid_client", 700027, why);
  const read = readToken(assertion);
  if (!read) throw refused("The client assertion is not a JWT.");
  const { header, claims } = read;
  const certificate = (application.keyCredentials as Json[])
    .map(({ key }) => new X509Certificate(Buffer.from(String(key), "base64")))
    .find(
      ({ raw }) =>
        header.x5t === createHash("sha1").update(raw).digest("base64url") ||
        header["x5t#S256"] === createHash("sha256").update(raw).digest("base64url"),
    );
  if (!certificate) throw refused("The certificate with this thumbprint is not registered.");
  const end = assertion.lastIndexOf(".");
  const key = certificate.publicKey;
  const isSigned = verify(
    "sha256",
    Buffer.from(assertion.slice(0, end)),
    header.alg === "PS256" ? { key, padding: 6, saltLength: 32 } : key,
    Buffer.from(assertion.slice(end + 1), "base64url"),
  );
  if (!isSigned) throw refused("Client assertion failed signature validation.");
  if (claims.sub !== application.appId || claims.iss !== application.appId)
    throw refused("The client assertion names another client.");
  if (!audiences.includes(String(claims.aud))) throw refused("The client assertion has another audience.");
  if (Number(claims.exp) * 1000 <= clock.tokenTime().getTime())
    throw new SigninError(
      401,
      "invalid_client",
      700024,
      "Client assertion is not within its valid time range.",
    );
}
