import type { ConversationId, GroupId } from "../../domain/ids.ts";

/** One of Usher's identities for Graph, and what its newest token says. */
export type IdentityProbe = {
  /** The parts that it does; one identity may do both. */
  parts: readonly ("provisioning" | "consent")[];
  clientId: string;
  /** Names of its application permissions at Graph; undefined where the token does not say. */
  rights(): Promise<readonly string[] | undefined>;
};

export type DatabaseFacts = {
  kind: "embedded" | "postgres";
  version: string;
  /** As PostgreSQL numbers it: 180004. */
  number: number;
  fsync: boolean;
  isReadOnly: boolean;
  /** Migrations of this Usher that have not run there. */
  missing: readonly string[];
  /** Those that ran there and this Usher does not know. */
  unknown: readonly string[];
};

/** What came back from the address that is in the links. */
export type AddressAnswer =
  | { answer: "usher" }
  /** Something else answers there. */
  | { answer: "other"; status: number }
  /** Its certificate is not believed. */
  | { answer: "untrusted"; code: string }
  | { answer: "none"; code: string };

/** Looks at what Usher stands on, for `doctor`. They change nothing, and throw what is wrong in words. */
export type Probes = {
  /** Undefined: there is no database to look at, and why. */
  database(): Promise<DatabaseFacts>;
  identities: readonly IdentityProbe[];
  /** Obtains the bot's token. False in the trial, where it needs none. */
  botToken(): Promise<boolean>;
  /** Whether anybody is in it, also by way of other groups. */
  hasMembers(group: GroupId): Promise<boolean>;
  /** How many people Teams names there. It answers only where Usher is installed. */
  channelMembers(conversation: ConversationId): Promise<number>;
  publicAddress(): Promise<AddressAnswer>;
  /** The registration that people sign in with; undefined where the tenant has none of that client id. */
  signIn(): Promise<{ redirectUris: readonly string[]; idTokenClaims: readonly string[] } | undefined>;
  /** By how much the clocks of Graph and the sign-in service are ahead of this machine's. */
  clocks(): Promise<readonly { of: string; aheadMs: number }[]>;
  /** Directory objects that the provisioning identity owns. */
  ownedObjects(): Promise<number>;
  /** What is wrong in the catalogue and the policy. */
  catalogue(): { blueprints: number; problems: readonly string[] };
};
