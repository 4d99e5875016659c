import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { inflateSync } from "node:zlib";
import { AppManifestUtils, type TeamsManifest } from "@microsoft/app-manifest";
import { unzipSync } from "fflate";
import { commandLists } from "../../appPackage/command-lists.ts";
import { helpWords } from "../../src/teams/cards/help.ts";
import { commands } from "../../src/teams/commands.ts";
import { temporaryFolder } from "../support/carriers.ts";
import { runScript } from "./run-script.ts";

const folder = path.resolve(import.meta.dirname, "../../appPackage");
const template = fs.readFileSync(path.join(folder, "manifest.json"), "utf8");

type Manifest = {
  id: string;
  manifestVersion: string;
  version: string;
  name: { short: string };
  description: { short: string; full: string };
  bots: {
    botId: string;
    scopes: string[];
    commandLists: { scopes: string[]; commands: { title: string; description: string }[] }[];
  }[];
  webApplicationInfo: { id: string; resource: string };
  authorization?: unknown;
};
const guid = (n: number) => `cccccccc-0000-4000-8000-00000000000${n}`;
const complete: Record<string, string> = {
  TEAMSFX_ENV: "test",
  APP_NAME_SUFFIX: "",
  TEAMS_APP_ID: guid(8),
  BOT_ID: guid(1),
  DEVELOPER_NAME: 'Larkfield "IT"',
  DEVELOPER_URL: "https://larkfield.example",
  PRIVACY_URL: "https://larkfield.example/privacy",
  TERMS_URL: "https://larkfield.example/terms",
};

/** Width, height and the colours with their opacity of a PNG as Chromium draws them: 8 bits a channel, not interlaced. */
function pngIn(bytes: Uint8Array): { width: number; height: number; pixels: number[][] } {
  const png = Buffer.from(bytes);
  assert.equal(png.subarray(1, 4).toString(), "PNG");
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  const [bits, colours, , , interlace] = png.subarray(24, 29);
  assert.deepEqual([bits, interlace], [8, 0]);
  const channels = { 2: 3, 6: 4 }[colours ?? 0];
  assert.ok(channels);
  const data: Buffer[] = [];
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at))
    if (png.toString("latin1", at + 4, at + 8) === "IDAT")
      data.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
  const rows = inflateSync(Buffer.concat(data));
  const stride = width * channels;
  const out = Buffer.alloc(stride * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < stride; x++) {
      const left = x < channels ? 0 : out[y * stride + x - channels]!;
      const up = y === 0 ? 0 : out[(y - 1) * stride + x]!;
      const corner = x < channels || y === 0 ? 0 : out[(y - 1) * stride + x - channels]!;
      const [toLeft, toUp] = [Math.abs(up - corner), Math.abs(left - corner)];
      const toCorner = Math.abs(left + up - 2 * corner);
      const paeth = toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner;
      const foretold = [0, left, up, (left + up) >> 1, paeth][rows[y * (stride + 1)]!]!;
      out[y * stride + x] = rows[y * (stride + 1) + 1 + x]! + foretold;
    }
  const pixels = Array.from({ length: width * height }, (_, n) => [
    ...out.subarray(n * channels, (n + 1) * channels),
  ]);
  return { width, height, pixels };
}

