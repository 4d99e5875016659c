import type { Clock } from "./clock.ts";
import type { Faults } from "./faults.ts";
import type { LateWork } from "./late-work.ts";
import type { RequestLog } from "./request-log.ts";
import type { State } from "./state.ts";
import type { Storms } from "./storm.ts";
import type { SigningKey } from "./tokens.ts";

/** The simulated tenant while it runs. */
export type Tenant = {
  state: State;
  clock: Clock;
  key: SigningKey;
  faults: Faults;
  storms: Storms;
  late: LateWork;
  log: RequestLog;
  /** Without a slash at the end; known once the ports are. */
  urls: { graph: string; authority: string };
  redirectUris: readonly string[];
};
