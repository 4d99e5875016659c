import assert from "node:assert/strict";
import path from "node:path";
import { loadCatalog } from "../src/catalog/load-catalog.ts";

const { catalog, problems } = loadCatalog(path.resolve(import.meta.dirname, "../catalog"));

describe("Usher's own catalogue", () => {
  const shown = catalog.blueprints.slice(0, -1);

  it("is without problems and holds each system once", () => {
    assert.deepEqual(problems, []);
    assert.deepEqual(shown.map(({ id }) => id).toSorted(), [
      "appmixer",
      "argo-cd",
      "backstage",
      "datadog",
      "elastic-o365",
      "github-actions",
      "gitlab",
      "grafana",
      "hashicorp-vault",
      "jenkins",
      "n8n",
      "netwrix-identity-manager",
      "netwrix-privilege-secure",
      "rewst",
      "rewst-v1",
      "servicenow",
      "snowflake",
      "veeam-m365",
    ]);
  });

  it("shows the systems in the order of their titles, and something else at its end", () => {
    const titles = shown.map(({ title }) => title);
    assert.deepEqual(
      titles,
      titles.toSorted((a, b) => a.localeCompare(b)),
    );
    assert.equal(catalog.blueprints.at(-1)?.id, "custom");
  });
});