describe("the app package", () => {
  let temporary: string;
  before(() => {
    temporary = temporaryFolder();
  });
  after(() => fs.rmSync(temporary, { recursive: true, force: true }));

  const make = (values: Record<string, string>) => {
    const file = path.join(temporary, ".env.test");
    fs.writeFileSync(
      file,
      Object.entries(values)
        .map(([name, value]) => `${name}='${value}'\n`)
        .join(""),
    );
    return runScript("appPackage/make-package.ts", ["--env", file, "--to", temporary]);
  };
  const made = () => unzipSync(fs.readFileSync(path.join(temporary, "appPackage.test.zip")));

  it("is a zip of the manifest and the two icons, and Teams' own schema takes the manifest", async () => {
    const { code, stdout, stderr } = await make(complete);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /appPackage\.test\.zip\n$/);
    const files = made();
    assert.deepEqual(Object.keys(files).toSorted(), ["color.png", "manifest.json", "outline.png"]);
    const text = Buffer.from(files["manifest.json"]!).toString();
    assert.doesNotMatch(text, /\$\{\{/);
    const manifest = JSON.parse(text) as Manifest;
    assert.deepEqual(await AppManifestUtils.validateAgainstSchema(manifest as unknown as TeamsManifest), []);
    assert.deepEqual([manifest.id, manifest.bots[0]?.botId], [guid(8), guid(1)]);
    assert.equal(manifest.name.short, "Usher");
    for (const icon of ["color.png", "outline.png"])
      assert.deepEqual(Buffer.from(files[icon]!), fs.readFileSync(path.join(folder, icon)));
  });

  it("is the same, byte by byte, when nothing has changed", async () => {
    const bytes = async () => {
      await make(complete);
      return fs.readFileSync(path.join(temporary, "appPackage.test.zip"));
    };
    assert.deepEqual(await bytes(), await bytes());
  });

  it("is not made while something is empty, and says all of it; only the suffix may be", async () => {
    const { code, stderr } = await make({ ...complete, BOT_ID: "", TERMS_URL: "" });
    assert.equal(code, 1);
    assert.match(stderr, /Nothing was made: TERMS_URL, BOT_ID are empty/);
    const without = await make({ ...complete, BOT_ID: "usher" });
    assert.equal(without.code, 1);
    assert.match(without.stderr, /Teams would not take the manifest/);
  });

  it("takes a local environment's suffix into the name", async () => {
    assert.equal((await make({ ...complete, APP_NAME_SUFFIX: " (local)" })).code, 0);
    const manifest = JSON.parse(Buffer.from(made()["manifest.json"]!).toString()) as Manifest;
    assert.equal(manifest.name.short, "Usher (local)");
  });
});

describe("the manifest", () => {
  const manifest = JSON.parse(template) as Manifest;

  it("is for people, teams and group chats, with one bot, and the version of the package", () => {
    assert.deepEqual(
      manifest.bots.map(({ scopes }) => scopes),
      [["personal", "team", "groupChat"]],
    );
    const { version } = JSON.parse(fs.readFileSync(path.join(folder, "../package.json"), "utf8")) as {
      version: string;
    };
    assert.equal(manifest.version, version);
  });

  it("asks for no resource-specific consent: who is in a channel is said to every bot that is there", () =>
    assert.equal(manifest.authorization, undefined));

  it("names the identity that Teams knows the bot by", () =>
    assert.deepEqual(manifest.webApplicationInfo, {
      id: "${{BOT_ID}}",
      resource: "api://botid-${{BOT_ID}}",
    }));

  it("offers what the help card says, where it is wanted (npm run package -- --commands writes it)", () =>
    assert.deepEqual(manifest.bots[0]?.commandLists, commandLists()));

  it("offers only what Usher understands, and help everywhere", () => {
    for (const { commands: offered } of commandLists()) {
      for (const { title, description } of offered) {
        assert.ok(
          commands.some(({ pattern }) => pattern.test(title)),
          title,
        );
        assert.ok(title.length <= 32 && description.length <= 128, title);
      }
      assert.equal(new Set(offered.map(({ title }) => title)).size, offered.length);
      assert.equal(offered.at(-1)?.title, "help");
    }
    assert.deepEqual(
      commandLists()
        .flatMap(({ scopes }) => scopes)
        .toSorted(),
      ["groupChat", "personal", "team"],
    );
  });

  it("offers all that Usher understands, as far as Teams has room for it", () => {
    const offered = commandLists().flatMap((list) => list.commands.map(({ title }) => title));
    const inHelp = Object.values(helpWords)
      .flat()
      .map(([words]) => words.replace("REQ-…", "REQ-7K3M9Q").replace("rN", "r1"));
    const meant = (words: string) => commands.find(({ pattern }) => pattern.test(words));
    const unoffered = commands.filter((command) => !offered.some((title) => meant(title) === command));
    const isFull = commandLists().some((list) => list.commands.length === 12);
    if (!isFull) assert.deepEqual(unoffered, []);
    // What has no room is still on the help card.
    const onCard = inHelp.map(meant);
    assert.deepEqual(
      unoffered.filter((command) => !onCard.includes(command)).map(({ pattern }) => String(pattern)),
      [],
    );
  });

  it("has a colour icon of 192 and a white outline icon of 32 pixels on nothing", () => {
    const color = pngIn(fs.readFileSync(path.join(folder, "color.png")));
    assert.deepEqual([color.width, color.height], [192, 192]);
    assert.ok(new Set(color.pixels.map(String)).size > 3);
    const outline = pngIn(fs.readFileSync(path.join(folder, "outline.png")));
    assert.deepEqual([outline.width, outline.height], [32, 32]);
    const seen = outline.pixels.filter(([, , , opacity = 255]) => opacity > 0);
    assert.ok(seen.length > 50 && seen.length < 512);
    for (const [red, green, blue] of seen) assert.deepEqual([red, green, blue], [255, 255, 255]);
  });
});
