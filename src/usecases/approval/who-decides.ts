import { isDecider } from "../../domain/approval.ts";
import type { GroupId, UserId } from "../../domain/ids.ts";
import type { Person } from "../../domain/person.ts";
import { refusedByPolicy, type TermsNow, termsNow } from "../../domain/policy.ts";
import { rankOfPlan } from "../../domain/rank-of-plan.ts";
import { isOpen, type Request, type Vote } from "../../domain/request.ts";
import { openerNow } from "../handover/who-opens.ts";
import type { KnownDeciders } from "../ports/requests.ts";
import type { World } from "../ports/world.ts";

/** What counts for the request at this moment: the stricter of what was frozen and what policy says today. */
export function currentTerms({ catalog, settings }: World, request: Request): TermsNow {
  const asked = { rank: rankOfPlan(request.plan, catalog), system: request.plan.blueprint.id };
  const { openedBy, ...terms } = termsNow(request.terms, catalog.policy, asked, settings.approversGroup);
  // A requester whom policy names opens their own link, as any other does.
  const isOwn = openedBy && "person" in openedBy && openedBy.person === request.requester.userId;
  return openedBy && !isOwn ? { ...terms, openedBy } : terms;
}

/** What today's policy has against the plan of a request. */
export const policyRefusals = ({ catalog }: World, { plan }: Request, { rank }: TermsNow): string[] =>
  refusedByPolicy(catalog.policy, plan, rank);

/** Every group whose membership matters for a decision under these terms. */
export const groupsOf = ({ approvers, alternates }: TermsNow): GroupId[] => [
  ...new Set([...approvers, ...alternates]),
];

/** Whether the request may be decided by alternates too. */
const isEscalated = (request: Request) => isOpen(request) && request.waiting.escalatedAt !== undefined;

/**
 * The votes of those who may still decide: whoever has left the group or was disabled since stops counting at once.
 * Throws `DirectoryFailure`.
 */
export async function standingVotes(world: World, request: Request, terms: TermsNow): Promise<Vote[]> {
  const judged = await Promise.all(
    request.votes.map(async (vote) => {
      const [person, groups] = await Promise.all([
        world.directory.person(vote.approver.userId),
        world.directory.memberOf(vote.approver.userId, groupsOf(terms)),
      ]);
      return isDecider({ person, groups }, terms, isEscalated(request)) ? [vote] : [];
    }),
  );
  return judged.flat();
}

/** Looks up who can decide now, and remembers it for cards that must not ask. Throws `DirectoryFailure`. */
export async function lookUpDeciders(
  world: World,
  request: Request,
  terms: TermsNow,
): Promise<KnownDeciders> {
  const openedBy = request.plan.credential.kind === "secret" ? terms.openedBy : undefined;
  const [approvers, alternates, groupName, opener] = await Promise.all([
    membersOfAll(world, terms.approvers, request.requester.userId),
    isEscalated(request) ? membersOfAll(world, terms.alternates, request.requester.userId) : [],
    terms.approvers[0] && world.directory.groupName(terms.approvers[0]),
    openedBy && openerNow(world, openedBy),
  ]);
  const known: KnownDeciders = {
    at: world.clock.now(),
    approvers,
    alternates,
    ...(groupName && { groupName }),
    ...(opener && { opener }),
  };
  await world.store.tables.requests.rememberDeciders(request.id, known);
  return known;
}

/** Enabled members of all of the groups but the requester, by name. */
export async function membersOfAll(world: World, groups: readonly GroupId[], requester: UserId) {
  const [first = [], ...others] = await Promise.all(groups.map((group) => world.directory.members(group)));
  const isInAll = ({ userId }: Person) =>
    others.every((members) => members.some((member) => member.userId === userId));
  return first
    .filter((person) => person.isEnabled && !person.isGuest && person.userId !== requester && isInAll(person))
    .map(({ userId, name }) => ({ userId, name }))
    .toSorted((a, b) => a.name.localeCompare(b.name) || (a.userId < b.userId ? -1 : 1));
}
