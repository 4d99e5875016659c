import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";
import type { RequestId, UserId } from "../domain/ids.ts";
import type { Plan } from "../domain/plan.ts";
import { writeWords } from "./registration-words.ts";
import type { Schema } from "./schema.ts";

/** In order of their names. One that has landed is never edited: the next one changes what it made. */
export const migrations: Readonly<Record<string, Migration>> = {
  "2026-11-20-first": { up: first },
  "2026-11-21-blueprints": { up: blueprints },
  "2026-11-21-policy": { up: policy },
  "2026-11-21-provisioning": { up: provisioning },
  "2026-11-22-handover": { up: handover },
  "2026-11-23-lifecycle": { up: lifecycle },
  "2026-11-24-people": { up: people },
  "2026-11-24-people-duties": { up: peopleDuties },
  "2026-11-25-messages": { up: messages },
  "2026-11-26-guard": { up: guard },
  "2026-11-27-entra-owners": { up: entraOwners },
};

async function first(db: Kysely<unknown>): Promise<void> {
  await sql`create table drafts (
    id text primary key, requester_id text not null, requester_name text not null, conversation_id text not null,
    blueprint_id text, answers jsonb, reason text, plan jsonb, started_at timestamptz not null)`.execute(db);

  await sql`create table requests (
    id text primary key, draft_id text not null unique, origin text not null, revision integer not null,
    state text not null, requester_id text not null, requester_name text not null, reason text not null,
    plan jsonb not null, fingerprint text not null, submitted_at timestamptz not null,
    decided_by_id text, decided_by_name text, decided_at timestamptz, denial text,
    withdrawn_at timestamptz, failure text)`.execute(db);
  await sql`create index requests_by_state on requests (state, submitted_at)`.execute(db);
  await sql`create index requests_by_requester on requests (requester_id, submitted_at desc)`.execute(db);

  await sql`create table leases (
    subject text primary key, number integer not null default 1, until timestamptz)`.execute(db);

  await sql`create table steps (
    request_id text not null references requests, step text not null, state text not null,
    intent jsonb not null, outcome jsonb not null, attempts integer not null,
    first_attempt_at timestamptz not null, next_attempt_at timestamptz, done_at timestamptz, note text,
    primary key (request_id, step))`.execute(db);

  await sql`create table keys (
    marker text primary key, request_id text not null references requests, application_object_id text not null,
    state text not null, key_id text, expires_at timestamptz not null, changed_at timestamptz not null)`.execute(
    db,
  );
  await sql`create index keys_by_request on keys (request_id)`.execute(db);
  await sql`create index keys_abandoned on keys (state) where state = 'abandoned'`.execute(db);

  await sql`create table links (
    token_hash text primary key, request_id text not null references requests, requester_id text not null,
    key_id text not null, state text not null, cipher text, nonce text, tag text,
    expires_at timestamptz not null, delivered_at timestamptz, revealed_at timestamptz)`.execute(db);
  await sql`create index links_by_request on links (request_id)`.execute(db);
  await sql`create index links_sealed on links (expires_at) where state = 'sealed'`.execute(db);

  await sql`create table registrations (
    id text primary key references requests, owner_id text not null, owner_name text not null,
    name_key text not null, plan jsonb not null, client_id text not null unique,
    application_object_id text not null, service_principal_id text not null, state text not null,
    created_at timestamptz not null, expires_at timestamptz not null,
    revoked_by_id text, revoked_by_name text, revoked_at timestamptz)`.execute(db);
  await sql`create index registrations_newest on registrations (created_at desc, id desc)`.execute(db);
  await sql`create index registrations_by_owner on registrations (owner_id, created_at desc, id desc)`.execute(
    db,
  );
  await sql`create index registrations_by_name on registrations (name_key)`.execute(db);
  await sql`create index registrations_revoking on registrations (state) where state = 'revoking'`.execute(
    db,
  );

  await sql`create table posts (
    id text primary key, subject text not null, purpose text not null, place_key text not null,
    place jsonb not null, state text not null, conversation_id text, activity_id text, drawn text,
    message jsonb, changed_at timestamptz not null)`.execute(db);
  await sql`create unique index posts_once on posts (subject, purpose, place_key) where purpose <> 'note'`.execute(
    db,
  );
  await sql`create index posts_by_subject on posts (subject)`.execute(db);
  await sql`create index posts_open on posts (state) where state in ('due', 'sending') or drawn is null or drawn = ''`.execute(
    db,
  );

  await sql`create index posts_by_activity on posts (activity_id) where activity_id is not null`.execute(db);

  await sql`create table conversations (
    id text primary key, kind text not null, service_url text not null, tenant_id text not null,
    user_id text, seen_at timestamptz not null)`.execute(db);
  await sql`create index conversations_by_person on conversations (user_id, seen_at desc) where user_id is not null`.execute(
    db,
  );
  await sql`create index conversations_newest on conversations (seen_at desc)`.execute(db);

  await sql`create table settings (name text primary key, value text not null)`.execute(db);

  await sql`create table audit (
    n bigint primary key, at timestamptz not null, who text not null, what text not null, surface text not null,
    subject text not null, revision integer, outcome text not null, detail jsonb not null, hash text not null)`.execute(
    db,
  );
  await sql`create index audit_by_subject on audit (subject, n)`.execute(db);
  await sql`create function refuse_audit_change() returns trigger language plpgsql as $$
    begin raise exception 'the audit is append-only'; end $$`.execute(db);
  await sql`create trigger audit_append_only before update or delete or truncate on audit
    for each statement execute function refuse_audit_change()`.execute(db);
}

