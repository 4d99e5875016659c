import type { State } from "./state.ts";

export type Clock = {
  /** The directory's time: it can be turned ahead. */
  now: () => Date;
  /** The time of tokens, never turned ahead: their holders keep them by their own clock. */
  tokenTime: () => Date;
  advance: (seconds: number) => Date;
};

/** A clock whose turns survive a restart, as what was written under it does. */
export function clockOf(state: State, tokenTime: () => Date): Clock {
  let ahead = Number(state.item("clock") ?? 0);
  const now = () => new Date(tokenTime().getTime() + ahead);
  return {
    now,
    tokenTime,
    advance(seconds) {
      ahead += seconds * 1000;
      state.setItem("clock", ahead);
      return now();
    },
  };
}
