import { missingVotes } from "../../domain/approval.ts";
import { handoverEntries, type Made, nextSteps } from "../../domain/handover.ts";
import { rankPermissions, rankRoles } from "../../domain/permission.ts";
import { planDifference } from "../../domain/plan-difference.ts";
import type { TermsNow } from "../../domain/policy.ts";
import { type StepName, stepsOf } from "../../domain/provisioning.ts";
import type { Registration } from "../../domain/registration.ts";
import { isOpen, type Request } from "../../domain/request.ts";
import type { SecretLink } from "../../domain/secret-link.ts";
import { longestWaiting, stoppableFrom } from "../../domain/stopping.ts";
import { wasMade } from "../../domain/what-exists.ts";
import { currentTerms, lookUpDeciders, policyRefusals } from "../approval/who-decides.ts";
import { stoppedOutside } from "../drift/why-stopped.ts";
import { openerKnown } from "../handover/who-opens.ts";
import { ownersWanted } from "../lifecycle/owners-wanted.ts";
import { DirectoryFailure } from "../ports/entra.ts";
import type { KnownDeciders } from "../ports/requests.ts";
import type { StepRow } from "../ports/steps.ts";
import type { Tables } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import { consentLinks } from "./consent-links.ts";
import type { LinkView, RequestView } from "./request-views.ts";
import { retiringView } from "./rotation-view.ts";

/**
 * Everything that a card about the request shows, as it stands now. The directory is asked who can decide only while
 * that matters; with `what-is-known` it never is, and what it said last is shown.
 */
export async function requestView(
  world: World,
  request: Request,
  ask: "directory" | "what-is-known" = "directory",
): Promise<RequestView> {
  const { tables } = world.store;
  const terms = currentTerms(world, request);
  const [rows, registration, channel, known] = await Promise.all([
    tables.steps.all(request.id),
    tables.registrations.get(request.id),
    tables.conversations.approvalsChannel(),
    isOpen(request) ? whoCanDecide(world, request, terms, ask) : undefined,
  ]);
  const opener = await openerKnown(world, request, terms);
  const made = registration && madeOf(world, registration);
  const names = (people: { name: string }[] | undefined) => people?.map(({ name }) => name);
  return {
    request,
    permissions: rankPermissions(request.plan.permissions, world.catalog.permissionFacts),
    roles: rankRoles(request.plan.directoryRoles ?? [], world.catalog.roleFacts),
    deciders: names(known?.approvers),
    ...(known?.groupName && { decidersGroup: known.groupName }),
    alternates: names(known?.alternates) ?? [],
    terms,
    missingVotes: missingVotes(request, terms),
    policyRefusals: isOpen(request) ? policyRefusals(world, request, terms) : [],
    changes: request.before ? planDifference(request.before, request.plan) : [],
    hasApprovalsChannel: channel !== undefined,
    steps: shownSteps(world, request, rows),
    ...(!world.settings.mayConsent && { isConsentLeft: true }),
    ...(ownersWanted(world, request) > 1 && { wantsSecondOwner: true }),
    ...(request.state === "cleaned" && { wasMade: wasMade(rows) }),
    handover: made ? handoverEntries(request.plan, made) : [],
    ...consentWaitedFor(world, request, rows),
    ...longWait(world, request, rows),
    isOwnerLeftOut: rows.some(({ outcome }) => outcome.ownerLeftOut !== undefined),
    ...(opener && { opener }),
    missingRoles: rows.flatMap(({ outcome }) => outcome.rolesMissing?.split(", ") ?? []),
    next: made ? nextSteps(request.plan, made) : [],
    ...(registration && { registration }),
    ...(registration?.expiresAt && registration.expiresAt <= world.clock.now() && { hasEnded: true }),
    ...(registration && (await stopsView(tables, registration))),
    ...(registration && (await secretView(tables, registration))),
  };
}

async function stopsView(tables: Tables, registration: Registration): Promise<Pick<RequestView, "stops">> {
  const stops = (await stoppedOutside(tables, [registration])).get(registration.id);
  return stops ? { stops } : {};
}

