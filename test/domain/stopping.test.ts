import assert from "node:assert/strict";
import type { StepName, StepState } from "../../src/domain/provisioning.ts";
import type { Request } from "../../src/domain/request.ts";
import { longestWaiting, stoppableFrom, stoppedBy } from "../../src/domain/stopping.ts";
import { afterNoon, aPendingRequest, minutes, noon } from "../support/builders.ts";

const steps: StepName[] = ["application", "service-principal", "personal-chat", "credential"];
const row = (step: StepName, state: StepState, since: number) => ({
  step,
  state,
  firstAttemptAt: afterNoon(since * minutes),
});

describe("an approved request can be stopped", () => {
  const from = (...rows: ReturnType<typeof row>[]) => stoppableFrom(noon, steps, rows);

  it("half an hour after the step that waits longest began", () => {
    const rows = [
      row("application", "done", 0),
      row("credential", "waiting", 7),
      row("personal-chat", "waiting", 5),
    ];
    assert.deepEqual(from(...rows), afterNoon(35 * minutes));
    assert.equal(longestWaiting(steps, rows)?.step, "personal-chat");
  });

  it("also while that step is tried again, or after it was undone by halves", () => {
    for (const state of ["intended", "waiting", "failed"] as const)
      assert.deepEqual(from(row("credential", state, 7)), afterNoon(37 * minutes));
  });

  it("half an hour after its approval where nobody has begun with it", () => {
    assert.deepEqual(from(), afterNoon(30 * minutes));
  });

  it("not while all that was begun is done, nor for a step that the plan has no more", () => {
    assert.equal(from(row("application", "done", 0)), undefined);
    assert.equal(from(row("application", "done", 0), row("admin-consent", "waiting", 0)), undefined);
  });
});

describe("what was stopped", () => {
  const by = { userId: aPendingRequest().requester.userId, name: "Tomás" };
  const cleaning = (kinds: Request["thread"][number]["kind"][]): Request => {
    const { waiting: _open, ...asked } = aPendingRequest();
    return {
      ...asked,
      state: "cleaning",
      decidedBy: by,
      decidedAt: noon,
      failure: "It was stopped while it waited.",
      cleaningBy: by,
      cleaningSince: noon,
      thread: kinds.map((kind) => ({ at: noon, by, kind, revision: 1 })),
    };
  };

  it("says who stopped it; what could not be made does not", () => {
    assert.equal(stoppedBy(cleaning(["question", "stop"]))?.by.name, "Tomás");
    assert.equal(stoppedBy(cleaning(["retry"])), undefined);
    assert.equal(stoppedBy(cleaning([])), undefined);
  });
});
