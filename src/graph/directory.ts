import type { Client } from "@microsoft/microsoft-graph-client";
import type { Group, User } from "@microsoft/microsoft-graph-types";
import type { GroupId, UserId } from "../domain/ids.ts";
import type { Person } from "../domain/person.ts";
import { type Directory, DirectoryFailure } from "../usecases/ports/entra.ts";
import type { Clock } from "../usecases/ports/world.ts";
import { isNotFound, translate } from "./failures.ts";
import { groupsOfPeople, inParts, known, mostGroups, peopleById, personFields, personOf } from "./people.ts";

function whole(user: User): Person {
  const person = known(user);
  if (person instanceof DirectoryFailure) throw person;
  return person;
}

/** Approver groups are small; a larger one is cut, since only names are shown of it. */
const mostMembers = 200;

/** People and groups from Microsoft Graph, asked anew each time. Needs User.Read.All and GroupMember.Read.All. */
export function graphDirectory(client: Client, clock: Clock): Directory {
  const asking = async <T>(call: () => Promise<T>): Promise<T> => {
    try {
      return await call();
    } catch (error) {
      throw translate("read", error, undefined, clock.now());
    }
  };
  return {
    async person(userId: UserId) {
      return asking(async () => {
        try {
          const user = (await client.api(`/users/${userId}`).select(personFields).get()) as User;
          return whole(user);
        } catch (error) {
          if (isNotFound(error)) return undefined;
          throw error;
        }
      });
    },
    async personNamed(address: string) {
      // The client puts a filter into the address as it is.
      const text = encodeURIComponent(address.replaceAll("'", "''"));
      return asking(async () => {
        const answer: { value?: User[] } = await client
          .api("/users")
          .filter(`userPrincipalName eq '${text}' or mail eq '${text}'`)
          .select(personFields)
          .top(2)
          .get();
        const [found, other] = answer.value ?? [];
        return found && !other ? personOf(found) : undefined;
      });
    },
    people: (ids) => asking(() => peopleById(client, ids)),
    async manager(userId: UserId) {
      return asking(async () => {
        try {
          // Typed as any object of the directory: an account is all that can be one.
          const found = (await client.api(`/users/${userId}/manager`).select(personFields).get()) as User;
          return personOf(found);
        } catch (error) {
          if (isNotFound(error)) return undefined;
          throw error;
        }
      });
    },
    membersAmong: (ids, groups) => asking(() => groupsOfPeople(client, ids, groups)),
    async memberOf(userId: UserId, groups: readonly GroupId[]) {
      return asking(async () => {
        try {
          // Members of groups in the group count too. Costs 4 of Graph's units, and one request whatever the size.
          const answers: { value?: string[] }[] = await Promise.all(
            inParts(groups, mostGroups).map((groupIds) =>
              client.api(`/users/${userId}/checkMemberGroups`).post({ groupIds }),
            ),
          );
          const isIn = new Set(answers.flatMap(({ value = [] }) => value.map((id) => id.toLowerCase())));
          return new Set(groups.filter((group) => isIn.has(group.toLowerCase())));
        } catch (error) {
          if (isNotFound(error)) return new Set<GroupId>();
          throw error;
        }
      });
    },
    async members(group: GroupId) {
      return asking(async () => {
        const answer: { value?: (User & Group)[] } = await client
          .api(`/groups/${group}/transitiveMembers/microsoft.graph.user`)
          .select(personFields)
          .top(mostMembers)
          // Graph answers a cast to users only as an advanced query.
          .header("ConsistencyLevel", "eventual")
          .count(true)
          .get();
        return (answer.value ?? []).flatMap((user) => personOf(user) ?? []);
      });
    },
    async groupName(group: GroupId) {
      return asking(async () => {
        try {
          const found = (await client.api(`/groups/${group}`).select("displayName").get()) as Group;
          return found.displayName ?? undefined;
        } catch (error) {
          if (isNotFound(error)) return undefined;
          throw error;
        }
      });
    },
  };
}