async function blueprints(db: Kysely<unknown>): Promise<void> {
  await sql`alter table registrations alter column expires_at drop not null`.execute(db);
  // They were stored as they were read, and are kept as they were typed now: such a form begins empty again.
  await sql`update drafts set answers = null`.execute(db);
  await sql`alter table drafts add column version integer not null default 1`.execute(db);
}

async function policy(db: Kysely<unknown>): Promise<void> {
  await sql`alter table requests
    add column version integer not null default 1,
    add column system text not null default '',
    add column terms jsonb not null default
      '{"rank": "tier0", "approvals": 2, "reasonToApprove": false, "freshSignIn": false, "linkHours": 72}',
    add column votes jsonb not null default '[]',
    add column thread jsonb not null default '[]',
    add column before jsonb,
    add column answers jsonb not null default '{}',
    add column waiting jsonb,
    add column due_at timestamptz,
    add column turned_by_id text,
    add column turned_by_name text,
    add column turned_at timestamptz,
    add column question text,
    add column expired_at timestamptz,
    add column known_deciders jsonb,
    add column revised_draft_id text unique`.execute(db);
  await sql`update requests set system = plan -> 'blueprint' ->> 'id'`.execute(db);
  // What waited before there was a policy expires two weeks after it was asked for, as Usher's own policy says.
  await sql`update requests set
    waiting = jsonb_build_object('expiresAt', to_char(submitted_at at time zone 'UTC' + interval '14 days',
      'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'reminders', 0),
    due_at = submitted_at + interval '14 days' where state = 'pending'`.execute(db);
  await sql`create index requests_due on requests (due_at) where due_at is not null`.execute(db);
  await sql`create index registrations_by_system on registrations
    (owner_id, (plan -> 'blueprint' ->> 'id'), created_at desc) where state = 'active'`.execute(db);
  await sql`alter table drafts add column changes_request text, add column changes_revision integer`.execute(
    db,
  );
  await sql`create table passes (
    token_hash text primary key, kind text not null, user_id text not null, what jsonb not null,
    made_at timestamptz not null, expires_at timestamptz not null, used_at timestamptz)`.execute(db);
  await sql`create index passes_expired on passes (expires_at)`.execute(db);
}

