import { createHash, createPrivateKey, X509Certificate } from "node:crypto";
import { type ClientAuth, ClientSecretPost, modifyAssertion, PrivateKeyJwt } from "openid-client";
import type { SecretText } from "../domain/secret-text.ts";

/** How the sign-in registration proves itself when it trades a code for an id token. */
export type ClientCredential =
  | { kind: "secret"; secret: SecretText }
  /** PEM text with the certificate and its private key. */
  | { kind: "certificate"; pem: SecretText }
  /** A managed identity's token, asked for anew each time; whoever supplies it caches it. */
  | { kind: "assertion"; assertion: () => Promise<string> };

/** Throws when a certificate's PEM text cannot be read. */
export async function clientAuthOf(credential: ClientCredential): Promise<ClientAuth> {
  switch (credential.kind) {
    case "secret":
      return ClientSecretPost(credential.secret.reveal());
    case "certificate":
      return certificateAuth(credential.pem.reveal());
    case "assertion":
      return async (_server, client, body) => {
        body.set("client_id", client.client_id);
        body.set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
        body.set("client_assertion", await credential.assertion());
      };
    default:
      return credential satisfies never;
  }
}

/** Entra wants PS256, the certificate's SHA-256 thumbprint in the header, and the token endpoint as audience. */
async function certificateAuth(pem: string): Promise<ClientAuth> {
  const thumbprint = createHash("sha256").update(new X509Certificate(pem).raw).digest("base64url");
  const pkcs8 = createPrivateKey(pem).export({ type: "pkcs8", format: "der" });
  const algorithm = { name: "RSA-PSS", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("pkcs8", pkcs8, algorithm, false, ["sign"]);
  return (server, client, body, headers) =>
    PrivateKeyJwt(key, {
      [modifyAssertion](header, payload) {
        header["x5t#S256"] = thumbprint;
        header.typ = "JWT";
        payload.aud = server.token_endpoint;
      },
    })(server, client, body, headers);
}
