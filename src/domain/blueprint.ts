import type { PermissionKind } from "./permission.ts";
import type { Audience, GroupClaims, HandoverValue, Plan, Platform } from "./plan.ts";

/** One answer as the engine sees it, after reading the form. */
export type Answer = string | number | boolean | string[];
export type Answers = Readonly<Record<string, Answer>>;

/** The only conditional: every key must match; a list means any of them; a many-question matches by membership. */
export type When = Readonly<Record<string, Match>>;
export type Match =
  | string
  | number
  | boolean
  | readonly (string | number | boolean)[]
  | { not: When[string] };

type QuestionBase = { key: string; label: string; help?: string; required?: boolean; when?: When };
export type Question = QuestionBase &
  (
    | { type: "text"; default?: string; max?: number; pattern?: string; error?: string }
    | { type: "url"; default?: string }
    | { type: "guid"; default?: string }
    /** Redirect URIs, one a line. */
    | { type: "urls"; default?: string[]; max?: number }
    /** One entry a line. */
    | { type: "lines"; default?: string[]; max?: number; pattern?: string; error?: string }
    /** Names of permissions, one a line: `Mail.Read`, or `API: Name`. */
    | { type: "permissions"; kind: PermissionKind; max?: number }
    /** A certificate, pasted as PEM; the answer is its DER in base64. */
    | { type: "certificate" }
    | { type: "number"; default?: number; min?: number; max?: number }
    | { type: "flag"; default?: boolean }
    | { type: "one"; default?: string; options: Record<string, string> }
    | { type: "many"; default?: string[]; always?: string[]; options: Record<string, string> }
  );

type Conditional = { when?: When };
/** One value, or the first of a list whose condition holds. */
export type Choice<T> = T | (Conditional & { use: T })[];
/** Entries that the requester types, instead of standing in the blueprint: the key of their question. */
type Typed = Conditional & { typed: string };

/** A system that people ask for: what its vendor's page tells a person to click, as data. */
export type Blueprint = {
  id: string;
  title: string;
  about?: string;
  ask: Question[];
  app: {
    name: string;
    audience: Choice<Audience>;
    redirects?: (Conditional & { platform: Platform; uri: string })[];
    idTokens?: boolean | When;
    accessTokens?: boolean | When;
    tokenVersion?: Choice<1 | 2>;
    groupClaims?: Choice<GroupClaims | "none">;
  };
  grant?: (
    | (Conditional & { api: string; delegated?: string[]; application?: string[]; beyondMinimum?: true })
    | Typed
  )[];
  consent: Choice<Plan["consent"]>;
  roles?: ((Conditional & { role: string; beyondMinimum?: true }) | Typed)[];
  azureRoles?: (Conditional & { role: string; scope: string })[];
  appRoles?: (
    | (Conditional & {
        value: string;
        name: string;
        description: string;
        members: ("User" | "Application")[];
      })
    | Typed
  )[];
  expose?: Conditional & {
    identifierUri: true;
    scopes: (
      | (Conditional & { value: string; name: string; description: string; who: "users" | "admins" })
      | Typed
    )[];
  };
  /** The first whose condition holds is the credential. */
  credentials: (Conditional &
    (
      | { kind: "secret"; label: string; months: number | string }
      | { kind: "certificate"; label: string; pem: string }
      | { kind: "federated"; name: string; issuer: string; subject: string; audience: string }
    ))[];
  handover: (Conditional & { label: string; value: HandoverValue; where?: string })[];
  next?: (Conditional & { text: string })[];
  refuse?: (Conditional & { say: string })[];
};

/** The APIs that a blueprint may name, by its alias: client id and the name that people know. */
export type ApiCatalog = Readonly<Record<string, { clientId: string; name: string; note?: string }>>;