/** Enabled people who may decide, but the requester; undefined when the directory does not say. */
async function whoCanDecide(
  world: World,
  request: Request,
  terms: TermsNow,
  ask: "directory" | "what-is-known",
): Promise<KnownDeciders | undefined> {
  if (ask === "what-is-known") return world.store.tables.requests.knownDeciders(request.id);
  try {
    return await lookUpDeciders(world, request, terms);
  } catch (error) {
    if (!(error instanceof DirectoryFailure)) throw error;
    return undefined;
  }
}

/** From the first look on: before that there is nothing to grant yet. */
function consentWaitedFor(world: World, { state }: Request, rows: StepRow[]): Pick<RequestView, "consent"> {
  const rowOf = (name: StepName) => rows.find(({ step }) => step === name);
  const waiting = rowOf("admin-consent");
  const clientId = rowOf("application")?.outcome.clientId;
  const servicePrincipalId = rowOf("service-principal")?.outcome.servicePrincipalId;
  const isWaitedFor = state === "approved" && !world.settings.mayConsent && waiting?.note !== undefined;
  if (!isWaitedFor || waiting.state === "done" || !clientId || !servicePrincipalId) return {};
  return { consent: consentLinks(world.settings, { clientId, servicePrincipalId }) };
}

function longWait(
  { clock, settings }: World,
  request: Request,
  rows: StepRow[],
): Pick<RequestView, "waitsSince"> {
  if (request.state !== "approved") return {};
  const steps = stepsOf(request.plan, settings.mayConsent);
  const from = stoppableFrom(request.decidedAt, steps, rows);
  if (!from || from > clock.now()) return {};
  return { waitsSince: longestWaiting(steps, rows)?.firstAttemptAt ?? request.decidedAt };
}

/** A quarter of a minute of trying: what is shorter is over before anybody has read of it. */
const slowFrom = 5;

function shownSteps(world: World, request: Request, rows: StepRow[]): RequestView["steps"] {
  if (!("decidedBy" in request) || request.state === "denied") return [];
  return stepsOf(request.plan, world.settings.mayConsent).map((step) => {
    const row = rows.find((each) => each.step === step);
    return {
      step,
      state: row?.state ?? "waiting",
      ...(row?.note && { note: row.note }),
      ...(row && { since: row.firstAttemptAt }),
      ...(row?.outcome.until && row.state !== "done" && { until: new Date(row.outcome.until) }),
      ...(row && row.state !== "done" && row.attempts >= slowFrom && { isSlow: true as const }),
      ...(row?.state === "failed" && row.doneAt && { endedAt: row.doneAt }),
    };
  });
}

/** How the secret stands of a registration that has one, or can have one. */
export async function secretView(
  tables: Tables,
  registration: Registration,
): Promise<Pick<RequestView, "secret">> {
  const { keys, links, newKeys } = tables;
  const { id, state, plan } = registration;
  if (state !== "active" || plan.credential.kind !== "secret") return {};
  const [allKeys, allLinks, newKey] = await Promise.all([keys.of(id), links.of(id), newKeys.get(id)]);
  const isRotated = allKeys.some((key) => key.state === "retiring");
  const retiring = isRotated ? await retiringView(tables, registration) : undefined;
  const keyId = allKeys.find((key) => key.state === "current")?.keyId;
  const link = allLinks.findLast((each) => keyId === undefined || each.keyId === keyId);
  return {
    secret: {
      ...(keyId !== undefined && { keyId }),
      ...(link && { link: linkView(link) }),
      ...(newKey && { newKey }),
      ...(retiring && { retiring }),
    },
  };
}

/** Without its seal, which no card needs. */
function linkView(link: SecretLink): LinkView {
  const { state, expiresAt } = link;
  if (state !== "revealed") return { state, expiresAt };
  const { revealedAt, opening } = link;
  return { state, expiresAt, revealedAt, ...(opening && { opening }) };
}

/** What the handover and the next steps name of a registration. */
export const madeOf = ({ settings }: World, { clientId }: Registration): Made => ({
  clientId,
  tenantId: settings.tenantId,
  authorityUrl: settings.authorityUrl,
});
