import { GraphError } from "@microsoft/microsoft-graph-client";
import { DirectoryFailure } from "../usecases/ports/entra.ts";
import { foreignTenant } from "./client.ts";
import { quotaUsedUp } from "./write-gate.ts";

/** What Usher was doing: the same answer means different things to different calls. */
export type GraphCall =
  | "read"
  | "create-application"
  | "create-service-principal"
  | "grant"
  | "identifier-uri"
  | "add-key"
  | "add-certificate"
  | "add-federated-credential"
  | "remove-key"
  | "stop";

/** An object older than this is seen everywhere; before, "does not exist" may only mean "not yet". */
const youngMs = 30 * 60_000;

/** Codes with which a tenant's own rules end the matter, and what to do about each. */
const finalCodes: Readonly<Record<string, string>> = {
  CredentialTypeNotAllowedAsPerAppPolicy:
    "The tenant's app management policy forbids client secrets. Ask for a certificate or a federated credential instead.",
  CredentialInvalidLifetimeAsPerAppPolicy:
    "The tenant's app management policy allows a shorter secret only. Ask again with fewer months.",
  SignInAudienceNotAllowedAsPerAppPolicy: "The tenant's app management policy forbids this audience.",
  KeyCredentialsInvalid:
    "Entra does not take this certificate: its key or its dates are not valid. Ask again with another one.",
  InvalidUniqueTenantIdentifierAsPerAppPolicy:
    "The tenant's app management policy forbids this identifier URI. A security administrator must exempt the application, or change the policy.",
  HostNameNotOnVerifiedDomain: "The tenant only takes addresses on its own verified domains.",
  Directory_QuotaExceeded:
    "Usher's identity has used up its quota of directory objects. An administrator must give it a custom role with microsoft.directory/applications/create, or remove old registrations.",
};

/** The policy speaks of all credentials with the same codes; what to do differs for a certificate. */
const finalCodesOfCertificates: typeof finalCodes = {
  CredentialTypeNotAllowedAsPerAppPolicy:
    "The tenant's app management policy forbids this certificate. Ask for a federated credential instead.",
  CredentialInvalidLifetimeAsPerAppPolicy:
    "The tenant's app management policy allows certificates of a shorter life only. Ask again with one that ends earlier.",
};

/** Names of @azure/identity's errors; the Graph client hands them on as codes. */
const ownSignInFailures = new Set([
  "AuthenticationError",
  "CredentialUnavailableError",
  "AuthenticationRequiredError",
]);

export const graphError = (error: unknown) => (error instanceof GraphError ? error : undefined);

/** Graph says that it is there already. Texts as documented or reported; each is success in disguise for a repeat. */
export function isAlreadyThere(error: unknown): boolean {
  const { statusCode = 0, code = "", message = "" } = graphError(error) ?? {};
  return (
    (statusCode === 409 && code === "Request_MultipleObjectsWithSameKeyValue") ||
    (statusCode === 400 && /already exist/i.test(message)) ||
    (statusCode === 400 && /conflicting object/i.test(message))
  );
}

/** Entra refuses it to Usher's identity; somebody with more rights could do it. */
export function lacksRight(error: unknown): boolean {
  const graph = graphError(error);
  return graph?.statusCode === 403 && finalSentence("read", graph) === undefined;
}

export function isYoung(since: Date, now: Date): boolean {
  return now.getTime() - since.getTime() < youngMs;
}

export function isNotFound(error: unknown): boolean {
  return graphError(error)?.statusCode === 404;
}

/**
 * Translates what went wrong at Graph: whether it may go through later, whether it may have been carried out, and a
 * sentence for people. Judged by call, age of the object, code and text, never by the status alone (the table is in
 * docs/graph-failures.md). `since` is when the object was made. No GraphError leaves this folder.
 */
