import { createHash, randomUUID, X509Certificate } from "node:crypto";
import type { Call, Json } from "./call.ts";
import { badRequest } from "./errors.ts";

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
    const thumbprint = createHash("sha1").update(certificate.raw).digest("hex").toUpperCase();
    return {
      customKeyIdentifier: Buffer.from(thumbprint, "hex").toString("base64"),
      displayName: entry.displayName ?? certificate.subject,
      startDateTime: entry.startDateTime ?? new Date(certificate.validFrom).toISOString(),
      endDateTime: entry.endDateTime ?? new Date(certificate.validTo).toISOString(),
      key: certificate.raw.toString("base64"),
      keyId: entry.keyId ?? randomUUID(),
      type: "AsymmetricX509Cert",
      usage: "Verify",
      createdDateTime: call.now.toISOString(),
    };
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
