import type { Application } from "@microsoft/microsoft-graph-types";
import type { Entity } from "../state.ts";
import type { Json } from "./call.ts";
import { badRequest } from "./errors.ts";

type Shape = "text" | "flag" | "number" | "list" | "texts" | Shapes;
type Shapes = { [name: string]: Shape };

const redirects: Shapes = { redirectUris: "texts" };

/** Properties of an application that a caller may write, by Microsoft's description of Graph v1.0. */
const writable = {
  displayName: "text",
  description: "text",
  notes: "text",
  uniqueName: "text",
  signInAudience: "text",
  groupMembershipClaims: "text",
  serviceManagementReference: "text",
  defaultRedirectUri: "text",
  samlMetadataUrl: "text",
  tokenEncryptionKeyId: "text",
  nativeAuthenticationApisEnabled: "text",
  isFallbackPublicClient: "flag",
  isDeviceOnlyAuthSupported: "flag",
  oauth2RequirePostResponse: "flag",
  tags: "texts",
  identifierUris: "texts",
  web: {
    ...redirects,
    homePageUrl: "text",
    logoutUrl: "text",
    redirectUriSettings: "list",
    implicitGrantSettings: { enableIdTokenIssuance: "flag", enableAccessTokenIssuance: "flag" },
  },
  spa: redirects,
  publicClient: redirects,
  api: {
    acceptMappedClaims: "flag",
    requestedAccessTokenVersion: "number",
    knownClientApplications: "texts",
    oauth2PermissionScopes: "list",
    preAuthorizedApplications: "list",
  },
  appRoles: "list",
  addIns: "list",
  keyCredentials: "list",
  passwordCredentials: "list",
  requiredResourceAccess: "list",
  optionalClaims: { idToken: "list", accessToken: "list", saml2Token: "list" },
  info: { marketingUrl: "text", privacyStatementUrl: "text", supportUrl: "text", termsOfServiceUrl: "text" },
  parentalControlSettings: { countriesBlockedForMinors: "texts", legalAgeGroupRule: "text" },
} satisfies Shapes & Partial<Record<keyof Application, Shape>>;

const readOnly = new Set([
  "id",
  "appId",
  "createdDateTime",
  "deletedDateTime",
  "publisherDomain",
  "createdByAppId",
]);

/** Refuses names that Graph does not know and values of another type. */
export function checkShape(body: Json): void {
  for (const name of Object.keys(body))
    if (readOnly.has(name)) throw badRequest(`Property '${name}' is read-only and cannot be set.`);
  const { "owners@odata.bind": owners, "@odata.type": _type, ...rest } = body;
  if (owners !== undefined) checkValue("owners@odata.bind", owners, "texts");
  checkShapes(rest, writable);
}

function checkShapes(body: Json, shapes: Shapes): void {
  for (const [name, value] of Object.entries(body)) {
    const shape = Object.hasOwn(shapes, name) ? shapes[name] : undefined;
    if (shape === undefined) throw badRequest(`Invalid property '${name}'.`);
    if (value !== null) checkValue(name, value, shape);
  }
}

function checkValue(name: string, value: unknown, shape: Shape): void {
  const wrong = () => badRequest(`A value of the wrong type was found for property '${name}'.`);
  if (typeof shape === "object") {
    if (typeof value !== "object" || Array.isArray(value)) throw wrong();
    checkShapes(value as Json, shape);
  } else if (shape === "list" || shape === "texts") {
    if (!Array.isArray(value)) throw wrong();
    if (shape === "texts" && value.some((item) => typeof item !== "string")) throw wrong();
  } else if (typeof value !== { text: "string", flag: "boolean", number: "number" }[shape]) throw wrong();
}

const audiences = [
  "AzureADMyOrg",
  "AzureADMultipleOrgs",
  "AzureADandPersonalMicrosoftAccount",
  "PersonalMicrosoftAccount",
];

const groupClaims = ["None", "SecurityGroup", "ApplicationGroup", "DirectoryRole", "All"];

export const isPersonal = (application: Entity | Json) =>
  String(application.signInAudience).includes("PersonalMicrosoftAccount");

