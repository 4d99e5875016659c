import type { Client } from "@microsoft/microsoft-graph-client";
import type { Application, KeyCredential } from "@microsoft/microsoft-graph-types";
import type { Drift } from "../domain/drift.ts";
import type { Expected } from "../domain/drift-expected.ts";
import type { ApplicationObjectId } from "../domain/ids.ts";
import { applicationCredentials, isThis } from "./application-credentials.ts";
import { graphError } from "./failures.ts";
import { gone } from "./gone.ts";

/** What Entra answers for a secret that is not there is not documented, so a look decides. */
export async function removeSecret(client: Client, holder: string, keyId: string): Promise<void> {
  try {
    await client.api(`${holder}/removePassword`).post({ keyId });
  } catch (error) {
    if (![400, 404].includes(graphError(error)?.statusCode ?? 0)) throw error;
    const { passwordCredentials }: Application = await client
      .api(holder)
      .select("id,passwordCredentials")
      .get();
    if (passwordCredentials?.some((key) => key.keyId === keyId)) throw error;
  }
}

/**
 * A write replaces the whole list, so it is written as it should be: the planned certificate and no other. One that is
 * there goes along as it is, with its key, which only a read by name answers.
 */
export async function putBackCertificates(
  client: Client,
  application: string,
  { credential }: Expected,
): Promise<void> {
  if (credential.kind !== "certificate") {
    await client.api(application).patch({ keyCredentials: [] } satisfies Application);
    return;
  }
  const { keyCredentials }: Application = await client.api(application).select("id,keyCredentials").get();
  const standing = keyCredentials?.find((key) => isThis(credential, key));
  const planned: KeyCredential = standing ?? {
    type: "AsymmetricX509Cert",
    usage: "Verify",
    key: credential.der,
    displayName: credential.label,
  };
  await client.api(application).patch({ keyCredentials: [planned] } satisfies Application);
}

/** What was added goes first: it may have the name or the place of the planned one. */
export async function putBackFederated(
  client: Client,
  application: ApplicationObjectId,
  drifts: readonly Extract<Drift, { what: "federated" }>[],
  { credential }: Expected,
): Promise<void> {
  const path = `/applications/${application}/federatedIdentityCredentials`;
  for (const { change, id } of drifts)
    if (change === "added") await gone(() => client.api(`${path}/${id}`).delete());
  if (credential.kind === "federated" && drifts.some(({ change }) => change === "removed"))
    await applicationCredentials(client).addFederatedCredential(application, credential);
}
