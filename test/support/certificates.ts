import { generate } from "selfsigned";

/** A self-signed RSA certificate of the kind that people paste, and the private key that they keep. */
export async function aCertificate({ days = 365, from = new Date(), bits = 2048 } = {}) {
  const notBefore = new Date(Math.floor(from.getTime() / 1000) * 1000);
  const notAfter = new Date(notBefore.getTime() + days * 86_400_000);
  const made = await generate([{ name: "commonName", value: "backup.larkfield.example" }], {
    keySize: bits,
    notBeforeDate: notBefore,
    notAfterDate: notAfter,
    algorithm: "sha256",
  });
  return { pem: made.cert, privateKey: made.private, notAfter };
}

export async function anEllipticCertificate(): Promise<string> {
  const made = await generate([{ name: "commonName", value: "elliptic.example" }], { keyType: "ec" });
  return made.cert;
}
