import { randomUUID } from "node:crypto";
import type { Post } from "../ports/conversations.ts";

/** A message that is to be posted; the caller adds the place. */
export const newPost = (subject: string, purpose: Post["purpose"], changedAt: Date) =>
  ({ id: randomUUID(), subject, purpose, state: "due", changedAt }) as const;
