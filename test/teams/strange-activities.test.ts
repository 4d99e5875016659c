import assert from "node:assert/strict";
import { type Journey, mina, personalChat, startJourney } from "../support/journey.ts";

/** What JSON can say where a text should stand. The last one cannot even be made a text. */
const strange: unknown[] = [null, true, 7, "", [], {}, { toString: null }];

describe("an activity with something strange in it", () => {
  let journey: Journey;
  before(async () => {
    journey = await startJourney();
  });
  after(() => journey.close());

  const message = () => ({
    ...journey.teams.envelope(mina, personalChat(mina)),
    type: "message",
    text: "help",
  });
  const press = () => ({
    ...journey.teams.envelope(mina, personalChat(mina)),
    type: "invoke",
    name: "adaptiveCard/action",
    replyToId: "1",
    value: {
      action: { type: "Action.Execute", verb: "list/page", data: { verb: "list/page" } },
      trigger: "manual",
    },
  });

  for (const [what, make] of [
    ["a message", message],
    ["a press", press],
  ] as const)
    it(`is answered, and breaks nothing, wherever in ${what} that stands`, async () => {
      const wrong: string[] = [];
      for (const path of [
        ...pathsOf(make()),
        ["name"],
        ["localTimezone"],
        ["entities"],
        ["entities", 0],
        ["channelData", "team"],
      ])
        for (const value of strange) {
          const { status } = await journey.teams.send(replaced(make(), path, value));
          if (status >= 500 && status !== 501)
            wrong.push(`${path.join(".")} = ${JSON.stringify(value)}: ${status}`);
        }
      assert.deepEqual(wrong, []);
      assert.deepEqual(
        journey.log.filter((line) => JSON.parse(line).level >= 50),
        [],
        "something broke over it",
      );
    });

  it("is refused where it is no activity at all", async () => {
    for (const body of ["null", "7", "[]", '""', "{}", "", "{"]) {
      const headers = { "content-type": "application/json" };
      const endpoint = `${journey.config.publicUrl}/api/messages`;
      const { status } = await fetch(endpoint, { method: "POST", headers, body });
      assert.equal(status, 400, body);
    }
  });
});

type Path = readonly (string | number)[];

function pathsOf(value: unknown): Path[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [
    [key],
    ...pathsOf(inner).map((rest) => [key, ...rest]),
  ]);
}

function replaced(value: unknown, [key, ...rest]: Path, by: unknown): Record<string, unknown> {
  if (key === undefined) return by as Record<string, unknown>;
  return {
    ...(value as Record<string, unknown>),
    [key]: replaced((value as Record<string, unknown>)?.[key], rest, by),
  };
}