/** Refuses what Entra refuses in an application as it would be after the write: limits, redirect URIs, audiences. */
export function checkRules(application: Json): void {
  const invalid = (property: string, why: string) =>
    badRequest(`Invalid value specified for property '${property}' of resource 'Application'. ${why}`);
  const personal = isPersonal(application);
  const name = application.displayName;
  if (typeof name !== "string" || name.trim() === "")
    throw badRequest("A value is required for property 'displayName' of resource 'Application'.");
  if (name.length > (personal ? 90 : 120)) throw invalid("displayName", "It is too long.");
  if (!audiences.includes(String(application.signInAudience))) throw invalid("signInAudience", "");

  const version = (application.api as Json | undefined)?.requestedAccessTokenVersion;
  const isVersion = version === undefined || version === null || version === 1 || version === 2;
  if (!isVersion || (personal && version !== 2))
    throw badRequest("Property api.requestedAccessTokenVersion is invalid.");
  const claims = application.groupMembershipClaims;
  // Several are written in one text, with commas.
  if (typeof claims === "string" && !claims.split(",").every((claim) => groupClaims.includes(claim.trim())))
    throw invalid("groupMembershipClaims", "");

  for (const tag of (application.tags as string[] | undefined) ?? [])
    if (tag.length < 1 || tag.length > 256 || /\s/.test(tag)) throw invalid("tags", "");
  checkRedirects(application, personal, invalid);
  checkAccess(application, personal, invalid);
}

type Invalid = (property: string, why: string) => Error;

function checkRedirects(application: Json, personal: boolean, invalid: Invalid): void {
  let count = 0;
  for (const platform of ["web", "spa", "publicClient"]) {
    const property = `${platform}.redirectUris`;
    const uris = ((application[platform] as Json | null)?.redirectUris as string[] | undefined) ?? [];
    count += uris.length;
    if (new Set(uris).size !== uris.length)
      throw invalid(property, "One or more duplicate values are present.");
    for (const uri of uris) {
      if (uri.length > 256) throw invalid(property, "A URI may have 256 characters.");
      const parsed = URL.parse(uri);
      if (!parsed) throw invalid(property, `'${uri}' is not a URI.`);
      const isLocal = parsed.hostname === "localhost" || parsed.hostname === "127.0.0.1";
      const isAllowed =
        parsed.protocol === "https:" ||
        (parsed.protocol === "http:" && isLocal) ||
        (platform === "publicClient" && parsed.protocol !== "http:");
      if (!isAllowed) throw invalid(property, `'${uri}' must start with https, or be http on localhost.`);
      if (/[!$'(),;]/.test(uri) || uri.includes("#"))
        throw invalid(property, `'${uri}' has a forbidden character.`);
      if (uri.includes("*") || (personal && parsed.search))
        throw invalid(property, `'${uri}' may have neither a wildcard nor, with personal accounts, a query.`);
    }
  }
  if (count > (personal ? 100 : 256)) throw invalid("redirectUris", "There are too many.");
}

function checkAccess(application: Json, personal: boolean, invalid: Invalid): void {
  const apis = (application.requiredResourceAccess as Json[] | undefined) ?? [];
  let total = 0;
  for (const api of apis) {
    const access = api.resourceAccess;
    if (typeof api.resourceAppId !== "string" || !Array.isArray(access) || access.length === 0)
      throw invalid("requiredResourceAccess", "");
    for (const { id, type } of access as Json[])
      if (typeof id !== "string" || (type !== "Role" && type !== "Scope"))
        throw invalid("requiredResourceAccess", "");
    if (personal && access.length > 30) throw invalid("requiredResourceAccess", "30 permissions per API.");
    total += access.length;
  }
  const names = apis.map((api) => String(api.resourceAppId));
  if (new Set(names).size !== names.length)
    throw invalid("requiredResourceAccess", "An API stands there twice.");
  if (apis.length > 50 || total > (personal ? 200 : 400))
    throw invalid("requiredResourceAccess", "There are too many.");
}
