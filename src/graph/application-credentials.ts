import type { Client } from "@microsoft/microsoft-graph-client";
import type {
  Application,
  FederatedIdentityCredential,
  KeyCredential,
  PasswordCredential,
} from "@microsoft/microsoft-graph-types";
import type { ApplicationObjectId } from "../domain/ids.ts";
import type { Credential } from "../domain/plan.ts";
import { SecretText } from "../domain/secret-text.ts";
import { DirectoryFailure } from "../usecases/ports/entra.ts";
import { graphError, isAlreadyThere, isNotFound, notVisibleYet } from "./failures.ts";

type Certificate = Extract<Credential, { kind: "certificate" }>;
type Federated = Extract<Credential, { kind: "federated" }>;

/** What an application proves itself with. Secrets are called keys here, as elsewhere in Usher. */
export function applicationCredentials(client: Client) {
  const passwordsOf = async (application: ApplicationObjectId): Promise<PasswordCredential[]> => {
    const found: Application = await client
      .api(`/applications/${application}`)
      .select("id,passwordCredentials")
      .get();
    return found.passwordCredentials ?? [];
  };
  const visiblePasswordsOf = async (application: ApplicationObjectId) => {
    try {
      return await passwordsOf(application);
    } catch (error) {
      if (isNotFound(error)) return [];
      throw error;
    }
  };
  const removePassword = (application: ApplicationObjectId, keyId: string | null | undefined) =>
    client.api(`/applications/${application}/removePassword`).post({ keyId });
  /** Removes one that is listed. What Entra answers for a key that is not there is not documented, so a look decides. */
  const removeKey = async (application: ApplicationObjectId, keyId: string | null | undefined) => {
    try {
      await removePassword(application, keyId);
    } catch (error) {
      if (!isNoSuchKey(error)) throw error;
      const isStillThere = (await visiblePasswordsOf(application)).some((key) => key.keyId === keyId);
      // Reads lag behind removals too.
      if (isStillThere) throw lagging(stillListed, error);
    }
  };
  const federatedPath = (application: ApplicationObjectId) =>
    `/applications/${application}/federatedIdentityCredentials`;
  const federatedOf = async (application: ApplicationObjectId) => {
    const found: { value?: FederatedIdentityCredential[] } = await client
      .api(federatedPath(application))
      .get();
    return found.value ?? [];
  };

  return {
    async addKey(application: ApplicationObjectId, key: { displayName: string; expiresAt: Date }) {
      const passwordCredential: PasswordCredential = {
        displayName: key.displayName,
        endDateTime: key.expiresAt.toISOString(),
      };
      const made: PasswordCredential = await client
        .api(`/applications/${application}/addPassword`)
        .post({ passwordCredential });
      if (!made.secretText || !made.keyId) {
        throw new DirectoryFailure("Entra made a key but did not say it.", { kind: "retry" });
      }
      return { keyId: made.keyId, secret: new SecretText(made.secretText) };
    },

    async removeKeysMarked(application: ApplicationObjectId, marker: string) {
      const keys = await visiblePasswordsOf(application);
      const marked = keys.filter(({ displayName }) => displayName?.includes(marker));
      // One after another: two writes on one object at once are a conflict at Entra.
      for (const { keyId } of marked) await removeKey(application, keyId);
      return marked.length;
    },

    /**
     * Removes a key that was made, without a look, since reads lag. While it is young, "there is none" may only mean that
     * it is not seen yet: a key that outlived its application's deletion would work again after a restore.
     */
    async removeKnownKey(application: ApplicationObjectId, keyId: string, isYoung: boolean) {
      try {
        await removePassword(application, keyId);
      } catch (error) {
        if (!isNoSuchKey(error)) throw error;
        // Throws when there is no such application.
        const isStillThere = (await passwordsOf(application)).some((key) => key.keyId === keyId);
        if (isStillThere) throw lagging(stillListed, error);
        if (isYoung) throw lagging(notYetSeen, error);
      }
    },

    /** Likewise, by its name, which never changes. */
    async removeFederatedCredential(application: ApplicationObjectId, name: string) {
      await client.api(`${federatedPath(application)}(name='${name}')`).delete();
    },

    async addCertificate(application: ApplicationObjectId, certificate: Certificate) {
      const found: Application = await client
        .api(`/applications/${application}`)
        .select("id,keyCredentials")
        .get();
      if (found.keyCredentials?.some((key) => isThis(certificate, key))) return;
      const key: KeyCredential = {
        type: "AsymmetricX509Cert",
        usage: "Verify",
        key: certificate.der,
        displayName: certificate.label,
      };
      // This replaces the whole list: nothing else was approved. Without dates, the certificate's own count.
      await client.api(`/applications/${application}`).patch({ keyCredentials: [key] } satisfies Application);
    },

    async addFederatedCredential(application: ApplicationObjectId, wanted: Federated) {
      const { name, issuer, subject, audience } = wanted;
      const body: FederatedIdentityCredential = { name, issuer, subject, audiences: [audience] };
      let refused: unknown;
      try {
        await client.api(federatedPath(application)).post(body);
        return;
      } catch (error) {
        if (!isAlreadyThere(error)) throw error;
        refused = error;
      }
      const standing = await federatedOf(application);
      const trustsTheSame = (each: FederatedIdentityCredential) =>
        each.issuer === issuer && each.subject === subject;
      if (standing.some((each) => trustsTheSame(each) && each.audiences?.includes(audience))) return;
      if (standing.some((each) => each.name === name || trustsTheSame(each))) {
        throw new DirectoryFailure(
          `The application has another federated credential in the place of "${name}", which Usher did not make. Tell a security administrator.`,
          { kind: "final", cause: refused },
        );
      }
      throw new DirectoryFailure(notVisibleYet, { kind: "retry", isLag: true, cause: refused });
    },

    /** `orGone` decides what a federated credential means that is listed and not found. */
    async removeAll(
      application: ApplicationObjectId,
      orGone: (act: () => Promise<unknown>) => Promise<void>,
    ) {
      for (const { keyId } of await passwordsOf(application)) await removeKey(application, keyId);
      // Without a look, since reads lag behind writes.
      await client.api(`/applications/${application}`).patch({ keyCredentials: [] } satisfies Application);
      for (const { id } of await federatedOf(application)) {
        await orGone(() => client.api(`${federatedPath(application)}/${id}`).delete());
      }
    },
  };
}

const isNoSuchKey = (error: unknown) => [400, 404].includes(graphError(error)?.statusCode ?? 0);

const stillListed = "Entra still lists a secret that it does not find any more. That can take minutes.";
const notYetSeen =
  "Entra does not find a secret that was made within the last half hour, and may only not see it yet. Usher tries again until the half hour is over.";
const lagging = (sentence: string, cause: unknown) =>
  new DirectoryFailure(sentence, { kind: "retry", isLag: true, cause });

/** Entra names a certificate by its SHA-1, in base64 or in hex, or by what its maker wrote there. */
export function isThis(
  { der, thumbprint }: Certificate,
  { customKeyIdentifier, key }: KeyCredential,
): boolean {
  if (key === der) return true;
  const hex = thumbprint.toLowerCase();
  return (
    customKeyIdentifier?.toLowerCase() === hex ||
    Buffer.from(customKeyIdentifier ?? "", "base64").toString("hex") === hex
  );
}
