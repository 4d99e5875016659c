import path from "node:path";
import { type GroupId, parseGroupId, parseUserId, type UserId } from "../domain/ids.ts";
import type { AutoApproval, ForbidRule, HandoverRule, Policy, RankPolicy } from "../domain/policy.ts";
import { shapeFindings } from "./blueprint-shape.ts";
import { policyFindings, policyWarnings } from "./check-policy.ts";
import { type InForce, inForceOf, type PolicyFile, type RankFile } from "./policy-shape.ts";
import { CatalogBroken, type Shared } from "./shared-files.ts";
import { readYaml, type YamlFile } from "./yaml-file.ts";

export type ReadPolicy = {
  policy: Policy;
  /** What is not as it should be and does no harm: a system that is no blueprint today. */
  warnings: string[];
};

/** Reads a policy. Throws `CatalogBroken` with all that is wrong in it: half a policy is none. */
export function readPolicy(
  file: string,
  shared: Shared,
  systems: readonly string[],
): ReadPolicy & { say: YamlFile["say"] } {
  const { value, broken, say } = readYaml(file);
  if (broken.length > 0) throw new CatalogBroken(broken);
  const ofShape = shapeFindings(value, "policy");
  if (ofShape.length > 0) throw new CatalogBroken(ofShape.map(say));
  const written = value as PolicyFile;
  const inForce = inForceOf(written);
  const problems = policyFindings(written, inForce, shared);
  if (problems.length > 0) throw new CatalogBroken(problems.map(say));
  const policy = policyOf(written, inForce, shared);
  return { policy, warnings: policyWarnings(written, shared, systems).map(say), say };
}

/** A policy file by its name, or by what stands in it. */
export function isPolicyFile(file: string): boolean {
  if (path.basename(file) === "policy.yaml") return true;
  const { value } = readYaml(file);
  return typeof value === "object" && value !== null && Object.hasOwn(value, "policy");
}

type Entry<Part extends "forbid" | "autoApprove" | "handover"> = NonNullable<PolicyFile[Part]>[number];

function policyOf(written: PolicyFile, { openRequests, ranks }: InForce, { apis }: Shared): Policy {
  const forbidden = ({ api, ...rest }: Entry<"forbid">): ForbidRule => ({
    ...rest,
    ...(api !== undefined && { api: apis[api]!.clientId }),
  });
  const approved = ({ group, ...rest }: Entry<"autoApprove">): AutoApproval => ({
    ...rest,
    ...(group && { group: lower(group) }),
  });
  const handedOver = ({ person, group, systems }: Entry<"handover">): HandoverRule => ({
    ...(person !== undefined ? { person: parseUserId(person) as UserId } : { group: lower(group ?? "") }),
    ...(systems && { systems }),
  });
  return {
    mayAsk: (written.mayAsk ?? []).map(({ group, ...rest }) => ({ ...rest, group: lower(group) })),
    openRequests,
    ...(written.name && { name: written.name }),
    forbid: (written.forbid ?? []).map(forbidden),
    autoApprove: (written.autoApprove ?? []).map(approved),
    handover: (written.handover ?? []).map(handedOver),
    ranks: {
      low: rankOf(ranks.low),
      medium: rankOf(ranks.medium),
      high: rankOf(ranks.high),
      tier0: rankOf(ranks.tier0),
    },
  };
}

function rankOf({
  approvers,
  alternates,
  remindAfterHours,
  escalateAfterHours,
  ...rest
}: RankFile): RankPolicy {
  return {
    ...rest,
    ...(approvers && { approvers: lower(approvers) }),
    ...(alternates && { alternates: lower(alternates) }),
    ...(remindAfterHours !== "never" && { remindAfterHours }),
    ...(escalateAfterHours !== "never" && { escalateAfterHours }),
  };
}

const lower = (group: string) => parseGroupId(group) as GroupId;
