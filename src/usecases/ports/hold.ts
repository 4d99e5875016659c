import type { RequestId } from "../../domain/ids.ts";

/** A backup was restored here, and what it left under way waits until an admin lets it go on. */
export type Held = {
  since: Date;
  /** The moment that the backup is of. */
  madeAt: Date;
  /** Registrations that were being revoked in it. Whatever is revoked since is revoked. */
  revoking: readonly RequestId[];
};

/** What Usher would do in Entra by itself, in the order in which it is told. */
export const heldKinds = [
  "making",
  "cleaning",
  "revoking",
  "restoring",
  "new-secret",
  "repair",
  "entra-owner",
  "removal",
  "overlap",
] as const;
export type HeldKind = (typeof heldKinds)[number];

/** How much of a kind is held, and some of it by name. */
export type HeldWork = { kind: HeldKind; count: number; some: RequestId[] };

export interface Hold {
  /** Undefined: nothing is held. It begins only with an import, while no Usher runs. */
  get(): Promise<Held | undefined>;
  /** One conditional delete: whoever gets true has let it go on. */
  lift(seen: Held): Promise<boolean>;
  /** Kinds of which there is nothing are left out. */
  work(seen: Held): Promise<HeldWork[]>;
}
