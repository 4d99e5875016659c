import type { GroupId, UserId } from "../domain/ids.ts";
import type { Rank } from "../domain/permission.ts";
import type { Policy, RankPolicy } from "../domain/policy.ts";
import { schemaOf } from "./blueprint-shape.ts";

/** As it stands in a file: an id is only a text there. */
type Written<T> = T extends GroupId | UserId
  ? string
  : T extends readonly (infer Entry)[]
    ? Written<Entry>[]
    : T extends object
      ? { [Key in keyof T]: Written<T[Key]> }
      : T;

/** Hours of a policy file may be "never". */
export type RankFile = Written<Omit<RankPolicy, "remindAfterHours" | "escalateAfterHours">> & {
  remindAfterHours: number | "never";
  escalateAfterHours: number | "never";
};
/** A policy as it stands in a file that has the shape. */
export type PolicyFile = Partial<Written<Omit<Policy, "ranks" | "handover">>> & {
  policy?: 1;
  /** One of the two must be said; the shape does not tell. */
  handover?: { person?: string; group?: string; systems?: string[] }[];
  ranks?: Partial<Record<Rank, Partial<RankFile>>>;
};
export type InForce = { openRequests: number; ranks: Record<Rank, RankFile> };

export const ranks: readonly Rank[] = ["low", "medium", "high", "tier0"];

/** The published schema says what counts where the file says nothing, so that editors show the same. */
export function inForceOf(written: PolicyFile): InForce {
  const { properties } = schemaOf("policy");
  const of = (rank: Rank): RankFile => ({
    ...properties.ranks.properties[rank].default,
    ...written.ranks?.[rank],
  });
  return {
    openRequests: written.openRequests ?? properties.openRequests.default,
    ranks: { low: of("low"), medium: of("medium"), high: of("high"), tier0: of("tier0") },
  };
}
