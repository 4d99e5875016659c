import type { UserId } from "./ids.ts";
import type { SecretLink } from "./secret-link.ts";

const hourMs = 3_600_000;
/** More messages about one link say nothing new. */
const mostTold = 5;

/** That somebody whom a link is not for tried to open it, as far as the requester was told. `at` is text: it is stored as JSON. */
export type ToldTry = { who: UserId; at: string };

/**
 * What the requester has been told once they hear of this try too; undefined when they do not: of the same person once
 * an hour, and of nobody any more after the fifth message.
 */
export function withTry(told: readonly ToldTry[], who: UserId, now: Date): ToldTry[] | undefined {
  const isFresh = ({ at }: ToldTry) => now.getTime() - Date.parse(at) < hourMs;
  if (told.length >= mostTold || told.some((each) => each.who === who && isFresh(each))) return undefined;
  return [...told, { who, at: now.toISOString() }];
}

/** Whether the requester will hear of further tries. */
export const hearsOfMore = (told: readonly ToldTry[]): boolean => told.length < mostTold;

/** Two thirds of its life: late enough to be no noise, early enough to find the time. */
export function waitsTooLong({ madeAt, expiresAt }: Pick<SecretLink, "madeAt" | "expiresAt">, now: Date) {
  const lifeMs = expiresAt.getTime() - madeAt.getTime();
  return now < expiresAt && now.getTime() >= madeAt.getTime() + (2 * lifeMs) / 3;
}
