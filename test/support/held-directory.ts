import type { Directory } from "../../src/usecases/ports/entra.ts";
import type { World } from "../../src/usecases/ports/world.ts";

type Question = keyof Directory;
const questions: readonly Question[] = [
  "person",
  "personNamed",
  "people",
  "manager",
  "memberOf",
  "membersAmong",
  "members",
  "groupName",
];

/** Holds every question to the directory for as long as a test wants, as when Microsoft Graph does not answer. */
export function heldDirectory() {
  let gate: PromiseWithResolvers<void> | undefined;
  let kinds: readonly Question[] = questions;
  let waiting = 0;
  const passing = async <T>(kind: Question, ask: () => Promise<T>): Promise<T> => {
    if (gate && kinds.includes(kind)) {
      waiting += 1;
      await gate.promise;
      waiting -= 1;
    }
    return ask();
  };
  const held = (directory: Directory): Directory => ({
    person: (id) => passing("person", () => directory.person(id)),
    personNamed: (address) => passing("personNamed", () => directory.personNamed(address)),
    people: (ids) => passing("people", () => directory.people(ids)),
    manager: (id) => passing("manager", () => directory.manager(id)),
    membersAmong: (ids, groups) => passing("membersAmong", () => directory.membersAmong(ids, groups)),
    memberOf: (id, groups) => passing("memberOf", () => directory.memberOf(id, groups)),
    members: (group) => passing("members", () => directory.members(group)),
    groupName: (group) => passing("groupName", () => directory.groupName(group)),
  });
  return {
    adjust: (world: World): World => ({ ...world, directory: held(world.directory) }),
    /** All questions, or these. */
    hold(which: readonly Question[] = questions) {
      kinds = which;
      gate = Promise.withResolvers();
    },
    letGo() {
      gate?.resolve();
      gate = undefined;
    },
    /** Questions that have no answer yet. */
    get waiting() {
      return waiting;
    },
  };
}
