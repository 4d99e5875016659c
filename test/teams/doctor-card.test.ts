import assert from "node:assert/strict";
import { doctorCard } from "../../src/teams/cards.ts";
import { type Finding, ok, unknown, wrong } from "../../src/usecases/doctor/finding.ts";
import { assertGoodCard, elements, hostile, linesOf } from "./reading.ts";

describe("the card of doctor", () => {
  const findings: Finding[] = [
    ok("Database", "PostgreSQL 18.4."),
    unknown("Public address", "It was not reached from here.", "Open it in a browser."),
    wrong("Clocks", "This machine is 600 seconds late.", "Let it keep its time."),
  ];

  it("says what is wrong first, each with the next step", () => {
    const card = doctorCard(findings);
    assertGoodCard(card);
    assert.deepEqual(linesOf(card), [
      "1 thing is wrong",
      "Wrong",
      "Clocks: This machine is 600 seconds late.",
      "Next: Let it keep its time.",
      "Not to be judged from here",
      "Public address: It was not reached from here.",
      "Next: Open it in a browser.",
      "Well",
      "Database: PostgreSQL 18.4.",
    ]);
    assert.equal(
      card.fallbackText,
      "Doctor: 1 thing is wrong, 1 could not be judged, 1 well. Clocks: This machine is 600 seconds late.",
    );
  });

  it("leaves out what there is nothing of", () => {
    assert.deepEqual(linesOf(doctorCard([ok("Database", "PostgreSQL 18.4.")])), [
      "Nothing is wrong",
      "Well",
      "Database: PostgreSQL 18.4.",
    ]);
  });

  it("fits however much is wrong, says how much it leaves out, and takes no name for Markdown", () => {
    const many = Array.from({ length: 300 }, (_, n) =>
      wrong(`Group ${n} ${hostile}`, hostile.repeat(20), hostile),
    );
    const card = doctorCard(many);
    assert.ok(Buffer.byteLength(JSON.stringify(card)) < 28_000);
    const blocks = elements(card).filter(({ type }) => type === "TextBlock");
    assert.deepEqual(
      blocks.map(({ text }) => text),
      ["300 things are wrong", "Wrong"],
    );
    const runs = elements(card).filter(({ type }) => type === "TextRun");
    assert.ok(runs.every(({ text }) => !String(text).includes("{{")));
    assert.match(linesOf(card).at(-1) ?? "", /^And \d+ more: npm run doctor says all of them\./);
  });
});
