/** How a permission acts: for a signed-in person (delegated) or for the app itself (application). */
export type PermissionKind = "delegated" | "application";

export type Rank = "low" | "medium" | "high" | "tier0";

/** A permission of a plan: a name and a kind on one API. Ids are looked up in the tenant when it is granted. */
export type Permission = {
  /** Client id (Graph: `appId`) of the API that publishes it. */
  api: string;
  apiName: string;
  name: string;
  kind: PermissionKind;
};

/** What Usher knows of a permission: how dangerous, and a sentence that an approver understands. */
export type PermissionFact = Pick<Permission, "api" | "name" | "kind"> & { rank: Rank; sentence: string };

export type RankedPermission = Permission & { rank: Rank; sentence: string };

const order: readonly Rank[] = ["low", "medium", "high", "tier0"];

/**
 * Adds rank and sentence, most dangerous first. What nobody has ranked is ranked high: new permissions appear
 * all the time, and a wrong alarm costs less than a wrong calm.
 */
export function rankPermissions(
  permissions: readonly Permission[],
  facts: readonly PermissionFact[],
): RankedPermission[] {
  return permissions
    .map((permission): RankedPermission => {
      const fact = facts.find(
        // Another API may give the same name to something else.
        ({ api, name, kind }) =>
          api === permission.api && name === permission.name && kind === permission.kind,
      );
      return fact
        ? { ...permission, rank: fact.rank, sentence: fact.sentence }
        : {
            ...permission,
            rank: "high",
            sentence: "Nobody has described this permission to Usher yet: treat it as dangerous.",
          };
    })
    .toSorted((a, b) => order.indexOf(b.rank) - order.indexOf(a.rank));
}

/**
 * Whether the requester becomes an owner in Entra, beside Usher. An owner can make secrets past any approval, so what
 * is dangerous is owned by Usher alone.
 */
export function isOwnedByRequester(permissions: readonly { rank: Rank }[]): boolean {
  const rank = highestRank(permissions);
  return rank === "low" || rank === "medium";
}

/** The highest rank among the permissions; a plan without any is low. */
export function highestRank(permissions: readonly { rank: Rank }[]): Rank {
  return permissions.reduce<Rank>(
    (highest, { rank }) => (order.indexOf(rank) > order.indexOf(highest) ? rank : highest),
    "low",
  );
}
