import { holdsAgainst, lies } from "./wrong-sign-in.ts";

describe("a sign-in service", () => {
  for (const [what, instead] of Object.entries(lies)) holdsAgainst(what, instead);
});
