import assert from "node:assert/strict";
import fs from "node:fs";
import { openCarrier } from "../../src/store/carrier.ts";
import type { Schema } from "../../src/store/schema.ts";
import { temporaryFolder } from "../support/carriers.ts";
import { mina, personalChat, priya, readingOf, startJourney } from "../support/journey.ts";

/** Every write to a file fails as the system call would; PGlite's file system passes that on. */
function refuseWrites(code: "ENOSPC" | "EROFS"): () => void {
  const { writeSync } = fs;
  fs.writeSync = () => {
    throw Object.assign(new Error(`${code}, by the test`), { code });
  };
  return () => {
    fs.writeSync = writeSync;
  };
}

describe("the data folder of the embedded database", function () {
  this.timeout(60_000);
  for (const [what, code] of [
    ["full", "ENOSPC"],
    ["read-only", "EROFS"],
  ] as const) {
    it(`that is ${what}: whoever presses is told, balancers too, and nothing is lost once it is opened anew`, async () => {
      const dataDir = temporaryFolder();
      let broken: Error | undefined;
      const open = () =>
        openCarrier<Schema>({
          dataDir,
          onBroken: (error) => {
            broken = error;
          },
        });
      const journey = await startJourney({ carrier: open });
      try {
        const { id } = await journey.ask(mina);
        const place = personalChat(priya);
        const before = journey.teams.messages.length;
        const allow = refuseWrites(code);
        try {
          await journey.teams.say(priya, place, `approve ${id} r1`).catch(() => undefined);
          assert.equal((await fetch(`${journey.config.publicUrl}/readyz`)).status, 503);
        } finally {
          allow();
        }
        assert.match(String(broken), /cannot write to its folder, so it has stopped/);
        const said = journey.teams.messages.slice(before).filter((each) => each.conversationId === place.id);
        assert.ok(
          said.some((each) => /Try again in a minute/.test(readingOf(each))),
          JSON.stringify(said),
        );

        // As the process that is started in its place.
        await journey.carrier.close();
        Object.assign(journey.carrier, await open());
        await journey.restart();
        assert.equal((await journey.request(id)).state, "pending");
        await journey.teams.say(priya, place, `approve ${id} r1`);
        await journey.until(async () => (await journey.request(id)).state === "provisioned", "the end of it");
        assert.equal((await fetch(`${journey.config.publicUrl}/readyz`)).status, 200);
      } finally {
        await journey.close();
        fs.rmSync(dataDir, { recursive: true, force: true });
      }
    });
  }
});
