import { randomUUID } from "node:crypto";
import type { FederatedIdentityCredential } from "@microsoft/microsoft-graph-types";
import type { Entity, Row } from "../state.ts";
import { applicationReaders, applicationWriters, requireManage, requireRole } from "./access.ts";
import {
  type Answer,
  type Call,
  isVisible,
  noContent,
  param,
  type Route,
  target,
  text,
  visibleFrom,
} from "./call.ts";
import { badRequest, GraphError, notFound } from "./errors.ts";
import { entityAnswer, listAnswer } from "./query.ts";

const path = "/applications/:application/federatedIdentityCredentials";
const context = "federatedIdentityCredentials";
const names = ["name", "issuer", "subject", "audiences", "description"];

// The application's id is kept with the credential, but is no part of what Graph answers.
const present = ({ value: { applicationId: _kept, ...value } }: Row): Entity => value as Entity;

const ofApplication = (call: Call, application: Row) =>
  call.state.find("federatedCredential", "applicationId", application.value.id);

function owned(call: Call): Row {
  requireRole(call, ...applicationWriters);
  const application = target(call, "application", param(call, "application"));
  requireManage(call, application);
  return application;
}

function add(call: Call): Answer {
  const application = owned(call);
  const body = call.body ?? {};
  const unknown = Object.keys(body).find((key) => !names.includes(key));
  if (unknown) throw badRequest(`Invalid property '${unknown}'.`);
  const [name, issuer, subject] = [text(body, "name"), text(body, "issuer"), text(body, "subject")];
  const audiences = body.audiences;
  if (!name || !/^[\w-]{1,120}$/.test(name)) throw badRequest("The property 'name' is not valid.");
  if (!issuer || !subject) throw badRequest("The properties 'issuer' and 'subject' are required.");
  if (!Array.isArray(audiences) || audiences.length !== 1)
    throw badRequest("Exactly one audience is allowed.");
  const before = ofApplication(call, application);
  if (before.length >= 20) throw badRequest("Maximum limit of 20 federated identity credentials reached.");
  const isTaken = before.some(
    ({ value }) => value.name === name || (value.issuer === issuer && value.subject === subject),
  );
  if (isTaken)
    throw new GraphError(
      409,
      "Request_MultipleObjectsWithSameKeyValue",
      "FederatedIdentityCredential with the same name, or issuer and subject, already exists.",
    );
  const value = {
    id: randomUUID(),
    name,
    issuer,
    subject,
    audiences,
    description: text(body, "description") ?? null,
  } satisfies FederatedIdentityCredential;
  call.state.insert(
    "federatedCredential",
    { ...value, applicationId: application.value.id },
    [],
    visibleFrom(call),
  );
  return entityAnswer(call, context, value, 201);
}

function one(call: Call, application: Row): Row {
  const ref = param(call, "credential");
  const row = ofApplication(call, application).find(
    ({ value }) => value[ref.by === "name" ? "name" : "id"] === ref.value,
  );
  if (!row || !isVisible(call, row)) throw notFound(ref.value);
  return row;
}

export const federatedCredentialRoutes: Route[] = [
  {
    method: "GET",
    path,
    handle(call) {
      requireRole(call, ...applicationReaders);
      const application = target(call, "application", param(call, "application"));
      return listAnswer(call, { context, rows: ofApplication(call, application), present });
    },
  },
  { method: "POST", path, handle: add },
  {
    method: "GET",
    path: `${path}/:credential`,
    handle(call) {
      requireRole(call, ...applicationReaders);
      const application = target(call, "application", param(call, "application"));
      return entityAnswer(call, context, present(one(call, application)));
    },
  },
  {
    method: "DELETE",
    path: `${path}/:credential`,
    handle(call) {
      call.state.remove(one(call, owned(call)));
      return noContent;
    },
  },
];
