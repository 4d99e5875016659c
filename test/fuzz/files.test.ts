import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { loadCatalog } from "../../src/catalog/load-catalog.ts";
import { CatalogBroken } from "../../src/catalog/shared-files.ts";
import { catalogFolder, sample } from "../catalog/folder.ts";
import { share } from "./size.ts";

const shipped = path.resolve(import.meta.dirname, "../../catalog");
const corpus = [
  sample,
  ...fs
    .readdirSync(shipped)
    .filter((name) => name.endsWith(".yaml"))
    .map((name) => fs.readFileSync(path.join(shipped, name), "utf8")),
];
const odd = [
  "",
  "null",
  "~",
  "[]",
  "{}",
  "*a",
  "&a",
  "!!js/function x",
  "{{",
  "}}",
  "{{name}}",
  "=",
  "- ",
  ": ",
  "\t",
  "  ",
  "1e999",
  "0x10",
  "2026-01-01",
  "__proto__",
  "constructor",
  "a".repeat(2_000),
  "\u0000",
  "\u202e",
  "<<: *a",
  "when: {mode: }",
];

/** A file of the corpus with a few lines or pieces changed, as a slip of the hand or an attack would. */
const changed = fc
  .tuple(
    fc.nat(),
    fc.array(
      fc.tuple(fc.constantFrom("drop", "double", "swap", "piece", "odd", "indent"), fc.nat(), fc.nat()),
      { minLength: 1, maxLength: 4 },
    ),
  )
  .map(([which, changes]) => {
    const lines = (corpus[which % corpus.length] ?? "").split("\n");
    for (const [what, at, how] of changes) {
      const i = at % lines.length;
      const line = lines[i] ?? "";
      if (what === "drop") lines.splice(i, 1);
      else if (what === "double") lines.splice(i, 0, line);
      else if (what === "swap") lines.splice(i, 2, lines[i + 1] ?? "", line);
      else if (what === "indent") lines[i] = how % 2 ? ` ${line}` : line.slice(1);
      else {
        const from = how % (line.length + 1);
        const piece = what === "odd" ? (odd[how % odd.length] ?? "") : "";
        lines[i] = `${line.slice(0, from)}${piece}${line.slice(from + (how % 5))}`;
      }
    }
    return lines.join("\n");
  });

/** What an admin may have written into the catalogue. */
describe("a file of the catalogue", function () {
  this.timeout(3_600_000);
  const catalog = catalogFolder();
  after(() => catalog.remove());

  it("is taken, or left out with a sentence that names it, however it was changed", () => {
    let taken = 0;
    let refused = 0;
    fc.assert(
      fc.property(changed, (text) => {
        catalog.write("fuzzed.yaml", text);
        const { problems, catalog: read } = loadCatalog(catalog.folder);
        const isTaken = read.blueprints.length === 2;
        const said = problems.filter((problem) => problem.includes("fuzzed.yaml"));
        assert.equal(said.length === 0, isTaken, problems.join("\n"));
        if (isTaken) taken += 1;
        else refused += 1;
      }),
      share(0.05),
    );
    assert.ok(refused > taken);
  });

  it("leaves the catalogue as it is, or is named, where it is the policy or a shared one", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("policy.yaml", "apis.yaml", "permissions.yaml", "roles.yaml"),
        changed,
        (name, text) => {
          const before = fs.existsSync(catalog.at(name))
            ? fs.readFileSync(catalog.at(name), "utf8")
            : undefined;
          catalog.erase("fuzzed.yaml");
          catalog.write("fuzzed.yaml", sample.replace("id: sample", "id: other"));
          catalog.write(name, text);
          try {
            loadCatalog(catalog.folder);
          } catch (error) {
            assert.ok(error instanceof CatalogBroken, String(error));
            assert.match(error.message, new RegExp(name));
          } finally {
            if (before === undefined) catalog.erase(name);
            else catalog.write(name, before);
          }
        },
      ),
      share(0.03),
    );
  });
});
