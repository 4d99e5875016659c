import type { GroupId } from "./ids.ts";
import type { Permission, PermissionKind, Rank } from "./permission.ts";
import type { Audience, Plan } from "./plan.ts";
import { isSameOpener, type OpenedBy } from "./secret-link.ts";

/** What the admin decided about requests of one rank. Times are in hours. */
export type RankPolicy = {
  /** How many different people must approve. */
  approvals: number;
  /** Who may decide; the group of `APPROVERS_GROUP` when left out. */
  approvers?: GroupId;
  /** Who may decide as well once it has waited for `escalateAfterHours`. */
  alternates?: GroupId;
  /** Reminds the approvers again and again while it waits; never when left out. */
  remindAfterHours?: number;
  escalateAfterHours?: number;
  expireAfterHours: number;
  /** An approval needs a typed reason too. */
  reasonToApprove: boolean;
  /** Longest life of a secret. */
  secretMonths: number;
  /** How long a one-time link waits. */
  linkHours: number;
  /** How long the old secret works beside the new one when it is rotated. */
  overlapDays: number;
  /** How many people are to answer for it in Usher's records. */
  owners: 1 | 2;
  /** Who owns it in Entra beside Usher. */
  owner: "requester" | "nobody";
  /** An approval counts only after a fresh sign-in through a link of its own. */
  freshSignIn: boolean;
};

/** All conditions that are given must hold for the rule to forbid. */
export type ForbidRule = {
  /** A permission's name, on any API unless `api` says which (its client id), of both kinds unless `kind` says which. */
  permission?: string;
  api?: string;
  kind?: PermissionKind;
  /** A directory role's name. */
  role?: string;
  /** A blueprint's id. */
  system?: string;
  audience?: Audience;
  /** This rank and everything more dangerous. */
  rank?: Rank;
  /** Said to whoever asks for it. */
  sentence: string;
};

/** A plan is approved without anybody if its rank is at most `upTo`, its system is listed, and its requester is in the group. */
export type AutoApproval = { name: string; upTo: Rank; systems: string[]; group?: GroupId };

/** The one-time links of these systems, or of all, open for somebody else than the requester. */
export type HandoverRule = OpenedBy & { systems?: string[] };

export type Policy = {
  /** Who may ask: the staff of the tenant when empty; otherwise members of one of these groups, for its systems or for all. */
  mayAsk: { group: GroupId; systems?: string[] }[];
  /** Requests of one person that may wait at the same time. */
  openRequests: number;
  /** Display names must match it as a whole. */
  name?: { pattern: string; sentence: string };
  forbid: ForbidRule[];
  autoApprove: AutoApproval[];
  /** The first rule for a system counts; without one its links open for the requester. */
  handover: HandoverRule[];
  ranks: Readonly<Record<Rank, RankPolicy>>;
};

/** What policy said when a request was submitted (or changed): it is held to this, however policy changes, unless that is stricter. */
export type Terms = {
  rank: Rank;
  approvals: number;
  /** Left out when no group was named at that time: then today's counts. */
  approvers?: GroupId;
  alternates?: GroupId;
  reasonToApprove: boolean;
  freshSignIn: boolean;
  linkHours: number;
  /** Who opens its one-time links; the requester when left out. */
  openedBy?: OpenedBy;
};

/** What counts now: the stricter of what was frozen and what policy says today. */
export type TermsNow = Omit<Terms, "approvers" | "alternates"> & {
  /** Whoever decides must be in all of these; empty means that nobody may. */
  approvers: GroupId[];
  /** Likewise for those who may decide after the escalation; empty when there is no alternate. */
  alternates: GroupId[];
  /** Sentences for what policy has made stricter since the request was submitted. */
  changes: string[];
};

const order: readonly Rank[] = ["low", "medium", "high", "tier0"];
const isAtLeast = (rank: Rank, least: Rank) => order.indexOf(rank) >= order.indexOf(least);
const higher = (a: Rank, b: Rank) => (isAtLeast(a, b) ? a : b);

/** Whom policy lets open the one-time links of a system, if not the requester. */
export function openedByOf({ handover }: Policy, system: string): OpenedBy | undefined {
  const rule = handover.find(({ systems }) => !systems || systems.includes(system));
  if (!rule) return undefined;
  return "person" in rule ? { person: rule.person } : { group: rule.group };
}

/** What is asked for, as far as policy tells it apart: how dangerous it is, and the id of its blueprint. */
export type Asked = { rank: Rank; system: string };

/** The terms of a plan that is submitted now. `approversGroup` is the group of `APPROVERS_GROUP`. */
export function termsOf(policy: Policy, { rank, system }: Asked, approversGroup: GroupId | undefined): Terms {
  const { approvals, approvers = approversGroup, alternates, ...rest } = policy.ranks[rank];
  const openedBy = openedByOf(policy, system);
  return {
    rank,
    approvals,
    ...(approvers && { approvers }),
    ...(alternates && { alternates }),
    reasonToApprove: rest.reasonToApprove,
    freshSignIn: rest.freshSignIn,
    linkHours: rest.linkHours,
    ...(openedBy && { openedBy }),
  };
}

/**
 * The terms of a request's next revision. What is ranked lower needs what that rank needs today; at the same rank policy
 * may have become stricter since it was asked for, never laxer.
 */
export function termsOfRevision(before: Terms, today: Terms): Terms {
  if (before.rank !== today.rank) return today;
  const { alternates: _alternates, ...rest } = today;
  return {
    ...rest,
    approvals: Math.max(before.approvals, today.approvals),
    // Whoever policy names by now must decide beside these: `termsNow` sees to that.
    ...(before.approvers && { approvers: before.approvers }),
    ...(before.alternates && { alternates: before.alternates }),
    reasonToApprove: before.reasonToApprove || today.reasonToApprove,
    freshSignIn: before.freshSignIn || today.freshSignIn,
    linkHours: Math.min(before.linkHours, today.linkHours),
  };
}

