import { createHash, randomUUID, X509Certificate } from "node:crypto";
import type { KeyCredential } from "@microsoft/microsoft-graph-types";
import type { Call, Json } from "./call.ts";
import { badRequest } from "./errors.ts";

const dayMs = 86_400_000;
const leastBits = 2048;

/**
 * The list of certificates after a write that replaces it. An entry without a key must be one that is there already:
 * that is how Graph lets a caller keep one without knowing it.
 */
export function keyCredentials(call: Call, given: unknown, before: readonly Json[]): Json[] {
  if (given === undefined || given === null) return [];
  return (given as Json[]).map((entry) => {
    const kept = before.find(({ keyId }) => keyId === entry.keyId);
    if (kept && (entry.key === null || entry.key === undefined)) return kept;
    if (entry.usage !== "Verify" || entry.type !== "AsymmetricX509Cert" || typeof entry.key !== "string")
      throw badRequest("Invalid value specified for property 'keyCredentials' of resource 'Application'.");
    const certificate = readCertificate(entry.key);
    const startsAt = moment(entry.startDateTime) ?? new Date(certificate.validFrom);
    const endsAt = moment(entry.endDateTime) ?? new Date(certificate.validTo);
    checkKey(certificate);
    checkLife(call, certificate, startsAt, endsAt);
    const thumbprint = createHash("sha1").update(certificate.raw).digest("base64");
    return {
      customKeyIdentifier: thumbprint,
      displayName: typeof entry.displayName === "string" ? entry.displayName : certificate.subject,
      startDateTime: startsAt.toISOString(),
      endDateTime: endsAt.toISOString(),
      key: certificate.raw.toString("base64"),
      keyId: typeof entry.keyId === "string" ? entry.keyId : randomUUID(),
      type: "AsymmetricX509Cert",
      usage: "Verify",
    } satisfies KeyCredential;
  });
}

function readCertificate(base64: string): X509Certificate {
  try {
    // Callers send DER in base64, or a whole PEM file in base64; Graph takes both.
    return new X509Certificate(Buffer.from(base64, "base64"));
  } catch {
    throw badRequest("Key credential end date or key value is invalid.", "KeyCredentialsInvalid");
  }
}

function checkKey({ publicKey }: X509Certificate): void {
  const bits = publicKey.asymmetricKeyDetails?.modulusLength ?? 0;
  if (publicKey.asymmetricKeyType !== "rsa" || bits < leastBits)
    throw badRequest(
      `Invalid value specified for property 'keyCredentials' of resource 'Application'. The key must be RSA with at least ${leastBits} bits.`,
    );
}

function checkLife(call: Call, certificate: X509Certificate, startsAt: Date, endsAt: Date): void {
  if (endsAt <= call.now || endsAt > new Date(certificate.validTo))
    throw badRequest("Key credential end date is invalid.", "KeyCredentialsInvalidEndDate");
  const { certificateMaxDays } = call.settings;
  if (certificateMaxDays !== null && endsAt.getTime() - startsAt.getTime() > certificateMaxDays * dayMs)
    throw badRequest(
      "Credential lifetime exceeds the max value allowed as per assigned policy.",
      "CredentialInvalidLifetimeAsPerAppPolicy",
    );
}

function moment(given: unknown): Date | undefined {
  if (given === undefined || given === null) return undefined;
  const read = new Date(String(given));
  if (Number.isNaN(read.getTime()))
    throw badRequest("Invalid value specified for property 'keyCredentials' of resource 'Application'.");
  return read;
}
