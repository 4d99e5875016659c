import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { watchCatalog } from "../../src/catalog/watch-catalog.ts";
import { altered, catalogFolder } from "./folder.ts";

describe("a catalogue that is watched", () => {
  let own: ReturnType<typeof catalogFolder>;
  let lines: string[];
  let watched: ReturnType<typeof watchCatalog>;
  const note = (level: string) => (fields: Record<string, unknown>, text: string) => {
    lines.push(`${level}: ${text}: ${Object.values(fields).join(" ")}`);
  };
  const log = { info: note("info"), warn: note("warn"), error: note("error") };
  const ids = () => watched.catalog.blueprints.map(({ id }) => id);
  const second = altered("id: sample", "id: second").replace("title: Sample", "title: Second");

  beforeEach(() => {
    own = catalogFolder();
    lines = [];
    // Far apart, so that a test says itself when it is read.
    watched = watchCatalog(own.folder, log, { everyMs: 3_600_000 });
  });
  afterEach(() => {
    watched.close();
    own.remove();
  });

  it("has a new blueprint without a restart, in the same object", () => {
    const { catalog } = watched;
    own.write("second.yaml", second);
    watched.reload();
    assert.deepEqual(
      catalog.blueprints.map(({ id }) => id),
      ["sample", "second"],
    );
    assert.deepEqual(lines, ["info: the catalogue was read anew: 2"]);
  });

  it("leaves out a blueprint that is wrong now, says so, and has the rest", () => {
    own.write("second.yaml", second);
    own.write("sample.yaml", altered("api: graph", "api: grpah"));
    watched.reload();
    const problem =
      'sample.yaml:17:11 grant.0.api: apis.yaml does not know the API "grpah". Did you mean graph?';
    assert.deepEqual(ids(), ["second"]);
    assert.deepEqual(watched.problems(), [problem]);
    assert.deepEqual(lines, [
      `error: a blueprint was left out: ${problem}`,
      "info: the catalogue was read anew: 1",
    ]);
  });

  it("stays as it was while a shared file is wrong, and takes it once it is mended", () => {
    own.write("second.yaml", second);
    own.write("apis.yaml", "graph: {}");
    watched.reload();
    assert.deepEqual(ids(), ["sample"]);
    assert.equal(watched.problems().length, 2);
    assert.match(lines[0]!, /^error: the catalogue stays as it was: apis\.yaml:1:8 graph\.clientId: /);
    own.write("apis.yaml", "graph: {clientId: 00000003-0000-0000-c000-000000000000, name: Graph}");
    watched.reload();
    assert.deepEqual(ids(), ["sample", "second"]);
    assert.deepEqual(watched.problems(), []);
    assert.equal(watched.catalog.apis.graph?.name, "Graph");
  });

  it("stays as it was while its folder is gone", () => {
    own.remove();
    watched.reload();
    assert.deepEqual(ids(), ["sample"]);
    assert.match(watched.problems().join(), /cannot be read/);
  });

  it("notices by itself that a file came, changed or went", async () => {
    const noticing = watchCatalog(own.folder, log, { everyMs: 5 });
    try {
      const titles = () => noticing.catalog.blueprints.map(({ title }) => title).join();
      own.write("second.yaml", second);
      await until(() => titles() === "Sample,Second");
      own.write("second.yaml", second.replace("title: Second", "title: Third!"));
      await until(() => titles() === "Sample,Third!");
      own.erase("second.yaml");
      await until(() => titles() === "Sample");
    } finally {
      noticing.close();
    }
  });

  it("stays as it was while a shared file of the folder is lost, and takes what changed once it is back", () => {
    const roles = fs.readFileSync(own.at("roles.yaml"), "utf8");
    own.erase("roles.yaml");
    own.write("second.yaml", second);
    watched.reload();
    watched.reload();
    assert.deepEqual(ids(), ["sample"]);
    assert.equal(watched.catalog.roleFacts.length, 1);
    assert.match(watched.problems().join(), /^roles\.yaml: it cannot be read: ENOENT/);
    assert.match(lines.join("\n"), /^error: the catalogue stays as it was: roles\.yaml: /);
    own.write("roles.yaml", roles);
    watched.reload();
    assert.deepEqual([ids(), watched.problems()], [["sample", "second"], []]);
  });

  it("reads only what two looks in a row saw, so that no file is taken while it is being written", (done) => {
    const noticing = watchCatalog(own.folder, log, { everyMs: 5 });
    let grown = 0;
    // Set after the watch's own timer and as often: each look sees another file.
    const writing = setInterval(() => {
      try {
        if (grown < 20) own.write("second.yaml", `${second}# ${"x".repeat(grown++)}`);
        else if (noticing.catalog.blueprints.length === 1) return;
        else {
          assert.deepEqual(lines, ["info: the catalogue was read anew: 2"]);
          finish();
        }
      } catch (error) {
        finish(error);
      }
    }, 5);
    function finish(error?: unknown) {
      clearInterval(writing);
      noticing.close();
      done(error);
    }
  });

  it("names what is no file, or too large, without waiting for it", function () {
    if (process.platform === "win32") this.skip();
    execFileSync("mkfifo", [own.at("pipe.yaml")]);
    fs.mkdirSync(own.at("folder.yaml"));
    own.write("large.yaml", `${second}# ${"x".repeat(1_000_000)}`);
    // In a process of its own, which can be ended while it waits in a system call.
    const script = `import { loadCatalog } from ${JSON.stringify(import.meta.resolve("../../src/catalog/load-catalog.ts"))};
      const { catalog, problems } = loadCatalog(${JSON.stringify(own.folder)});
      console.log(JSON.stringify([catalog.blueprints.map(({ id }) => id), problems]));`;
    const said = execFileSync(process.execPath, ["--input-type=module", "-e", script], { timeout: 20_000 });
    assert.deepEqual(JSON.parse(String(said)), [
      ["sample"],
      [
        "folder.yaml: it cannot be read: it is no regular file",
        "large.yaml: it cannot be read: it is larger than 1 MB",
        "pipe.yaml: it cannot be read: it is no regular file",
      ],
    ]);
  });

  it("does not start with a shared file that is wrong", () => {
    own.write("roles.yaml", "- nonsense");
    assert.throws(() => watchCatalog(own.folder, log), /^CatalogBroken: roles\.yaml:1:3 0: /);
  });
});

async function until(holds: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 10_000; !holds(); ) {
    assert.ok(Date.now() < deadline, "waited in vain");
    await new Promise((resolve) => setImmediate(resolve));
  }
}
