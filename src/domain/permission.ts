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
  /** What the tenant itself says that it allows, as it was when it was asked for. */
  allows?: string;
  /** The vendor's page does not need it for the minimum. */
  beyondMinimum?: true;
};

/** Less than what is asked for, and what it is enough for. With a name it can simply take the place. */
export type Smaller = { name?: string; sentence: string };

/** What Usher knows of a permission: how dangerous, and a sentence that an approver understands. */
export type PermissionFact = Pick<Permission, "api" | "name" | "kind"> & {
  rank: Rank;
  sentence: string;
  smaller?: Smaller;
};

/** What Usher knows of a directory role. Templates are the same in every tenant. */
export type RoleFact = { name: string; templateId: string; rank: Rank; sentence: string; smaller?: Smaller };

export type RankedPermission = Permission & { rank: Rank; sentence: string; smaller?: Smaller };

/** A directory role of a plan, with what Usher knows of it. */
export type RankedRole = Pick<RoleFact, "name" | "rank" | "sentence" | "smaller"> & { beyondMinimum?: true };

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
        ? {
            ...permission,
            rank: fact.rank,
            sentence: fact.sentence,
            ...(fact.smaller && { smaller: fact.smaller }),
          }
        : {
            ...permission,
            rank: "high",
            sentence: "Nobody has described this permission to Usher yet: treat it as dangerous.",
          };
    })
    .toSorted((a, b) => order.indexOf(b.rank) - order.indexOf(a.rank));
}

/** The same for directory roles: one that nobody has described ranks highest, since most of them are. */
export function rankRoles(
  roles: readonly { name: string; templateId: string; beyondMinimum?: true }[],
  facts: readonly RoleFact[],
): RankedRole[] {
  return roles
    .map(({ name, templateId, beyondMinimum }): RankedRole => {
      const fact = facts.find((each) => each.templateId === templateId);
      return {
        name,
        rank: fact?.rank ?? "tier0",
        sentence: fact?.sentence ?? "Nobody has described this role to Usher yet: treat it as dangerous.",
        ...(fact?.smaller && { smaller: fact.smaller }),
        ...(beyondMinimum && { beyondMinimum }),
      };
    })
    .toSorted((a, b) => order.indexOf(b.rank) - order.indexOf(a.rank));
}

/**
 * How dangerous a role in Azure is, which Usher never gives and knows by its name alone: what ends in "Reader" reads,
 * everything else may change something.
 */
export function rankAzureRole(role: string): Rank {
  return /\breader$/i.test(role.trim()) ? "medium" : "high";
}

/**
 * Who owns a registration in Entra beside Usher. An owner can make secrets past any approval, so what is dangerous is
 * owned by Usher alone.
 */
export function ownerByRank(ranked: readonly { rank: Rank }[]): "requester" | "nobody" {
  const rank = highestRank(ranked);
  return rank === "low" || rank === "medium" ? "requester" : "nobody";
}

/** The highest rank among the permissions; a plan without any is low. */
export function highestRank(permissions: readonly { rank: Rank }[]): Rank {
  return permissions.reduce<Rank>(
    (highest, { rank }) => (order.indexOf(rank) > order.indexOf(highest) ? rank : highest),
    "low",
  );
}
