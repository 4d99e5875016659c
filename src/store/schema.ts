import type { ColumnType, Generated, JSONColumnType } from "kysely";
import type { RawAnswers } from "../domain/answers.ts";
import type { Drift } from "../domain/drift.ts";
import type { ToldTry } from "../domain/link-news.ts";
import type { Plan } from "../domain/plan.ts";
import type { Terms } from "../domain/policy.ts";
import type { Actor, Said, Vote, Waiting } from "../domain/request.ts";
import type { OpenedBy, Opening } from "../domain/secret-link.ts";
import type { Place } from "../usecases/ports/chat.ts";
import type { KnownDeciders } from "../usecases/ports/requests.ts";
import type { Message } from "../usecases/telling/messages.ts";

type Time = ColumnType<Date, Date, Date>;
type Optional<T> = ColumnType<T | null, T | null | undefined, T | null>;
type Json<T extends object> = JSONColumnType<T>;
/** As it comes back from JSON: moments are text. */
export type Dated<T> = {
  [K in keyof T]: T[K] extends Date ? string : T[K] extends Date | undefined ? string | undefined : T[K];
};

/** The tables as both carriers have them; `migrations.ts` makes them. Ids and states are checked in the domain, so they are text here. */
export type Schema = {
  drafts: {
    id: string;
    version: number;
    requester_id: string;
    requester_name: string;
    conversation_id: string;
    blueprint_id: Optional<string>;
    answers: JSONColumnType<RawAnswers | null, string | null, string | null>;
    reason: Optional<string>;
    plan: JSONColumnType<Plan | null, string | null, string | null>;
    changes_request: Optional<string>;
    changes_revision: Optional<number>;
    started_at: Time;
  };
  requests: {
    id: string;
    draft_id: string;
    origin: string;
    revision: number;
    state: string;
    requester_id: string;
    requester_name: string;
    reason: string;
    plan: Json<Plan>;
    fingerprint: string;
    submitted_at: Time;
    decided_by_id: Optional<string>;
    decided_by_name: Optional<string>;
    decided_at: Optional<Date>;
    denial: Optional<string>;
    withdrawn_at: Optional<Date>;
    failure: Optional<string>;
    version: number;
    /** Id of the plan's blueprint, to be found by. */
    system: string;
    terms: Json<Terms>;
    votes: Json<Dated<Vote>[]>;
    thread: Json<Dated<Said>[]>;
    before: JSONColumnType<Plan | null, string | null, string | null>;
    answers: Json<RawAnswers>;
    waiting: JSONColumnType<Dated<Waiting> | null, string | null, string | null>;
    /** When something of `waiting` is due next. */
    due_at: Optional<Date>;
    turned_by_id: Optional<string>;
    turned_by_name: Optional<string>;
    turned_at: Optional<Date>;
    question: Optional<string>;
    expired_at: Optional<Date>;
    half_undone: Generated<boolean>;
    /** Who had it cleaned up. */
    cleaning_by_id: Optional<string>;
    cleaning_by_name: Optional<string>;
    cleaning_since: Optional<Date>;
    cleaned_at: Optional<Date>;
    /** What a clean-up left in the tenant. */
    stays: Optional<string>;
    /** The draft that its newest revision came from; the one that it began with keeps leading to it too. */
    revised_draft_id: Optional<string>;
    known_deciders: JSONColumnType<Dated<KnownDeciders> | null, string | null, string | null>;
  };
  leases: { subject: string; number: Generated<number>; until: Optional<Date> };
  steps: {
    request_id: string;
    step: string;
    state: string;
    intent: Json<Record<string, string>>;
    outcome: Json<Record<string, string>>;
    attempts: number;
    first_attempt_at: Time;
    next_attempt_at: Optional<Date>;
    done_at: Optional<Date>;
    note: Optional<string>;
  };
  keys: {
    marker: string;
    request_id: string;
    application_object_id: string;
    state: string;
    key_id: Optional<string>;
    expires_at: Time;
    changed_at: Time;
  };
  links: {
    token_hash: string;
    request_id: string;
    requester_id: string;
    key_id: string;
    state: string;
    cipher: Optional<string>;
    nonce: Optional<string>;
    tag: Optional<string>;
    expires_at: Time;
    delivered_at: Optional<Date>;
    revealed_at: Optional<Date>;
    made_at: Time;
    /** Null: the requester. */
    opened_by: JSONColumnType<OpenedBy | null, string | null, string | null>;
    /** What they were called when it was made. */
    opener_name: Optional<string>;
    /** When the requester was told that it still waits. */
    reminded_at: Optional<Date>;
    /** How it was opened. */
    opening: JSONColumnType<Opening | null, string | null, string | null>;
    /** Which tries of others the requester was told of. */
    told: JSONColumnType<ToldTry[] | null, string | null, string | null>;
  };
  /** New keys that are being made for registrations, in the place of one that was lost. */
  new_keys: {
    registration_id: string;
    why: string;
    by_id: string;
    by_name: string;
    at: Time;
    attempts: Generated<number>;
    next_attempt_at: Optional<Date>;
    note: Optional<string>;
  };
  /** How often somebody has tried a link since a moment. */
  activities: { mark: string; at: Time; count: number };
  link_attempts: { token_hash: string; caller: string; since: Time; count: number };
  registrations: {
    id: string;
    owner_id: string;
    owner_name: string;
    /** The name as `nameKey` makes it, to be found by. */
    name_key: string;
    plan: Json<Plan>;
    client_id: string;
    application_object_id: string;
    service_principal_id: string;
    state: string;
    created_at: Time;
    expires_at: Optional<Date>;
    revoked_by_id: Optional<string>;
    revoked_by_name: Optional<string>;
    revoked_at: Optional<Date>;
    /** When it is compared with its plan next. */
    next_check_at: ColumnType<Date, Date | undefined, Date>;
    /** Somebody deleted it in Entra. */
    gone_since: Optional<Date>;
    looked_at: Optional<Date>;
    co_owner_id: Optional<string>;
    co_owner_name: Optional<string>;
    restored_by_id: Optional<string>;
    restored_by_name: Optional<string>;
    restored_at: Optional<Date>;
    /** What it is found by: a space, and then words with a space between. */
    words: ColumnType<string, string | undefined, string>;
  };
  /** The same words, one in each row. */
  registration_words: { word: string; registration_id: string };
  duties: {
    registration_id: string;
    kind: string;
    due_at: Time;
    data: Json<Record<string, string>>;
  };
  ownership_offers: {
    id: string;
    registration_id: string;
    kind: string;
    to_id: string;
    to_name: string;
    from_id: Optional<string>;
    from_name: Optional<string>;
    /** Null: Usher itself. */
    by_id: Optional<string>;
    by_name: Optional<string>;
    at: Time;
    state: string;
    changed_at: Time;
    ended_by_id: Optional<string>;
    ended_by_name: Optional<string>;
    reason: Optional<string>;
  };
  /** Whom Entra names as an owner, while that is another than Usher's records say. */
  entra_owners: {
    registration_id: string;
    named_id: string;
    named_name: string;
    others: Json<Actor[]>;
    state: string;
    attempts: number;
    next_attempt_at: Optional<Date>;
    note: Optional<string>;
  };
  drifts: {
    registration_id: string;
    key: string;
    drift: Json<Drift>;
    state: string;
    first_seen: Time;
    confirmed_at: Optional<Date>;
    note: Optional<string>;
    by_id: Optional<string>;
    by_name: Optional<string>;
    at: Optional<Date>;
  };
  posts: {
    id: string;
    subject: string;
    purpose: string;
    place_key: string;
    place: Json<Place>;
    state: string;
    conversation_id: Optional<string>;
    activity_id: Optional<string>;
    drawn: Optional<string>;
    message: JSONColumnType<Message | null, string | null, string | null>;
    changed_at: Time;
    /** The order in which they were written down. */
    n: Generated<string>;
    /** Where it is said instead, as it could not be said in its place. */
    fell_to: Optional<string>;
    /** The post in whose place it stands. */
    instead_of: Optional<string>;
  };
  conversations: {
    id: string;
    kind: string;
    service_url: string;
    tenant_id: string;
    user_id: Optional<string>;
    seen_at: Time;
    /** As the person's client says it, such as Europe/Berlin. */
    time_zone: Optional<string>;
  };
  settings: { name: string; value: string };
  /** How many writes each identity has reserved at Graph. */
  write_quotas: {
    identity: string;
    /** By slot of time. */
    taken: Json<Record<string, number>>;
    /** What the newest reservation was given. */
    granted: number;
    closed_until: Optional<Date>;
  };
  /** What was sent into each conversation, so that Teams' limits are kept; moments in milliseconds since 1970. */
  chat_paces: {
    id: string;
    /** The process that sent last. */
    holder: string;
    last_at: number;
    /** When each bucket is full again. */
    full_at: number;
    hour_full_at: number;
    /** When the last final card goes, and when the line for redrawing is through. */
    redraw_last: Optional<number>;
    redraw_next: Optional<number>;
    closed_until: Optional<number>;
    refusals: Generated<number>;
  };
  passes: {
    token_hash: string;
    kind: string;
    user_id: string;
    what: Json<Record<string, unknown>>;
    made_at: Time;
    expires_at: Time;
    used_at: Optional<Date>;
  };
  audit: {
    n: number;
    at: Time;
    who: string;
    what: string;
    surface: string;
    subject: string;
    revision: Optional<number>;
    outcome: string;
    detail: Json<Record<string, unknown>>;
    hash: string;
  };
};
