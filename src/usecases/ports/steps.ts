import type { RequestId } from "../../domain/ids.ts";
import type { StepName, StepState } from "../../domain/provisioning.ts";

/** A claim on the work for one request or registration: only the newest lease may write. */
export type Lease = { subject: RequestId; number: number };

export type StepRow = {
  step: StepName;
  state: StepState;
  intent: Readonly<Record<string, string>>;
  outcome: Readonly<Record<string, string>>;
  attempts: number;
  firstAttemptAt: Date;
  nextAttemptAt?: Date;
  doneAt?: Date;
  /** What it waits for or why it failed, as a sentence for people. */
  note?: string;
};

/** Rows of a saga, unique by (request, step). Every write names the lease, and fails with `LeaseLost` under an old one. */
export interface Steps {
  /** Takes the work if nobody holds it, or if its holder's time is up; undefined otherwise. */
  claim(subject: RequestId, now: Date, until: Date): Promise<Lease | undefined>;
  /** Takes the work from whoever holds it, in a transaction that also takes away what they worked for. */
  takeOver(subject: RequestId): Promise<Lease>;
  /** Throws `LeaseLost` under an old lease; inside a transaction it holds the lease until its end. */
  check(lease: Lease): Promise<void>;
  renew(lease: Lease, until: Date): Promise<void>;
  release(lease: Lease): Promise<void>;
  /** Gives the work up for whoever comes next: its holder, wherever it is by then, writes nothing more. */
  giveUp(lease: Lease): Promise<void>;
  all(subject: RequestId): Promise<StepRow[]>;
  write(lease: Lease, row: StepRow): Promise<void>;
  /** Makes a waiting step due now; needs no lease, since it only hurries. */
  hasten(subject: RequestId, step: StepName, now: Date): Promise<void>;
  /** Requests with a step whose next attempt is due. */
  due(now: Date): Promise<RequestId[]>;
}

export class LeaseLost extends Error {
  constructor(lease: Lease) {
    super(`another process has taken over ${lease.subject}`);
    this.name = "LeaseLost";
  }
}
