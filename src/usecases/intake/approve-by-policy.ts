import type { GroupId } from "../../domain/ids.ts";
import type { Caller } from "../../domain/person.ts";
import type { AutoApproval } from "../../domain/policy.ts";
import { type In, policyActor } from "../../domain/request.ts";
import { tellAndMake } from "../approval/save-decision.ts";
import { DirectoryFailure } from "../ports/entra.ts";
import type { Tables } from "../ports/store.ts";
import type { World } from "../ports/world.ts";

/** The groups of policy's own approvals that the requester is in; undefined when the directory does not say. */
export async function groupsOfRequester(
  world: World,
  caller: Caller,
): Promise<ReadonlySet<GroupId> | undefined> {
  const groups = world.catalog.policy.autoApprove.flatMap(({ group }) => group ?? []);
  try {
    return await world.directory.memberOf(caller.userId, [...new Set(groups)]);
  } catch (error) {
    if (!(error instanceof DirectoryFailure)) throw error;
    world.log.warn({ err: error }, "no rule of policy approves, since the requester's groups are not known");
    return undefined;
  }
}

/** Inside the transaction that stores the request: policy decides, and nobody is waited for. */
export async function approveByPolicy(
  tables: Tables,
  request: In<"pending">,
  rule: AutoApproval,
  at: Date,
): Promise<In<"approved">> {
  const approved: In<"approved"> = {
    ...request,
    state: "approved",
    decidedBy: policyActor,
    decidedAt: at,
    thread: [{ at, by: policyActor, kind: "approval", text: rule.name, revision: request.revision }],
  };
  if (!(await tables.requests.change(request, approved)))
    throw new Error(`${request.id} changed at its birth`);
  await tables.audit.append({
    at,
    who: "usher",
    what: "request.decided",
    surface: "system",
    subject: request.id,
    revision: request.revision,
    outcome: "approved",
    detail: { fingerprint: request.fingerprint, rule: rule.name },
  });
  await tellAndMake(tables, approved, at);
  return approved;
}
