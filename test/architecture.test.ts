import assert from "node:assert/strict";
import fs from "node:fs";
import { isBuiltin } from "node:module";
import path from "node:path";

const source = path.resolve(import.meta.dirname, "../src");
/** They know all the edges: how they are joined, by which identities, and what is looked at in them. */
const joins = ["main.ts", "identities.ts", "doctor.ts"];
const edges = ["catalog", "graph", "store", "teams", "telemetry", "web"];

/** One import: both ends as paths below src (`teams/bot.ts`), or the target as the package's name. */
type Import = { from: string; to: string; isPackage: boolean };

/** The source without its comments; strings stay, since imports are in them. */
function withoutComments(text: string): string {
  return text.replaceAll(
    /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|\/\*[\s\S]*?\*\/|(?<![:\\])\/\/[^\n]*/g,
    (_, string: string | undefined) => string ?? "",
  );
}

/** Static, type, side-effect, re-exporting and dynamic imports. */
const imports = /(?:\bfrom|\bimport|\bimport\s*\(|\brequire\s*\()\s*(["'`])([^"'`\n]+)\1/g;

function importsIn(file: string, text: string): Import[] {
  return [...withoutComments(text).matchAll(imports)].map(([, , target = ""]) => {
    const isPackage = !target.startsWith(".");
    const to = isPackage ? target : path.posix.join(path.posix.dirname(file), target);
    return { from: file, to, isPackage };
  });
}

const files = fs
  .readdirSync(source, { recursive: true, encoding: "utf8" })
  .filter((name) => /\.[cm]?[jt]s$/.test(name))
  .map((name) => name.replaceAll(path.sep, "/"));
const textOf = (file: string) => fs.readFileSync(path.join(source, file), "utf8");
const all = files.flatMap((file) => importsIn(file, textOf(file)));

const folderOf = (file: string) => (file.includes("/") ? (file.split("/")[0] ?? "") : file);
const shown = ({ from, to }: Import) => `${from} imports ${to}`;
const isNode = ({ to, isPackage }: Import) => isPackage && isBuiltin(to) && to.startsWith("node:");

/** Those imports of the folder's files that are not allowed. */
const against = (folder: string, allowed: (each: Import) => boolean) =>
  all.filter((each) => folderOf(each.from) === folder && !allowed(each)).map(shown);

describe("the source", () => {
  it("is read with all kinds of imports", () => {
    const text = `
      import a from "./a.ts"; import type { B } from './b.ts'; import "./c.ts"; export * from "../d.ts";
      import {
        type E,
      } from "e"; const f = await import("node:f"); // import "./not.ts"
      /* from "not" */ const url = "https://x.example"; export type { G } from "./deep/g.ts"; type H = import("./h.ts").H;
      const text = "a \\" // b"; import "./i.ts";`;
    assert.deepEqual(
      importsIn("teams/x.ts", text).map(({ to }) => to),
      [
        "teams/a.ts",
        "teams/b.ts",
        "teams/c.ts",
        "d.ts",
        "e",
        "node:f",
        "teams/deep/g.ts",
        "teams/h.ts",
        "teams/i.ts",
      ],
    );
  });

  it("is all there: every import of a file of ours leads to one", () => {
    assert.ok(files.length > 50 && all.length > 200);
    assert.deepEqual(
      all.filter(({ to, isPackage }) => !isPackage && !fs.existsSync(path.join(source, to))).map(shown),
      [],
    );
  });

  it("imports nothing from outside of itself", () =>
    assert.deepEqual(all.filter(({ to, isPackage }) => !isPackage && to.startsWith("..")).map(shown), []));
});

describe("the domain", () => {
  it("imports only itself and node:crypto", () =>
    assert.deepEqual(
      against("domain", ({ to, isPackage }) =>
        isPackage ? to === "node:crypto" : folderOf(to) === "domain",
      ),
      [],
    ));

  it("awaits nothing", () => {
    const waiting = files
      .filter((file) => folderOf(file) === "domain")
      .filter((file) => /\b(await|async|Promise)\b/.test(withoutComments(textOf(file))));
    assert.deepEqual(waiting, []);
  });
});

describe("the use cases", () => {
  it("import only themselves, the domain and Node", () =>
    assert.deepEqual(
      against(
        "usecases",
        (each) => isNode(each) || (!each.isPackage && ["usecases", "domain"].includes(folderOf(each.to))),
      ),
      [],
    ));
});

describe("the edges", () => {
  for (const edge of edges)
    it(`import no other edge: ${edge}`, () =>
      assert.deepEqual(
        against(
          edge,
          ({ to, isPackage }) => isPackage || [edge, "usecases", "domain"].includes(folderOf(to)),
        ),
        [],
      ));

  it("are joined by main.ts, what is split off from it, and the trial only", () => {
    const joining = files.filter((file) => {
      const joined = all.filter(
        ({ from, to, isPackage }) => from === file && !isPackage && edges.includes(folderOf(to)),
      );
      return new Set(joined.map(({ to }) => folderOf(to))).size > 1;
    });
    assert.deepEqual(
      joining.filter((file) => !joins.includes(file) && folderOf(file) !== "local"),
      [],
    );
    assert.ok(joining.includes("main.ts"));
  });

  it("are all that there is beside the domain, the use cases, the trial and five files", () =>
    assert.deepEqual(
      [...new Set(files.map(folderOf))].toSorted(),
      [...edges, ...joins, "config.ts", "domain", "local", "log.ts", "usecases"].toSorted(),
    ));
});

describe("the Bot Framework", () => {
  const ofBot = /^(botbuilder|botframework-|@microsoft\/teams-ai)/;

  it("is named in src/teams only, so that one folder changes with it", () => {
    const named = all.filter(({ to, isPackage }) => isPackage && ofBot.test(to));
    assert.ok(named.length > 0);
    assert.deepEqual(named.filter(({ from }) => folderOf(from) !== "teams").map(shown), []);
  });
});

describe("the trial", () => {
  it("is imported by itself only", () =>
    assert.deepEqual(
      all
        .filter(
          ({ from, to, isPackage }) => !isPackage && folderOf(to) === "local" && folderOf(from) !== "local",
        )
        .map(shown),
      [],
    ));

  it("has a tenant that knows nothing of Usher", () => {
    const ofTenant = all.filter(({ from }) => from.startsWith("local/tenant/"));
    assert.ok(ofTenant.length > 0);
    assert.deepEqual(
      ofTenant.filter(({ to, isPackage }) => !isPackage && !to.startsWith("local/tenant/")).map(shown),
      [],
    );
  });
});