/**
 * A change of policy can raise what a waiting request needs, never lower or widen it. `asked` is what its plan
 * ranks by today's facts. Whom policy names by now to open its links was not there to be approved: unless it is still the
 * same, nobody but the requester opens them.
 */
export function termsNow(
  frozen: Terms,
  policy: Policy,
  asked: Asked,
  approversGroup: GroupId | undefined,
): TermsNow {
  const rank = higher(frozen.rank, asked.rank);
  const today = termsOf(policy, { ...asked, rank }, approversGroup);
  const { openedBy } = frozen;
  const isOpenerKept = openedBy !== undefined && isSameOpener(openedBy, today.openedBy);
  const approvals = Math.max(frozen.approvals, today.approvals);
  // Without a group today nobody may; a group that was not named at that time cannot be held to.
  const approvers = today.approvers ? both(frozen.approvers, today.approvers) : [];
  const alternates = today.alternates && frozen.alternates ? both(frozen.alternates, today.alternates) : [];
  const isGroupNew = approvers.length > 1;
  return {
    rank,
    approvals,
    approvers,
    alternates,
    reasonToApprove: frozen.reasonToApprove || today.reasonToApprove,
    freshSignIn: frozen.freshSignIn || today.freshSignIn,
    linkHours: Math.min(frozen.linkHours, today.linkHours),
    ...(isOpenerKept && { openedBy }),
    changes: [
      ...(approvals > frozen.approvals
        ? [
            `Policy has changed since this was asked for: it needs ${approvals} approvals now, not ${frozen.approvals}.`,
          ]
        : []),
      ...(isGroupNew
        ? [
            "Policy names another group of approvers now: whoever decides must be in that one and in the one before.",
          ]
        : []),
      ...(today.freshSignIn && !frozen.freshSignIn
        ? ["Policy has changed since this was asked for: an approval needs a fresh sign-in now."]
        : []),
      ...(today.reasonToApprove && !frozen.reasonToApprove
        ? ["Policy has changed since this was asked for: an approval needs a reason now."]
        : []),
      ...(openedBy && !isOpenerKept
        ? [
            "Policy has changed since this was asked for: only the requester opens its one-time link now, nobody in their place.",
          ]
        : []),
    ],
  };
}

const both = (a: GroupId | undefined, b: GroupId): GroupId[] => (a && a !== b ? [a, b] : [b]);

/** Sentences for what policy does not allow in this plan. A rule that forbids wins over whatever would allow it. */
export function refusedByPolicy(policy: Policy, plan: Plan, rank: Rank): string[] {
  const { credential, owner } = plan;
  const { secretMonths, owner: mayOwn } = policy.ranks[rank];
  return [
    ...new Set(policy.forbid.filter((rule) => forbids(rule, plan, rank)).map(({ sentence }) => sentence)),
    ...(policy.name && !new RegExp(`^(?:${policy.name.pattern})$`, "u").test(plan.displayName)
      ? [policy.name.sentence]
      : []),
    ...(credential.kind === "secret" && credential.months > secretMonths
      ? [
          `Policy lets a secret of this risk live ${secretMonths === 1 ? "1 month" : `${secretMonths} months`} at most; this asks for ${credential.months}.`,
        ]
      : []),
    ...(owner === "requester" && mayOwn === "nobody"
      ? [
          "Policy lets nobody but Usher own an app of this risk in Entra. It was planned when that was allowed.",
        ]
      : []),
  ];
}

function forbids(rule: ForbidRule, plan: Plan, rank: Rank): boolean {
  const isPermission = (permission: Permission) =>
    (rule.permission === undefined || permission.name === rule.permission) &&
    (rule.api === undefined || permission.api === rule.api) &&
    (rule.kind === undefined || permission.kind === rule.kind);
  const asksForPermission = [rule.permission, rule.api, rule.kind].some((part) => part !== undefined);
  return (
    (!asksForPermission || plan.permissions.some(isPermission)) &&
    (rule.role === undefined || (plan.directoryRoles ?? []).some(({ name }) => name === rule.role)) &&
    (rule.system === undefined || plan.blueprint.id === rule.system) &&
    (rule.audience === undefined || plan.audience === rule.audience) &&
    (rule.rank === undefined || isAtLeast(rank, rule.rank))
  );
}

/** The groups that decide who may ask for this system; undefined when all staff may. */
export function groupsThatMayAsk({ mayAsk }: Policy, system: string | undefined): GroupId[] | undefined {
  if (mayAsk.length === 0) return undefined;
  return mayAsk
    .filter(({ systems }) => !systems || system === undefined || systems.includes(system))
    .map(({ group }) => group);
}

/** The first rule that approves the plan by itself. `isIn` says in which of the rules' groups the requester is. */
export function autoApprovalOf(
  policy: Policy,
  plan: Plan,
  rank: Rank,
  isIn: ReadonlySet<GroupId>,
): AutoApproval | undefined {
  if (plan.isUnchecked || refusedByPolicy(policy, plan, rank).length > 0) return undefined;
  return policy.autoApprove.find(
    ({ upTo, systems, group }) =>
      isAtLeast(upTo, rank) && systems.includes(plan.blueprint.id) && (!group || isIn.has(group)),
  );
}

/** Every group that policy lets decide on anything. */
export function decidingGroups({ ranks }: Policy, approversGroup: GroupId | undefined): GroupId[] {
  const named = Object.values(ranks).flatMap(({ approvers = approversGroup, alternates }) => [
    approvers,
    alternates,
  ]);
  return [...new Set(named.filter((group) => group !== undefined))];
}
