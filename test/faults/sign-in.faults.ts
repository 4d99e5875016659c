import { holdsAgainst, silences } from "../web/wrong-sign-in.ts";

describe("a sign-in service", function () {
  this.timeout(120_000);
  for (const [what, instead] of Object.entries(silences)) holdsAgainst(what, instead);
});
