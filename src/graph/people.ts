import type { Client } from "@microsoft/microsoft-graph-client";
import { GraphError } from "@microsoft/microsoft-graph-client";
import type { User } from "@microsoft/microsoft-graph-types";
import { type GroupId, parseUserId, type UserId } from "../domain/ids.ts";
import type { Person } from "../domain/person.ts";
import { DirectoryFailure } from "../usecases/ports/entra.ts";
import { isNotFound, lacksRight } from "./failures.ts";
import { mostTogether, readTogether } from "./read-together.ts";

export const personFields = "id,displayName,accountEnabled,userType";
const mostByIds = 1000;
/** Graph compares no more groups in one call. */
export const mostGroups = 20;

/** An account that Graph says nothing of gets no rights; who is asked for by name is not concluded to be disabled. */
export function personOf(user: User): Person | undefined {
  const userId = parseUserId(user.id);
  if (!userId) return undefined;
  return {
    userId,
    name: user.displayName ?? "(no name)",
    isEnabled: user.accountEnabled === true,
    isGuest: user.userType === "Guest",
  };
}

/** Where Graph leaves out what it was asked for, nothing is concluded from that. */
export function known(user: User): Person | DirectoryFailure {
  const person = typeof user.accountEnabled === "boolean" ? personOf(user) : undefined;
  return (
    person ??
    new DirectoryFailure(
      "Microsoft Graph does not say whether an account is enabled. An administrator must look at what Usher may read of people: it needs User.Read.All.",
      { kind: "final" },
    )
  );
}

/** What is odd about one person says nothing of the others, and is as odd the next time. */
const unreadable = (cause: GraphError) =>
  new DirectoryFailure(
    "Microsoft Graph does not say what it knows of a person. An administrator must look at what Usher may read of people.",
    { kind: "final", cause },
  );

/**
 * Many people in few requests; whoever is not in the answer has no account. Microsoft's page names a wider right for
 * this call than User.Read.All, and forgets $select: so whoever it leaves out, and of whom it does not say whether the
 * account is enabled, is asked for by name before anything is concluded.
 */
export async function peopleById(
  client: Client,
  ids: readonly UserId[],
): Promise<Map<UserId, Person | DirectoryFailure>> {
  const found = new Map<UserId, Person | DirectoryFailure>();
  const unclear: UserId[] = [];
  for (const some of inParts([...new Set(ids)], mostByIds)) {
    const answered = new Map((await byIds(client, some)).map((user) => [user.id?.toLowerCase(), user]));
    for (const id of some) {
      const user = answered.get(id.toLowerCase());
      const person = user && typeof user.accountEnabled === "boolean" ? personOf(user) : undefined;
      if (person) found.set(id, person);
      else unclear.push(id);
    }
  }
  for (const some of inParts(unclear, mostTogether)) {
    const answers = await readTogether(
      client,
      Object.fromEntries(some.map((id) => [id, `/users/${id}?$select=${personFields}`])),
    );
    for (const id of some) {
      const answer = answers[id];
      if (isNotFound(answer)) continue;
      found.set(id, answer instanceof GraphError ? unreadable(answer) : known(answer as User));
    }
  }
  return found;
}

async function byIds(client: Client, ids: UserId[]): Promise<User[]> {
  try {
    const answer: { value?: User[] } = await client
      .api("/directoryObjects/getByIds")
      .select(personFields)
      .post({ ids, types: ["user"] });
    return answer.value ?? [];
  } catch (error) {
    if (lacksRight(error)) return [];
    throw error;
  }
}

/** For each of these people the groups that they are in, also by way of other groups. */
export async function groupsOfPeople(
  client: Client,
  ids: readonly UserId[],
  groups: readonly GroupId[],
): Promise<Map<UserId, Set<GroupId> | DirectoryFailure>> {
  const isIn = new Map<UserId, Set<GroupId> | DirectoryFailure>(ids.map((id) => [id, new Set<GroupId>()]));
  for (const groupIds of inParts(groups, mostGroups)) {
    for (const some of inParts([...isIn.keys()], mostTogether)) {
      const answers = await readTogether(
        client,
        Object.fromEntries(
          some.map((id) => [id, { url: `/users/${id}/checkMemberGroups`, body: { groupIds } }]),
        ),
      );
      for (const id of some) {
        const answer = answers[id];
        if (isNotFound(answer)) continue;
        const before = isIn.get(id);
        if (!before || before instanceof DirectoryFailure) continue;
        if (answer instanceof GraphError) {
          isIn.set(id, unreadable(answer));
          continue;
        }
        const named = new Set((answer?.value ?? []).map((group) => String(group).toLowerCase()));
        for (const group of groupIds) if (named.has(group.toLowerCase())) before.add(group);
      }
    }
  }
  return isIn;
}

/** All of them, in their order, at most `size` together. */
export const inParts = <T>(all: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, n) => all.slice(n * size, (n + 1) * size));
