import assert from "node:assert/strict";
import { createHash, generateKeyPairSync } from "node:crypto";
import { pemOf, readCertificate } from "../../src/domain/certificate.ts";
import { aCertificate, anEllipticCertificate } from "../support/certificates.ts";

describe("a pasted certificate", () => {
  it("is read with its thumbprint and its end, however the chat broke its lines", async () => {
    const { pem, notAfter } = await aCertificate();
    const der = Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ""), "base64");
    for (const typed of [pem, pem.replaceAll("\n", " "), `Here it is:\r\n${pem.replaceAll("\n", "\r\n")}`]) {
      const read = readCertificate(typed);
      assert.ok(!("error" in read), JSON.stringify(read));
      assert.equal(read.thumbprint, createHash("sha1").update(der).digest("hex").toUpperCase());
      assert.equal(read.der, der.toString("base64"));
      assert.equal(read.expiresAt.getTime(), notAfter.getTime());
      assert.equal(read.expiresAt.getTime() - read.beginsAt.getTime(), 365 * 86_400_000);
      assert.equal(read.name, "backup.larkfield.example");
      assert.deepEqual(readCertificate(pemOf(read)), read);
    }
  });

  it("is refused with a private key beside it, and the sentence says that this key is burnt", async () => {
    const { pem, privateKey } = await aCertificate();
    for (const typed of [`${privateKey}\n${pem}`, privateKey]) {
      const read = readCertificate(typed);
      assert.ok("error" in read && /private key.*throw this key away/s.test(read.error));
      assert.ok(!read.error.includes("BEGIN"));
    }
  });

  it("is told from what people take for one", () => {
    const block = (label: string) => `-----BEGIN ${label}-----\nMIIB\n-----END ${label}-----`;
    for (const [label, sentence] of [
      ["CERTIFICATE REQUEST", /\(CSR\)/],
      ["PUBLIC KEY", /public key without/],
    ] as const) {
      const read = readCertificate(block(label));
      assert.match("error" in read ? read.error : "", sentence);
    }
  });

  it("is refused when it is none, cut off, two of them, or of a key that Entra does not take", async () => {
    const { pem } = await aCertificate();
    const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const publicPem = publicKey.export({ type: "spki", format: "pem" }).toString();
    const cut = pem.replace(/\n.{60,}\n/, "\n");
    const { pem: weak } = await aCertificate({ bits: 1024 });
    for (const typed of ["", "hello", publicPem, weak, cut, `${pem}\n${pem}`, await anEllipticCertificate()])
      assert.ok("error" in readCertificate(typed), typed.slice(0, 40));
  });
});
