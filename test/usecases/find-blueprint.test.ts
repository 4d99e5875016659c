import assert from "node:assert/strict";
import { findBlueprints } from "../../src/usecases/intake/find-blueprint.ts";
import { aBlueprint } from "../support/builders.ts";

const systems = (
  [
    ["rewst", "Rewst"],
    ["rewst-v1", "Rewst, page version 1"],
    ["netwrix-identity-manager", "Netwrix Identity Manager"],
    ["netwrix-privilege-secure", "Netwrix Privilege Secure"],
    ["argo-cd", "Argo CD"],
  ] as const
).map(([id, title]) => ({ ...aBlueprint(), id, title }));

describe("finding a system by what somebody typed", () => {
  const table: [string, string[]][] = [
    ["rewst", ["rewst"]],
    ["REWST-V1", ["rewst-v1"]],
    ["rewst v1", ["rewst-v1"]],
    ["Netwrix Identity Manager", ["netwrix-identity-manager"]],
    ["netwrix", ["netwrix-identity-manager", "netwrix-privilege-secure"]],
    ["secure netw", ["netwrix-privilege-secure"]],
    ["argocd", ["argo-cd"]],
    ["argo", ["argo-cd"]],
    ["rwest", ["rewst"]],
    ["netwrix identty manager", ["netwrix-identity-manager"]],
    ["(.*)+$", []],
    ["nothing of the kind", []],
  ];
  for (const [typed, ids] of table)
    it(`"${typed}" finds ${ids.join(", ") || "nothing"}`, () =>
      assert.deepEqual(
        findBlueprints(systems, typed).map(({ id }) => id),
        ids,
      ));

  it("nothing typed finds all", () => assert.equal(findBlueprints(systems, "  ").length, systems.length));
});
