import { walkSystems } from "../support/variant-journeys.ts";
import { appmixerSystems } from "./systems/appmixer.ts";
import { netwrixSystems } from "./systems/netwrix.ts";
import { rewstSystems } from "./systems/rewst.ts";

describe("from the form to the tenant, the first five systems", () => {
  walkSystems({ ...rewstSystems, ...netwrixSystems, ...appmixerSystems }, [
    "Azure Storage",
    "Microsoft Partner Center",
  ]);
});
