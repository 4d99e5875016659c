import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import fs from "node:fs";
import { isBuiltin } from "node:module";
import path from "node:path";
import { temporaryFolder } from "../support/carriers.ts";

const root = path.resolve(import.meta.dirname, "../..");
const read = (name: string) => fs.readFileSync(path.join(root, name), "utf8");
const dockerfile = read("Dockerfile");
/** Its instructions, each on one line, without comments. */
const instructions = dockerfile
  .replaceAll(/^ *#.*\n/gm, "")
  .replaceAll(/\\\n/g, " ")
  .split("\n")
  .map((line) => line.trim().replaceAll(/\s+/g, " "))
  .filter(Boolean);
const last = instructions.slice(instructions.findLastIndex((line) => line.startsWith("FROM ")));
const copied = (lines: readonly string[]) =>
  lines
    .filter((line) => line.startsWith("COPY ") && !line.includes("--from="))
    .flatMap((line) => line.split(" ").slice(1, -1));
/** What .dockerignore lets in: it leaves everything out, and then lets in by name. */
const ignore = read(".dockerignore")
  .split("\n")
  .filter((line) => line && !line.startsWith("#"));

describe("the image", () => {
  it("is built on Node 24, in two stages, and runs as somebody who owns nothing of it", () => {
    const bases = instructions.filter((line) => line.startsWith("FROM "));
    assert.equal(bases.length, 2);
    for (const base of bases) assert.match(base, /^FROM node:24-/);
    assert.ok(last.includes("USER node"));
    assert.ok(!instructions.some((line) => line.includes("--chown")));
    assert.ok(
      last.findIndex((line) => line.startsWith("USER ")) >
        last.findLastIndex((line) => line.startsWith("COPY ")),
    );
  });

  it("gets its packages from the lock file, without those for development and without running their scripts", () =>
    assert.ok(instructions.some((line) => /^RUN npm ci --omit=dev --ignore-scripts\b/.test(line))));

  it("starts Usher itself, so that a signal to stop reaches it", () =>
    assert.equal(last.at(-1), 'CMD ["node", "src/main.ts"]'));

  it("copies what there is and .dockerignore lets in, and no other file gets near it", () => {
    assert.equal(ignore[0], "*");
    const letIn = ignore.filter((line) => line.startsWith("!")).map((line) => line.slice(1));
    assert.deepEqual([...new Set(copied(instructions))].toSorted(), letIn.toSorted());
    for (const each of letIn) assert.ok(fs.existsSync(path.join(root, each)), each);
    assert.ok(ignore.indexOf("src/local") > ignore.indexOf("!src"));
  });

  it("has all that Usher imports among the packages that it is given", () => {
    const { dependencies } = JSON.parse(read("package.json")) as { dependencies: Record<string, string> };
    const files = fs
      .readdirSync(path.join(root, "src"), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts") && !name.replaceAll(path.sep, "/").startsWith("local/"));
    // A type is stripped before it is looked for.
    const imported = files.flatMap((name) =>
      [
        ...read(path.join("src", name)).matchAll(/^(?:import|export) (?!type)[^;]*?from "([^".][^"]*)"/gm),
      ].map(([, target = ""]) => target),
    );
    const packages = new Set(
      imported
        .filter((target) => !isBuiltin(target))
        .map((target) =>
          target
            .split("/")
            .slice(0, target.startsWith("@") ? 2 : 1)
            .join("/"),
        ),
    );
    assert.ok(packages.size > 8);
    assert.deepEqual(
      [...packages].filter((name) => !Object.hasOwn(dependencies, name)),
      [],
    );
  });

  it("has files enough to start with: it asks for its configuration, and needs nothing of the trial", async () => {
    const folder = temporaryFolder();
    try {
      for (const name of copied(last))
        fs.cpSync(path.join(root, name), path.join(folder, name), {
          recursive: true,
          filter: (from) => path.relative(root, from) !== path.join("src", "local"),
        });
      fs.symlinkSync(path.join(root, "node_modules"), path.join(folder, "node_modules"));
      assert.ok(!fs.existsSync(path.join(folder, "src/local")));
      const env = { PATH: process.env.PATH };
      const { code, stderr } = await new Promise<{ code: unknown; stderr: string }>((resolve) =>
        execFile(process.execPath, ["src/main.ts"], { cwd: folder, env }, (error, _, said) =>
          resolve({ code: error?.code, stderr: said }),
        ),
      );
      assert.equal(code, 1);
      assert.match(
        stderr,
        /^Usher does not start, because its configuration is incomplete:\n {2}- BOT_ID is missing/,
      );
    } finally {
      fs.rmSync(folder, { recursive: true, force: true });
    }
  });
});
