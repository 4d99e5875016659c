import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { Ajv } from "ajv";
import { schemaOf, shapeFindings } from "../../src/catalog/blueprint-shape.ts";
import { blueprintFiles, loadCatalog } from "../../src/catalog/load-catalog.ts";
import { readYaml } from "../../src/catalog/yaml-file.ts";
import { altered, catalogFolder, sample } from "./folder.ts";
import { wrongBlueprints } from "./wrong-blueprints.ts";

const ours = path.resolve(import.meta.dirname, "../../catalog");

for (const name of ["blueprint", "policy"] as const)
  it(`the ${name}'s schema is a schema`, () => {
    const ajv = new Ajv();
    assert.ok(ajv.validateSchema(schemaOf(name)), ajv.errorsText());
  });

describe("the schema of blueprints", () => {
  for (const name of blueprintFiles(ours))
    it(`takes ${name}`, () => {
      const { value, broken } = readYaml(path.join(ours, name));
      assert.deepEqual([...broken, ...shapeFindings(value)], []);
    });

  it("lets nothing stand that it does not know, wherever it stands", () => {
    const open: unknown[] = [];
    JSON.stringify(schemaOf("blueprint"), (_, value) => {
      // What is under "if" only tells one branch from another.
      if (value?.properties && value.type === "object" && value.additionalProperties !== false)
        open.push(value);
      return value;
    });
    assert.deepEqual(open, []);
  });
});

describe("a catalogue", () => {
  const { folder, write, erase, remove } = catalogFolder();
  beforeEach(() => write("sample.yaml", sample));
  after(remove);

  it("is without problems when its files are", () => {
    const { catalog, problems } = loadCatalog(folder);
    assert.deepEqual(problems, []);
    assert.deepEqual(
      catalog.blueprints.map(({ id }) => id),
      ["sample"],
    );
    assert.deepEqual(
      catalog.roleFacts.map(({ name }) => name),
      ["Global Reader"],
    );
  });

  it("is what its files say by now, whatever was made of what they said before", () => {
    const [first] = loadCatalog(folder).catalog.blueprints;
    Object.assign(first as object, { title: "Somebody else's" });
    assert.notEqual(loadCatalog(folder).catalog.blueprints[0]?.title, "Somebody else's");
    write("sample.yaml", sample.replace(/^title: .*$/m, "title: Another sample"));
    assert.equal(loadCatalog(folder).catalog.blueprints[0]?.title, "Another sample");
  });

  for (const [what, from, to, problem] of wrongBlueprints)
    it(`leaves out a blueprint that ${what}, and says where`, () => {
      write("sample.yaml", altered(from, to));
      const { catalog, problems } = loadCatalog(folder);
      assert.ok(problems.includes(`sample.yaml:${problem}`), problems.join("\n"));
      assert.deepEqual(catalog.blueprints, []);
    });

  it("says a thing once, for the branch that was meant", () => {
    write("sample.yaml", altered("audience: AzureADMyOrg", "audience: [{use: AzureADMyOrgs}]"));
    assert.deepEqual(loadCatalog(folder).problems, [
      'sample.yaml:13:20 app.audience.0.use: "AzureADMyOrgs" is none of AzureADMyOrg, AzureADMultipleOrgs, AzureADandPersonalMicrosoftAccount. Did you mean AzureADMyOrg?',
    ]);
  });

  it("says everything that is wrong with a blueprint at once", () => {
    write(
      "sample.yaml",
      altered("User.Read.All", "Mail.Raed").replace("Global Reader, when", "Reader, when"),
    );
    assert.equal(loadCatalog(folder).problems.length, 2);
  });

  it("leaves out an empty file, and a folder that is called like a file", () => {
    write("sample.yaml", "");
    fs.mkdirSync(path.join(folder, "folder.yaml"));
    const [ofFolder, ofEmpty] = loadCatalog(folder).problems;
    fs.rmdirSync(path.join(folder, "folder.yaml"));
    assert.match(ofFolder!, /^folder\.yaml: it cannot be read: it is no regular file/);
    assert.equal(ofEmpty, "sample.yaml:1:1: the file is empty");
  });

  it("takes the first of two with one id", () => {
    write("second.yaml", altered("title: Sample", "title: Second"));
    const { catalog, problems } = loadCatalog(folder);
    erase("second.yaml");
    assert.deepEqual(problems, ['second.yaml:2:5 id: sample.yaml is called "sample" already']);
    assert.deepEqual(
      catalog.blueprints.map(({ title }) => title),
      ["Sample"],
    );
  });

  it("is in the order of titles, with something else at its end", () => {
    write("a.yaml", altered("id: sample", "id: custom").replace("title: Sample", "title: Any other"));
    write("b.yaml", altered("id: sample", "id: zebra").replace("title: Sample", "title: Zebra"));
    const { blueprints } = loadCatalog(folder).catalog;
    for (const name of ["a.yaml", "b.yaml"]) erase(name);
    assert.deepEqual(
      blueprints.map(({ id }) => id),
      ["sample", "zebra", "custom"],
    );
  });

  it("passes over what is no YAML file, and what is hidden", () => {
    write("readme.md", "# not a blueprint");
    write(".sample.yaml", "not a blueprint");
    assert.deepEqual(loadCatalog(folder).problems, []);
  });
});