async function provisioning(db: Kysely<unknown>): Promise<void> {
  await sql`create table write_quotas (
    identity text primary key, taken jsonb not null, granted integer not null, closed_until timestamptz)`.execute(
    db,
  );
  await sql`alter table requests
    add column half_undone boolean not null default false,
    add column cleaning_by_id text,
    add column cleaning_by_name text,
    add column cleaning_since timestamptz,
    add column cleaned_at timestamptz,
    add column stays text`.execute(db);
  await sql`create index requests_cleaning on requests (state) where state = 'cleaning'`.execute(db);
  // Nothing was compared before: each is looked at now, and then once a day.
  await sql`alter table registrations
    add column next_check_at timestamptz not null default now(),
    add column gone_since timestamptz`.execute(db);
  await sql`create index registrations_to_check on registrations (next_check_at) where state = 'active'`.execute(
    db,
  );
  await sql`create table drifts (
    registration_id text not null references registrations, key text not null, drift jsonb not null,
    state text not null, first_seen timestamptz not null, confirmed_at timestamptz, note text,
    by_id text, by_name text, at timestamptz, primary key (registration_id, key))`.execute(db);
  await sql`create index drifts_repairing on drifts (state) where state = 'repairing'`.execute(db);
}

async function handover(db: Kysely<unknown>): Promise<void> {
  await sql`alter table links
    add column made_at timestamptz, add column opened_by jsonb, add column opener_name text,
    add column reminded_at timestamptz, add column opening jsonb, add column told jsonb`.execute(db);
  await sql`update links set made_at = coalesce(delivered_at, expires_at - interval '72 hours')`.execute(db);
  await sql`alter table links alter column made_at set not null`.execute(db);
  await sql`update posts set place = place || jsonb_build_object('copy', links.key_id),
    place_key = place_key || ' ' || links.key_id from links
    where posts.purpose = 'link' and links.request_id = posts.subject and links.delivered_at is not null`.execute(
    db,
  );
  await sql`create table new_keys (
    registration_id text primary key references registrations, why text not null,
    by_id text not null, by_name text not null, at timestamptz not null,
    attempts integer not null default 0, next_attempt_at timestamptz, note text)`.execute(db);
  await sql`create table link_attempts (
    token_hash text not null, caller text not null, since timestamptz not null, count integer not null,
    primary key (token_hash, caller))`.execute(db);
  await sql`create index link_attempts_old on link_attempts (since)`.execute(db);
}

async function lifecycle(db: Kysely<unknown>): Promise<void> {
  await sql`create table duties (
    registration_id text not null references registrations, kind text not null, due_at timestamptz not null,
    data jsonb not null, primary key (registration_id, kind))`.execute(db);
  await sql`create index duties_due on duties (due_at)`.execute(db);
  await sql`alter table registrations
    add column co_owner_id text, add column co_owner_name text,
    add column restored_by_id text, add column restored_by_name text`.execute(db);
  await sql`create index registrations_by_co_owner on registrations (co_owner_id, created_at desc, id desc)
    where co_owner_id is not null`.execute(db);
  await sql`alter table conversations add column time_zone text`.execute(db);
  // What was made before is told of like the rest. Whoever comes to it goes by the owner's own morning.
  await sql`insert into duties select id, 'expiry', (date_trunc('day', expires_at at time zone 'UTC')
    - interval '30 days' + interval '9 hours') at time zone 'UTC', '{}'
    from registrations where expires_at is not null and state = 'active'`.execute(db);
  await sql`insert into duties select id, 'confirm', (date_trunc('day', created_at at time zone 'UTC')
    + interval '1 year' + interval '9 hours') at time zone 'UTC', '{}'
    from registrations where state = 'active'`.execute(db);
  await sql`alter table registrations add column restored_at timestamptz`.execute(db);
  await sql`create index registrations_restoring on registrations (state) where state = 'restoring'`.execute(
    db,
  );
  // Entra keeps what was deleted for 30 days.
  await sql`insert into duties (registration_id, kind, due_at, data)
    select id, 'purge', revoked_at + interval '720 hours', '{}' from registrations
    where state = 'revoked'`.execute(db);
  // When it was compared with its plan last.
  await sql`alter table registrations add column looked_at timestamptz`.execute(db);
  // What people look for one by. Words are compared byte by byte, so that an index finds those that begin so.
  await sql`alter table registrations add column words text not null default ''`.execute(db);
  await sql`create table registration_words (
    word text collate "C" not null, registration_id text not null references registrations,
    primary key (word, registration_id))`.execute(db);
  await sql`create index registrations_by_object on registrations (application_object_id)`.execute(db);
  await sql`create index registrations_by_principal on registrations (service_principal_id)`.execute(db);
  // Active ones, said as what they are not: a planner without statistics takes one state for one row in 200.
  await sql`create index registrations_ending on registrations (expires_at, id)
    where expires_at is not null and state <> 'revoking' and state <> 'revoked' and state <> 'restoring'
    and state <> 'removed'`.execute(db);
  await writeWordsOfAll(db);
}

