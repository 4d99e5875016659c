import { createHash, randomBytes, randomUUID } from "node:crypto";
import type { PasswordCredential } from "@microsoft/microsoft-graph-types";
import { applicationWriters, requireManage, requireRole } from "./access.ts";
import { isPersonal } from "./application-rules.ts";
import {
  type Answer,
  type Call,
  contextUrl,
  type Json,
  noContent,
  param,
  type Route,
  target,
  text,
  visibleFrom,
} from "./call.ts";
import { badRequest, GraphError } from "./errors.ts";

export const hashOfSecret = (secret: string) => createHash("sha256").update(secret).digest("hex");

const twoYears = (from: Date) =>
  new Date(
    Date.UTC(
      from.getUTCFullYear() + 2,
      from.getUTCMonth(),
      from.getUTCDate(),
      from.getUTCHours(),
      from.getUTCMinutes(),
      from.getUTCSeconds(),
    ),
  );

const dayMs = 86_400_000;

type Holder = "application" | "servicePrincipal";

function addPassword(call: Call, kind: Holder): Answer {
  requireRole(call, ...applicationWriters);
  const row = target(call, kind, param(call, "holder"));
  requireManage(call, row);
  const asked = (call.body?.passwordCredential ?? {}) as Json;
  if ("secretText" in asked) throw badRequest("Property 'secretText' is read-only and cannot be set.");
  const start = moment(asked, "startDateTime") ?? call.now;
  const end = moment(asked, "endDateTime") ?? twoYears(start);
  if (end <= start) throw badRequest("Key credential end date is invalid.");
  const { secretsBlocked, secretMaxDays } = call.settings;
  if (secretsBlocked)
    throw badRequest(
      "Credential type not allowed as per assigned policy 'AppManagementPolicy'.",
      "CredentialTypeNotAllowedAsPerAppPolicy",
    );
  if (secretMaxDays !== null && end.getTime() - start.getTime() > secretMaxDays * dayMs)
    throw badRequest(
      "Credential lifetime exceeds the max value allowed as per assigned policy.",
      "CredentialInvalidLifetimeAsPerAppPolicy",
    );
  const before = row.value.passwordCredentials as Json[];
  if (isPersonal(row.value) && before.length >= 2)
    throw badRequest("The number of password credentials exceeds the maximum of 2 for this application.");

  const secretText = `${randomBytes(3).toString("base64url").slice(0, 3)}8Q~${randomBytes(26).toString("base64url")}`;
  const credential = {
    customKeyIdentifier: null,
    displayName: text(asked, "displayName") ?? null,
    endDateTime: end.toISOString(),
    hint: secretText.slice(0, 3),
    keyId: randomUUID(),
    secretText: null,
    startDateTime: start.toISOString(),
  } satisfies PasswordCredential;
  call.state.save({
    ...row,
    value: {
      ...row.value,
      passwordCredentials: [...before, { ...credential, visibleFrom: visibleFrom(call) }],
    },
  });
  call.state.addSecret({
    keyId: credential.keyId,
    appId: String(row.value.appId),
    hash: hashOfSecret(secretText),
    usableFrom: call.now.getTime() + call.settings.secretDelaySeconds * 1000,
    expiresAt: end.getTime(),
  });
  return {
    status: 200,
    body: {
      "@odata.context": contextUrl(call, "microsoft.graph.passwordCredential"),
      ...credential,
      secretText,
    },
  };
}

function moment(asked: Json, name: string): Date | undefined {
  const given = asked[name];
  if (given === undefined || given === null) return undefined;
  const read = new Date(String(given));
  if (Number.isNaN(read.getTime())) throw badRequest(`Invalid value specified for property '${name}'.`);
  return read;
}

function removePassword(call: Call, kind: Holder): Answer {
  requireRole(call, ...applicationWriters);
  const row = target(call, kind, param(call, "holder"));
  requireManage(call, row);
  const keyId = text(call.body ?? {}, "keyId");
  if (!keyId) throw badRequest("A value is required for property 'keyId'.");
  const before = row.value.passwordCredentials as Json[];
  const found = before.find((credential) => credential.keyId === keyId);
  if (!found) throw badRequest(`No password credential found with keyId '${keyId}'.`);
  if (Number(found.visibleFrom) > call.now.getTime())
    throw new GraphError(
      409,
      "Directory_ConcurrencyViolation",
      "Unable to complete the request due to data concurrency violation.",
      { "Retry-After": "1" },
    );
  call.state.save({
    ...row,
    value: { ...row.value, passwordCredentials: before.filter((credential) => credential !== found) },
  });
  call.state.removeSecret(keyId);
  return noContent;
}

/** A service principal takes secrets of its own, which sign in just as its application's do. */
const routesOf = (collection: string, kind: Holder): Route[] => [
  {
    method: "POST",
    path: `/${collection}/:holder/addPassword`,
    handle: (call) => addPassword(call, kind),
  },
  {
    method: "POST",
    path: `/${collection}/:holder/removePassword`,
    handle: (call) => removePassword(call, kind),
  },
];

export const passwordRoutes: Route[] = [
  ...routesOf("applications", "application"),
  ...routesOf("servicePrincipals", "servicePrincipal"),
];
