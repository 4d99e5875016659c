import { X509Certificate } from "node:crypto";

/** A certificate as Graph takes it. `der` is base64, `thumbprint` the SHA-1 in hex that Entra shows. */
export type Certificate = {
  der: string;
  thumbprint: string;
  /** Whose it says it is: its common name, where it has one. */
  name?: string;
  beginsAt: Date;
  expiresAt: Date;
};

/** Certificates with long chains of names stay far below it. */
export const longestPem = 12_000;

/** A private key in what somebody typed: it must not be kept, wherever it was pasted. */
export const holdsPrivateKey = (text: string) => /-----BEGIN [A-Z0-9 ]*PRIVATE KEY/.test(text);

export const burntKey =
  "That holds a private key. Usher keeps nothing of it, but it has left your machine: throw this key away, make a new pair, and give Usher only its certificate.";

/** What people take for a certificate, by the label of its block. */
const notCertificates: Readonly<Record<string, string>> = {
  "CERTIFICATE REQUEST": "That is a certificate request (CSR): have it signed, and paste the certificate.",
  "NEW CERTIFICATE REQUEST":
    "That is a certificate request (CSR): have it signed, and paste the certificate.",
  "PUBLIC KEY": "That is a public key without its certificate: make a certificate for it, and paste that.",
};

/**
 * Reads one certificate that was pasted as PEM, however the chat broke its lines. A private key is refused: it must
 * never have left the requester's machine, and whoever reads the chat has it now.
 */
export function readCertificate(text: string): Certificate | { error: string } {
  if (holdsPrivateKey(text)) return { error: burntKey };
  const blocks = [
    ...text.matchAll(/-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/g),
  ];
  if (blocks.length > 1) return { error: "There are several certificates in it: paste the app's own only." };
  const der = blocks[0]?.[1]?.replaceAll(/\s/g, "");
  const other = Object.entries(notCertificates).find(([label]) => text.includes(`-----BEGIN ${label}-----`));
  if (!der && other) return { error: other[1] };
  if (!der) {
    return {
      error:
        "Paste the certificate with its lines -----BEGIN CERTIFICATE----- and -----END CERTIFICATE-----.",
    };
  }
  try {
    return certificateOf(der);
  } catch {
    return {
      error: "That is no certificate that can be read. Export it as PEM (Base-64 X.509) and paste it whole.",
    };
  }
}

/** Throws when the text is no certificate, or one that Entra does not take. */
export function certificateOf(der: string): Certificate | { error: string } {
  const certificate = new X509Certificate(Buffer.from(der, "base64"));
  const key = certificate.publicKey;
  if (key.asymmetricKeyType !== "rsa" || (key.asymmetricKeyDetails?.modulusLength ?? 0) < 2048) {
    return { error: "Entra takes certificates with an RSA key of at least 2048 bits." };
  }
  const [, name] = /^CN=(.+)$/m.exec(certificate.subject) ?? [];
  return {
    der: certificate.raw.toString("base64"),
    thumbprint: certificate.fingerprint.replaceAll(":", ""),
    ...(name && { name }),
    beginsAt: certificate.validFromDate,
    expiresAt: certificate.validToDate,
  };
}

/** The same certificate as text, as people and tools pass it on. */
export function pemOf({ der }: Pick<Certificate, "der">): string {
  const lines = der.match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----"].join("\n");
}
