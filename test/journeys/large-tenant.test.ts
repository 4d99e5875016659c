import assert from "node:assert/strict";
import { made } from "../support/approved.ts";
import { aPermission } from "../support/builders.ts";
import { type Journey, startJourney } from "../support/journey.ts";

const plan = {
  owner: "requester" as const,
  permissions: [
    aPermission({ name: "User.ReadBasic.All", kind: "application" }),
    aPermission({ name: "Reports.Read.All", kind: "application" }),
    aPermission({ name: "User.Read", kind: "delegated" }),
  ],
};

describe("making a registration in a large tenant", () => {
  let journey: Journey;
  afterEach(() => journey.close());

  /** What Graph is asked for to make one more. */
  async function asked(): Promise<string[]> {
    await journey.sim("POST", "/requests/clear");
    await made(journey, plan);
    const { requests } = (await journey.sim("GET", "/requests")) as {
      requests: { method: string; path: string; appId: string | null }[];
    };
    return (
      requests
        .filter(({ path }) =>
          /^\/v1\.0\/(?:applications|servicePrincipals|oauth2PermissionGrants)/.test(path),
        )
        // This test's own looks have no token.
        .filter(({ appId }) => appId !== null)
        .map(({ method, path }) => `${method} ${path.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "…")}`)
        .toSorted()
    );
  }

  it("asks Graph for the same as in a small one, seven times at most", async () => {
    journey = await startJourney();
    // The first one learns what is kept: what the API publishes, and who Usher is.
    await asked();
    const small = await asked();
    assert.ok(small.length <= 7, small.join("\n"));
    await journey.sim("POST", "/service-principals", { count: 5_000 });
    const { body } = await journey.graph("/servicePrincipals?$top=999");
    assert.equal((body.value as object[]).length, 999);
    assert.deepEqual(await asked(), small);
  });
});
