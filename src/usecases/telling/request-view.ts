import { handoverEntries, type Made, nextSteps } from "../../domain/handover.ts";
import { rankPermissions, rankRoles } from "../../domain/permission.ts";
import { stepsOf } from "../../domain/provisioning.ts";
import type { Registration } from "../../domain/registration.ts";
import type { Request } from "../../domain/request.ts";
import { DirectoryFailure, type StepRow, type World } from "../ports.ts";
import type { RequestView } from "./messages.ts";

/** Everything that a card about the request shows, as it stands now. Asks the directory only while it waits for a decision. */
export async function requestView(world: World, request: Request): Promise<RequestView> {
  const { tables } = world.store;
  const [rows, registration, channel, deciders] = await Promise.all([
    tables.steps.all(request.id),
    tables.registrations.get(request.id),
    tables.conversations.approvalsChannel(),
    request.state === "pending" ? whoCanDecide(world, request) : undefined,
  ]);
  const made = registration && madeOf(world, registration);
  return {
    request,
    permissions: rankPermissions(request.plan.permissions, world.catalog.permissionFacts),
    roles: rankRoles(request.plan.directoryRoles ?? [], world.catalog.roleFacts),
    deciders,
    hasApprovalsChannel: channel !== undefined,
    steps: shownSteps(request, rows),
    handover: made ? handoverEntries(request.plan, made) : [],
    isConsentMissing: rows.some(({ outcome }) => outcome.consentMissing !== undefined),
    missingRoles: rows.flatMap(({ outcome }) => outcome.rolesMissing?.split(", ") ?? []),
    next: made ? nextSteps(request.plan, made) : [],
    ...(registration && { registration }),
  };
}

/** Names of the enabled approvers but the requester; undefined when the directory does not say. */
async function whoCanDecide(world: World, request: Request): Promise<string[] | undefined> {
  const { approversGroup } = world.settings;
  if (!approversGroup) return [];
  try {
    const members = await world.directory.members(approversGroup);
    return members
      .filter(
        ({ isEnabled, isGuest, userId }) => isEnabled && !isGuest && userId !== request.requester.userId,
      )
      .map(({ name }) => name);
  } catch (error) {
    if (!(error instanceof DirectoryFailure)) throw error;
    return undefined;
  }
}

function shownSteps(request: Request, rows: StepRow[]): RequestView["steps"] {
  const begun = request.state === "approved" || request.state === "provisioned" || request.state === "failed";
  if (!begun) return [];
  return stepsOf(request.plan).map((step) => {
    const row = rows.find((each) => each.step === step);
    return {
      step,
      state: row?.state ?? "waiting",
      ...(row?.note && { note: row.note }),
      ...(row && { since: row.firstAttemptAt }),
    };
  });
}

/** What the handover and the next steps name of a registration. */
export const madeOf = ({ settings }: World, { clientId }: Registration): Made => ({
  clientId,
  tenantId: settings.tenantId,
  authorityUrl: settings.authorityUrl,
});