export function translate(
  call: GraphCall,
  error: unknown,
  since: Date | undefined,
  now: Date,
): DirectoryFailure {
  if (error instanceof DirectoryFailure) return error;
  const graph = graphError(error);
  if (graph && ownSignInFailures.has(graph.code ?? "")) {
    return new DirectoryFailure(
      "Usher's own identity cannot sign in to Entra. An administrator must look at its credential; then Usher goes on by itself.",
      { kind: "retry", cause: error },
    );
  }
  if (graph?.code === foreignTenant) {
    return new DirectoryFailure(
      "Usher's own identity belongs to another tenant. Nothing was sent there. An administrator must look at its credential and at BOT_TENANT_ID.",
      { kind: "final", cause: error },
    );
  }
  if (!graph || graph.statusCode <= 0) {
    return new DirectoryFailure("Microsoft Graph does not answer. Usher tries again by itself.", {
      kind: "retry",
      cause: error,
    });
  }
  const { statusCode, code, message } = graph;
  const mayLag = since !== undefined && isYoung(since, now);
  const retry = (sentence: string) =>
    new DirectoryFailure(sentence, {
      kind: "retry",
      retryAfterMs: retryAfterMs(graph, now),
      cause: error,
    });
  const lag = () => new DirectoryFailure(notVisibleYet, { kind: "retry", isLag: true, cause: error });
  // One POST, and this is its answer.
  const isUnmade = call === "add-key";
  const final = (sentence: string) =>
    new DirectoryFailure(sentence, { kind: "final", isUnmade, cause: error });

  const known = finalSentence(call, graph);
  if (known) return final(known);
  // Apps with personal accounts may have two, and one that was just removed, or is not listed yet, counts for a while.
  if (call === "add-key" && statusCode === 400 && /\bmaximum\b/i.test(message)) {
    return new DirectoryFailure(
      "The app has as many secrets as Entra allows it. Usher tries again, since one that was removed may count for a while.",
      { kind: "retry", isLag: true, cause: error },
    );
  }
  if (code === quotaUsedUp)
    return retry(
      "Microsoft Graph takes only so many changes at a time, so this one waits for its turn. Usher goes on by itself.",
    );
  if (statusCode === 429) return retry("Microsoft Graph asks Usher to slow down. Usher goes on by itself.");
  if (statusCode >= 500) return retry("Microsoft Graph has trouble of its own. Usher tries again by itself.");
  if (statusCode === 408) return retry("Microsoft Graph was too slow. Usher tries again by itself.");
  if (statusCode === 409) return retry("Entra was busy with the same object. Usher tries again by itself.");
  if (statusCode === 404 && mayLag) return lag();
  if (
    statusCode === 400 &&
    mayLag &&
    /does not reference a valid|not a valid reference|does not exist or one of/i.test(message)
  ) {
    return lag();
  }
  // Documented for an application that Entra does not see yet, though it speaks of another tenant's.
  const isMisleading = call === "create-service-principal" && mayLag && /backing application/i.test(message);
  if (statusCode === 403 && isMisleading) return lag();
  if (statusCode === 401)
    return retry("Microsoft Graph did not take Usher's token. Usher tries again with a new one.");
  if (statusCode === 403) {
    return final(
      `Entra does not let Usher ${triedTo[call]} (${code || statusCode}). An administrator must give ${identityOf(call)} the right that is missing. Usher asks for it anew with its next try; Entra can take some minutes to take notice, and up to a day for a managed identity.`,
    );
  }
  return final(`Entra refused this (${code || statusCode}): ${message.slice(0, 300)}`);
}

const triedTo: Readonly<Record<GraphCall, string>> = {
  read: "read this",
  "create-application": "create app registrations",
  "create-service-principal": "create enterprise applications",
  grant: "grant consent or directory roles",
  "identifier-uri": "set the identifier URI",
  "add-key": "add a secret",
  "add-certificate": "add a certificate",
  "add-federated-credential": "add a federated credential",
  "remove-key": "remove a secret",
  stop: "change this registration",
};

/** By their names in the settings: they may be two, with rights of their own. */
const identityOf = (call: GraphCall) =>
  call === "grant"
    ? "Usher's identity for consent (CONSENT_CLIENT_ID)"
    : "Usher's identity that makes registrations (PROVISIONING_CLIENT_ID)";

/** Some codes go on behind these words, such as KeyCredentialsInvalidEndDate. */
function finalSentence(call: GraphCall, error: GraphError): string | undefined {
  // An answer that is none of Graph's, such as a proxy's, has a body of any kind.
  const body: unknown = error.body;
  const names = (name: string) =>
    error.code?.startsWith(name) || (typeof body === "string" && body.includes(name));
  const codes = call === "add-certificate" ? { ...finalCodes, ...finalCodesOfCertificates } : finalCodes;
  return Object.entries(codes).find(([name]) => names(name))?.[1];
}

export const notVisibleYet = "Entra does not see the new object everywhere yet. That can take minutes.";

function retryAfterMs(error: GraphError, now: Date): number {
  const header = error.headers?.get("retry-after");
  if (!header) return 0;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : new Date(header).getTime() - now.getTime();
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), youngMs) : 0;
}
