import type { TenantId, UserId } from "./ids.ts";

/** Who somebody says to be in chat: checked by the channel, not yet looked up in the directory. */
export type Caller = { userId: UserId; tenantId: TenantId; name: string };

/** A person as the directory has them at this moment. */
export type Person = {
  userId: UserId;
  name: string;
  isEnabled: boolean;
  isGuest: boolean;
};
