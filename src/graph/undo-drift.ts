import type { Client } from "@microsoft/microsoft-graph-client";
import type { Application, ServicePrincipal } from "@microsoft/microsoft-graph-types";
import type { Drift, TokenSettings } from "../domain/drift.ts";
import type { Expected } from "../domain/drift-expected.ts";
import type { Giving } from "../domain/never.ts";
import type { Platform } from "../domain/plan.ts";
import type { Registration } from "../domain/registration.ts";
import { type GraphCall, lacksRight } from "./failures.ts";
import { gone } from "./gone.ts";
import { requiredAccess } from "./new-application.ts";
import { addOwner } from "./owners.ts";
import type { ResourceLookup } from "./resources.ts";
import { putBackConsents, putBackRoles, type Undone } from "./undo-consents.ts";
import { putBackCertificates, putBackFederated, removeSecret } from "./undo-credentials.ts";
import { putBackExposed } from "./undo-exposed.ts";

type Means = {
  client: Client;
  consent: Client | undefined;
  resources: ResourceLookup;
  graphUrl: string;
};
type Of<What extends Drift["what"]> = Extract<Drift, { what: What }>;

const ofKind = <What extends Drift["what"]>(drifts: readonly Drift[], what: What) =>
  drifts.filter((drift): drift is Of<What> => drift.what === what);

/** What of these would be given again, and so must not be forbidden by now. */
export function grantedBack(drifts: readonly Drift[]): Pick<Giving, "permissions" | "roles"> {
  return {
    permissions: [...ofKind(drifts, "consent"), ...ofKind(drifts, "declared")].flatMap(
      ({ change, permission }) => (change === "removed" ? [permission] : []),
    ),
    roles: ofKind(drifts, "role").flatMap(({ change, role }) => (change === "removed" ? [role] : [])),
  };
}

/** Entra's refusals mean something else for a certificate. */
export function callOf([drift]: readonly Drift[]): GraphCall {
  if (drift?.what === "certificate") return "add-certificate";
  return drift?.what === "federated" ? "add-federated-credential" : "grant";
}

/** Brings back what is repaired together. It can be repeated; what is so already is success. */
export async function undoDrift(
  means: Means,
  registration: Registration,
  drifts: readonly Drift[],
  expected: Expected,
): Promise<Undone> {
  const [first] = drifts;
  if (!first) return "undone";
  try {
    return await undo(means, registration, first, drifts, expected);
  } catch (error) {
    if (lacksRight(error)) return "left";
    throw error;
  }
}

async function undo(
  means: Means,
  { applicationObjectId, servicePrincipalId, plan }: Registration,
  drift: Drift,
  drifts: readonly Drift[],
  expected: Expected,
): Promise<Undone> {
  const { client, consent, resources } = means;
  const application = `/applications/${applicationObjectId}`;
  const principal = `/servicePrincipals/${servicePrincipalId}`;
  const change = (fields: Application) => client.api(application).patch(fields);
  switch (drift.what) {
    case "consent":
      if (!consent) return "left";
      await putBackConsents({ consent, resources }, servicePrincipalId, ofKind(drifts, "consent"), expected);
      return "undone";
    case "role":
      if (!consent) return "left";
      return putBackRoles(consent, servicePrincipalId, ofKind(drifts, "role"));
    case "declared":
      await change({ requiredResourceAccess: await requiredAccess(resources, expected.declared) });
      return "undone";
    case "redirect":
      await change(redirectsOf(expected));
      return "undone";
    case "setting":
      await change(
        settingsOf(
          expected.settings,
          ofKind(drifts, "setting").map(({ setting }) => setting),
        ),
      );
      return "undone";
    case "exposed":
      await putBackExposed(client, application, plan, expected);
      return "undone";
    case "audience":
      await change({ signInAudience: expected.audience });
      return "undone";
    case "sign-in":
      await client.api(principal).patch({ accountEnabled: expected.isEnabled } satisfies ServicePrincipal);
      return "undone";
    case "owner": {
      const holder = drift.onPrincipal ? principal : application;
      if (drift.change === "added")
        await gone(() => client.api(`${holder}/owners/${drift.id}/$ref`).delete());
      else await addOwner(means, application, drift.id);
      return "undone";
    }
    case "secret":
      if (drift.change === "removed") return "left";
      await removeSecret(client, drift.onPrincipal ? principal : application, drift.id);
      return "undone";
    case "certificate":
      if (drift.onPrincipal)
        await client.api(principal).patch({ keyCredentials: [] } satisfies ServicePrincipal);
      else await putBackCertificates(client, application, expected);
      return "undone";
    case "federated":
      await putBackFederated(client, applicationObjectId, ofKind(drifts, "federated"), expected);
      return "undone";
    case "deleted":
    case "usher":
      return "left";
    default:
      return drift satisfies never;
  }
}

function redirectsOf({ redirects }: Expected): Application {
  const uris = (platform: Platform) =>
    redirects.filter((each) => each.platform === platform).map(({ uri }) => uri);
  return {
    web: { redirectUris: uris("web") },
    spa: { redirectUris: uris("spa") },
    publicClient: { redirectUris: uris("public") },
  };
}

/** Only what differs: what a tenant's policy says of one of them says nothing of the others. */
function settingsOf(settings: TokenSettings, differing: readonly (keyof TokenSettings)[]): Application {
  const has = (setting: keyof TokenSettings) => differing.includes(setting);
  const isOn = (setting: keyof TokenSettings) => settings[setting] === "on";
  return {
    ...((has("idTokens") || has("accessTokens")) && {
      web: {
        implicitGrantSettings: {
          enableIdTokenIssuance: isOn("idTokens"),
          enableAccessTokenIssuance: isOn("accessTokens"),
        },
      },
    }),
    ...(has("publicFlows") && { isFallbackPublicClient: isOn("publicFlows") }),
    ...(has("groupClaims") && { groupMembershipClaims: settings.groupClaims }),
    ...((has("mappedClaims") || has("tokenVersion")) && {
      api: {
        ...(has("mappedClaims") && { acceptMappedClaims: isOn("mappedClaims") }),
        ...(has("tokenVersion") && { requestedAccessTokenVersion: Number(settings.tokenVersion) }),
      },
    }),
  };
}
