import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { readConfig } from "../src/config.ts";
import { demoKillPoints } from "../src/local/kill-points.ts";
import { controlList } from "../src/local/tenant/control.ts";
import { faultKinds } from "../src/local/tenant/faults.ts";
import { settingsOf } from "../src/local/tenant/settings.ts";
import { commands } from "../src/teams/commands.ts";
import { createMeter } from "../src/telemetry/meter.ts";

const root = path.resolve(import.meta.dirname, "..");
const read = (file: string) => fs.readFileSync(path.join(root, file), "utf8");
const filesIn = (folder: string, ending: RegExp) =>
  fs
    .readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => ending.test(name))
    .map((name) => `${folder}/${name.replaceAll(path.sep, "/")}`);

const pages = ["README.md", "CONTRIBUTING.md", "SECURITY.md", ...filesIn("docs", /\.md$/)];
const operations = read("docs/operations.md");

const all = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, found = ""]) => found);
const withoutFences = (text: string) => text.replaceAll(/^ *```[\s\S]*?^ *```$/gm, "");
/** What stands in backticks, on one line and outside of examples. */
const quotedIn = (text: string) => all(withoutFences(text), /`([^`\n]+)`/g);
const section = (text: string, heading: string) =>
  text.split(/^## /m).find((part) => part.startsWith(heading)) ?? "";
const rows = (text: string) => text.split("\n").filter((line) => line.startsWith("| "));
const exists = (name: string) => fs.existsSync(path.join(root, name));

describe("the pages", () => {
  it("are all there", () => {
    for (const page of ["docs/architecture.md", "docs/operations.md", "docs/graph-failures.md"])
      assert.ok(pages.includes(page), page);
    const decisions = pages.filter((page) => page.startsWith("docs/decisions/"));
    const numbers = decisions.map((page) => Number(/\/(\d{4})-/.exec(page)?.[1])).toSorted((a, b) => a - b);
    assert.deepEqual(
      numbers,
      numbers.map((_, at) => at + 1),
    );
  });

  for (const page of pages) {
    const text = read(page);

    it(`${page} names only scripts that there are`, () => {
      const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
      const named = [...all(text, /npm run ([\w:-]+)/g), ...all(text, /npm (test|start)\b/g)];
      assert.deepEqual(
        named.filter((script) => !Object.hasOwn(scripts, script)),
        [],
      );
    });

    it(`${page} leads only to files and pictures that there are`, () => {
      const targets = [
        ...all(withoutFences(text), /\]\(([^)\s]+)\)/g),
        ...all(text, /(?:src|srcset|href)="([^"]+)"/g),
      ];
      const missing = targets
        .filter((target) => !/^(https?:|#)/.test(target))
        .map((target) => path.posix.join(path.posix.dirname(page), target.replace(/#.*/, "")))
        .filter((target) => !exists(target));
      assert.deepEqual(missing, []);
    });

    it(`${page} names only paths that there are`, () => {
      const paths = quotedIn(text).filter((each) =>
        /^(src|test|docs|catalog|cards|infra|appPackage|env)\/[\w./-]*$/.test(each),
      );
      assert.deepEqual(
        paths.filter((each) => !exists(each)),
        [],
      );
    });
  }

  it("name only functions that there are", () => {
    const code = ["src", "test"].flatMap((folder) => filesIn(folder, /\.ts$/).map(read)).join("\n");
    const named = pages
      .flatMap((page) => quotedIn(read(page)))
      .filter((each) => /^[a-z]+[A-Z]\w*$/.test(each));
    assert.ok(named.includes("handOverKey"));
    // Words of others: GitHub's, Microsoft's and the shell's have no place in our code.
    const others = ["appPackage"];
    assert.deepEqual(
      named.filter((each) => !others.includes(each) && !new RegExp(`\\b${each}\\b`).test(code)),
      [],
    );
  });
});

describe("the README", () => {
  const readme = read("README.md");

  it("lists the steps at which the demo can be killed", () => {
    const listed = rows(section(readme, "The same without hands")).flatMap(quotedIn);
    assert.deepEqual(listed.toSorted(), demoKillPoints.toSorted());
  });

  it("lists what can be said, all of it and no more", () => {
    const said = rows(section(readme, "What you can say"))
      .map((row) => row.split("|")[1] ?? "")
      .flatMap(quotedIn)
      .map((words) => words.replace("REQ-…", "REQ-7K3M9Q"));
    const meant = (words: string) => commands.find(({ pattern }) => pattern.test(words));
    assert.deepEqual(
      said.filter((words) => !meant(words)),
      [],
    );
    const unsaid = commands.filter((command) => !said.some((words) => meant(words) === command));
    assert.deepEqual(
      unsaid.map(({ pattern }) => String(pattern)),
      [],
    );
  });
});

describe("the page on operations", () => {
  it("names every variable that Usher reads, and no other", () => {
    const guid = "11111111-1111-4111-8111-111111111111";
    const given: Record<string, string> = {
      BOT_ID: guid,
      BOT_TENANT_ID: guid,
      BOT_TYPE: "SingleTenant",
      BOT_PASSWORD: "x",
      SECRET_KEY: Buffer.alloc(32).toString("base64"),
      PUBLIC_URL: "https://usher.example",
      PROVISIONING_CLIENT_ID: guid,
      CONSENT_CLIENT_ID: guid,
      SIGNIN_CLIENT_ID: guid,
    };
    const asked = new Set<string>();
    const environment = new Proxy(given, {
      get(of, name) {
        asked.add(String(name));
        return Reflect.get(of, name) as string | undefined;
      },
    });
    readConfig(environment);
    const named = rows(section(operations, "Environment"))
      .map((row) => row.split("|")[1] ?? "")
      .flatMap(quotedIn);
    assert.deepEqual(named.toSorted(), [...asked].toSorted());
  });

  it("explains only lines that the log can have", () => {
    const code = filesIn("src", /\.ts$/)
      .filter((file) => !file.startsWith("src/local/"))
      .map(read)
      .join("\n");
    const lines = rows(section(operations, "Is it well?"))
      .map((row) => row.split("|")[1] ?? "")
      .flatMap(quotedIn)
      .filter((each) => !each.startsWith("/") && each !== "msg");
    assert.ok(lines.length > 10);
    assert.deepEqual(
      lines.filter((line) => !code.includes(`"${line}"`)),
      [],
    );
  });
});

describe("what is said to be measured", () => {
  it("is what Usher measures, all of it", async () => {
    const named = rows(section(operations, "What is measured"))
      .map((row) => row.split("|")[1] ?? "")
      .flatMap(quotedIn)
      .filter((name) => name.startsWith("usher_"));
    const text = await createMeter().text(undefined);
    const measured = [...text.matchAll(/^# TYPE (usher_\w+)/gm)].map(([, name]) => name);
    assert.deepEqual(named.toSorted(), measured.toSorted());
  });
});

describe("the page on security", () => {
  it("names only tests that there are", () => {
    const named = [...read("SECURITY.md").matchAll(/`(test\/[\w./-]+)`,\s+"([^"]+)"/g)];
    assert.ok(named.length > 2);
    for (const [, file = "", title = ""] of named) {
      const name = title.replaceAll(/\s+/g, " ");
      assert.ok(read(file).includes(`"${name}"`), `${file}: ${name}`);
    }
  });
});

describe("the threat model", () => {
  it("goes through each attacker, and names a test for everything that stops one", () => {
    const found = rows(section(read("docs/threat-model.md"), "Who attacks")).slice(2);
    const attackers = found.map((row) => /\*\*(.+?)\*\*/.exec(row)?.[1]).filter(Boolean);
    for (const attacker of [
      "a requester",
      "an approver",
      "an owner",
      "a reader of the database",
      "a reader of a chat",
      "a host on the network",
      "a scanner",
    ])
      assert.ok(attackers.includes(attacker), attacker);
    for (const row of found) assert.match(row, /\| `test\/[^|]+\.test\.ts` \|$/);
  });
});

describe("the page on testing", () => {
  const page = read("docs/testing.md");

  it("names a test that there is for each promise", () => {
    const found = rows(section(page, "Promises of the README")).slice(2);
    assert.ok(found.length > 30);
    for (const row of found) {
      const named = all(row.split(" | ").at(-1) ?? "", /`(test\/[^`]+)`/g);
      assert.ok(named.length > 0, row);
      for (const name of named) assert.ok(exists(name), name);
    }
  });

  it("has each command that tests or measures", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
    const testing = Object.keys(scripts).filter((name) => /mocha|c8|bench|knip/.test(scripts[name] ?? ""));
    assert.ok(testing.length > 5);
    for (const name of testing) assert.match(page, new RegExp(`npm (?:run )?${name}\\b`), name);
  });
});

describe("the page on the simulated tenant", () => {
  const page = read("docs/simulated-tenant.md");

  it("names every control that there is, and no other", () => {
    const there = controlList.map(
      (says) => /^\w+ \/_sim[^\s:]*(?: id\})?(?:\/[^\s:]+(?: id\})?)?/.exec(says)?.[0],
    );
    const named = quotedIn(page).filter((quoted) => /^[A-Z]+ \/_sim/.test(quoted));
    assert.deepEqual(named.toSorted(), there.toSorted());
  });

  it("names every setting and every fault", () => {
    const settings = Object.keys(settingsOf({ item: () => undefined } as never));
    const quoted = new Set(quotedIn(page));
    assert.deepEqual(
      [...settings, ...faultKinds].filter((name) => !quoted.has(name)),
      [],
    );
  });
});
