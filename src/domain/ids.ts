import { randomBytes } from "node:crypto";

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** Entra object id of a person. */
export type UserId = Branded<"UserId">;
export type TenantId = Branded<"TenantId">;
export type GroupId = Branded<"GroupId">;
/** `REQ-` and six Crockford base-32 characters. A name for people, never authority. */
export type RequestId = Branded<"RequestId">;
export type DraftId = Branded<"DraftId">;
/** What Graph calls `appId`. */
export type ClientId = Branded<"ClientId">;
/** What Graph calls `id` on an application. */
export type ApplicationObjectId = Branded<"ApplicationObjectId">;
export type ServicePrincipalId = Branded<"ServicePrincipalId">;
/** Bot Framework conversation id: a personal chat, a group chat, a channel or a thread in one. */
export type ConversationId = Branded<"ConversationId">;
/** Bot Framework activity id of a message that the bot posted. */
export type ActivityId = Branded<"ActivityId">;

const guid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** A GUID in lower case, or undefined when the text is none. Entra's ids compare without case. */
function parseGuid<T extends string>(text: string | undefined): T | undefined {
  const lower = text?.trim().toLowerCase();
  return lower && guid.test(lower) ? (lower as T) : undefined;
}

export const parseUserId = (text: string | undefined) => parseGuid<UserId>(text);
export const parseTenantId = (text: string | undefined) => parseGuid<TenantId>(text);
export const parseGroupId = (text: string | undefined) => parseGuid<GroupId>(text);
export const parseClientId = (text: string | undefined) => parseGuid<ClientId>(text);
export const parseDraftId = (text: string | undefined) => parseGuid<DraftId>(text);

// Crockford leaves out I, L, O and U, so that a name read aloud or copied by hand comes back the same.
const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** A fresh `REQ-…`: 30 random bits, so the store must refuse a repeat and ask again. */
export function newRequestId(): RequestId {
  const bytes = randomBytes(6);
  return `REQ-${Array.from(bytes, (byte) => crockford[byte & 31]).join("")}` as RequestId;
}

/** Reads what a person typed: any case, with or without `REQ-`, with O for 0 and I or L for 1. */
export function parseRequestId(text: string | undefined): RequestId | undefined {
  const typed = text
    ?.trim()
    .toUpperCase()
    // What is random may begin with REQ too.
    .replace(/^REQ-?(?=.{6}$)/, "")
    .replaceAll("O", "0")
    .replaceAll(/[IL]/g, "1");
  return typed && /^[0-9A-HJKMNP-TV-Z]{6}$/.test(typed) ? (`REQ-${typed}` as RequestId) : undefined;
}
