import assert from "node:assert/strict";
import { loadCatalog } from "../../src/catalog/load-catalog.ts";
import { walkSystems } from "../support/variant-journeys.ts";
import { appmixerSystems } from "./systems/appmixer.ts";
import { automationSystems } from "./systems/automation.ts";
import { customSystems } from "./systems/custom.ts";
import { dataSystems } from "./systems/data.ts";
import { netwrixSystems } from "./systems/netwrix.ts";
import { rewstSystems } from "./systems/rewst.ts";
import { signInSystems } from "./systems/sign-in.ts";

const firstFive = { ...rewstSystems, ...netwrixSystems, ...appmixerSystems };
const others = { ...signInSystems, ...automationSystems, ...dataSystems, ...customSystems };

describe("from the form to the tenant, the thirteen others and what has no form of its own", () => {
  walkSystems(others);
});

describe("the catalogue", () => {
  it("has no system that no journey walks", () => {
    const { blueprints } = loadCatalog("catalog").catalog;
    const walked = Object.keys({ ...firstFive, ...others });
    assert.deepEqual(blueprints.map(({ id }) => id).toSorted(), walked.toSorted());
  });
});
