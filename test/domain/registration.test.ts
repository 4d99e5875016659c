import assert from "node:assert/strict";
import { monthsLater, restorableUntil } from "../../src/domain/registration.ts";

describe("months later", () => {
  const table: [from: string, months: number, end: string][] = [
    ["2027-03-01T12:00:00.000Z", 1, "2027-04-01T12:00:00.000Z"],
    ["2027-03-15T23:59:59.999Z", 12, "2028-03-15T23:59:59.999Z"],
    ["2027-12-15T00:00:00.000Z", 1, "2028-01-15T00:00:00.000Z"],
    ["2027-01-31T12:00:00.000Z", 1, "2027-02-28T12:00:00.000Z"],
    ["2028-01-31T12:00:00.000Z", 1, "2028-02-29T12:00:00.000Z"],
    ["2027-01-30T12:00:00.000Z", 1, "2027-02-28T12:00:00.000Z"],
    ["2028-02-29T12:00:00.000Z", 12, "2029-02-28T12:00:00.000Z"],
    ["2028-02-29T12:00:00.000Z", 48, "2032-02-29T12:00:00.000Z"],
    ["2027-08-31T12:00:00.000Z", 1, "2027-09-30T12:00:00.000Z"],
    ["2027-03-31T12:00:00.000Z", 24, "2029-03-31T12:00:00.000Z"],
    ["2027-12-31T12:00:00.000Z", 2, "2028-02-29T12:00:00.000Z"],
    ["2027-02-28T12:00:00.000Z", 1, "2027-03-28T12:00:00.000Z"],
  ];
  for (const [from, months, end] of table)
    it(`${from} and ${months} is ${end}`, () =>
      assert.equal(monthsLater(new Date(from), months).toISOString(), end));

  it("leave the date that they were counted from as it is", () => {
    const from = new Date("2027-01-31T12:00:00.000Z");
    monthsLater(from, 1);
    assert.equal(from.toISOString(), "2027-01-31T12:00:00.000Z");
  });
});

describe("a revoked registration", () => {
  it("can be restored for thirty days, across the change of the clocks too", () =>
    assert.equal(
      restorableUntil(new Date("2027-03-15T12:00:00.000Z")).toISOString(),
      "2027-04-14T12:00:00.000Z",
    ));
});
