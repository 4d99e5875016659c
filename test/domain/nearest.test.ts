import assert from "node:assert/strict";
import { nearest } from "../../src/domain/nearest.ts";

const names = [
  "User.Read",
  "User.Read.All",
  "User.ReadWrite.All",
  "Mail.Read",
  "full_access_as_app",
  "csp",
  "exo",
];

describe("the nearest name", () => {
  const meant: [typed: string, name: string][] = [
    ["user.read.all", "User.Read.All"],
    ["UserReadAll", "User.Read.All"],
    ["full-access-as-app", "full_access_as_app"],
    ["User.Reed.All", "User.Read.All"],
    ["User.Raed.All", "User.Read.All"],
    ["User.ReadWirte.Al", "User.ReadWrite.All"],
    ["Mial.Read", "Mail.Read"],
    ["cps", "csp"],
  ];
  for (const [typed, name] of meant)
    it(`to ${typed} is ${name}`, () => assert.equal(nearest(typed, names), name));

  for (const typed of ["Calendars.Read", "Sites.FullControl.All", "eza", "", "…"])
    it(`is none for "${typed}"`, () => assert.equal(nearest(typed, names), undefined));

  it("is the name itself when it is among them, whatever else reads alike", () =>
    assert.equal(nearest("user.read", ["User.Read", "user.read"]), "user.read"));

  it("is the one with the fewest mistakes", () =>
    assert.equal(nearest("Mail.Reads", ["Mail.Send", "Mail.Read"]), "Mail.Read"));

  it("may be a fifth of a long name away", () => {
    const name = "UserAuthenticationMethod.ReadWrite.All";
    assert.equal(nearest("UserAuthentificationMethods.ReadWrte.All", [name]), name);
  });
});
