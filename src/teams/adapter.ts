import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { TeamsAdapter } from "@microsoft/teams-ai";
import { ConfigurationServiceClientCredentialFactory } from "botbuilder";
import {
  CertificateServiceClientCredentialsFactory,
  type ServiceClientCredentialsFactory,
} from "botframework-connector";
import type { SecretText } from "../domain/secret-text.ts";

/** The bot's identity. `trial` has none, so the SDK checks nobody: it must only ever listen on loopback. */
export type BotIdentity =
  | { kind: "trial" }
  | { kind: "managed"; clientId: string }
  | { kind: "secret"; clientId: string; secret: SecretText }
  | { kind: "certificate"; clientId: string; certificatePath: string };

/**
 * Microsoft's adapter, with its blind retry taken out: its HTTP pipeline repeats a POST after 408 and 5xx, and
 * people would then read a message twice. An absent client id would turn its authentication off, so the type has
 * none but for the trial.
 */
export function botAdapter(identity: BotIdentity, tenantId: string): TeamsAdapter {
  const adapter = new TeamsAdapter(settingsOf(identity, tenantId), credentialsOf(identity, tenantId));
  adapter.use(async (context, next) => {
    const connector = context.turnState.get(adapter.ConnectorClientKey) as ConnectorWithPipeline | undefined;
    connector?.client?.pipeline?.removePolicy({ name: "defaultRetryPolicy" });
    await next();
  });
  return adapter;
}

/** Not in the SDK's types; a test counts the posts after a 503, and fails when this moves. */
type ConnectorWithPipeline = { client?: { pipeline?: { removePolicy(policy: { name: string }): void } } };

function settingsOf(identity: BotIdentity, tenantId: string): Record<string, string> {
  if (identity.kind === "trial") return {};
  return {
    MicrosoftAppId: identity.clientId,
    MicrosoftAppTenantId: tenantId,
    // A misspelt type silently becomes MultiTenant in the SDK; these two are its exact words.
    MicrosoftAppType: identity.kind === "managed" ? "UserAssignedMsi" : "SingleTenant",
  };
}

function credentialsOf(identity: BotIdentity, tenantId: string): ServiceClientCredentialsFactory {
  if (identity.kind === "certificate") {
    const pem = readFileSync(identity.certificatePath, "utf8");
    const thumbprint = new X509Certificate(pem).fingerprint.replaceAll(":", "");
    const key = createPrivateKey(pem).export({ type: "pkcs8", format: "pem" }).toString();
    return new CertificateServiceClientCredentialsFactory(identity.clientId, thumbprint, key, tenantId);
  }
  const settings = settingsOf(identity, tenantId);
  return new ConfigurationServiceClientCredentialFactory(
    identity.kind === "secret" ? { ...settings, MicrosoftAppPassword: identity.secret.reveal() } : settings,
  );
}