/** Of those that were made before people could look for them. */
async function writeWordsOfAll(db: Kysely<unknown>): Promise<void> {
  const { rows } = await sql<{ id: RequestId; owner: string; plan: Plan }>`
    select id, owner_name as owner, plan from registrations`.execute(db);
  for (const { id, owner, plan } of rows)
    await writeWords(db as Kysely<Schema>, { id, owner: { userId: "" as UserId, name: owner }, plan });
}

async function people(db: Kysely<unknown>): Promise<void> {
  await sql`create table ownership_offers (
    id text primary key, registration_id text not null references registrations, kind text not null,
    to_id text not null, to_name text not null, from_id text, from_name text, by_id text, by_name text,
    at timestamptz not null, state text not null, changed_at timestamptz not null,
    ended_by_id text, ended_by_name text, reason text)`.execute(db);
  await sql`create unique index ownership_offers_open on ownership_offers (registration_id)
    where state in ('offered', 'accepted')`.execute(db);
  await sql`create index ownership_offers_of on ownership_offers (registration_id, at)`.execute(db);
  await sql`create index ownership_offers_waiting on ownership_offers (changed_at)
    where state = 'accepted'`.execute(db);
  // Whom Entra names as an owner, while that is another than Usher's records say.
  await sql`create table entra_owners (
    registration_id text primary key references registrations, named_id text not null, named_name text not null,
    state text not null, attempts integer not null, next_attempt_at timestamptz, note text)`.execute(db);
  await sql`create index entra_owners_changing on entra_owners (state) where state = 'changing'`.execute(db);
}

async function peopleDuties(db: Kysely<unknown>): Promise<void> {
  // What is looked after in one go stands in no way of the rest.
  await sql`drop index duties_due`.execute(db);
  await sql`create index duties_due_owners on duties (due_at) where kind = 'owners'`.execute(db);
  await sql`create index duties_due_others on duties (due_at) where kind <> 'owners'`.execute(db);
  // The owners of what was made before are looked up within a day, each registration at a time of its own.
  await sql`insert into duties (registration_id, kind, due_at, data)
    select id, 'owners', now() + make_interval(secs => ('x' || substr(md5(id), 1, 7))::bit(28)::integer % 86400), '{}'
    from registrations where state <> 'removed'`.execute(db);
  // Leavers are looked after by their duty; a difference from a plan says nothing of them any more.
  await sql`delete from drifts where drift ->> 'what' = 'departed'`.execute(db);
}

async function guard(db: Kysely<unknown>): Promise<void> {
  // Activities that have arrived, by a hash of their conversation and their id.
  await sql`create table activities (
    mark text primary key, at timestamptz not null, count integer not null)`.execute(db);
  await sql`create index activities_old on activities (at)`.execute(db);
}

async function messages(db: Kysely<unknown>): Promise<void> {
  // In the order in which they were written down; where it is said instead, and in whose place it stands.
  await sql`alter table posts add column n bigserial, add column fell_to text, add column instead_of text`.execute(
    db,
  );
  await sql`create index posts_fallen on posts (place_key text_pattern_ops) where fell_to is not null`.execute(
    db,
  );
  // Moments in milliseconds since 1970, since they are reckoned with.
  await sql`create table chat_paces (
    id text primary key, holder text not null, last_at float8 not null, full_at float8 not null,
    hour_full_at float8 not null, redraw_last float8, redraw_next float8, closed_until float8,
    refusals integer not null default 0)`.execute(db);
}

async function entraOwners(db: Kysely<unknown>): Promise<void> {
  // Whom else Usher may have named there on the way to whoever owns it now.
  await sql`alter table entra_owners add column others jsonb not null default '[]'`.execute(db);
}
