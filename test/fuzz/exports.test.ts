import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import fc from "fast-check";
import type { SecretKeys } from "../../src/domain/secret-link.ts";
import { CannotDo } from "../../src/store/asked-for.ts";
import { importRows } from "../../src/store/move/import-rows.ts";
import { writeExport } from "../../src/store/move/write-export.ts";
import type { Schema } from "../../src/store/schema.ts";
import { onDisk, type TestCarrier, temporaryFolder, usherOnDisk } from "../support/carriers.ts";
import { fill, whole } from "../support/moving.ts";
import { share } from "./size.ts";

/** What becomes of a file on its way, or in the hands of somebody who does not have SECRET_KEY. */
const change = fc.record({
  what: fc.constantFrom("drop", "double", "swap", "cut", "byte", "number", "key", "odd", "end"),
  at: fc.nat(),
  how: fc.nat(),
});
type Change = { what: string; at: number; how: number };

const odd = [
  "",
  "null",
  "[]",
  "{}",
  '{"rows":0,"proof":""}',
  '{"table":"settings","row":null}',
  "\u0000",
  "\ud800",
];

function changed(whole: Buffer, changes: readonly Change[]): Buffer {
  return changes.reduce((file, { what, at, how }) => {
    if (what === "cut") return file.subarray(0, at % (file.length + 1));
    if (what === "byte") {
      const copy = Buffer.from(file);
      if (copy.length > 0) copy[at % copy.length] = how % 256;
      return copy;
    }
    const lines = file.toString("latin1").split("\n");
    const i = at % lines.length;
    const line = lines[i] ?? "";
    if (what === "drop") lines.splice(i, 1);
    else if (what === "double") lines.splice(i, 0, line);
    else if (what === "swap") lines.splice(i, 2, lines[i + 1] ?? "", line);
    else if (what === "number") lines[i] = line.replace(/\d+/, String(how));
    else if (what === "key") lines[i] = line.replace(/"(\w)(\w*)":/, '"$2$1":');
    else if (what === "odd") lines[i] = odd[how % odd.length] ?? "";
    else lines.push(odd[how % odd.length] ?? "");
    return Buffer.from(lines.join("\n"), "latin1");
  }, whole);
}

/** What an admin may have at hand when they restore a backup. */
describe("a file to be imported", function () {
  this.timeout(3_600_000);
  const folder = temporaryFolder();
  const keys: SecretKeys = [randomBytes(32)];
  let target: TestCarrier<Schema>;
  let file: Buffer;
  let empty: Awaited<ReturnType<typeof whole>>;
  before(async () => {
    const source = await onDisk<Schema>();
    await fill(source);
    await writeExport(source, keys, `${folder}/whole`, new Date());
    await source.close();
    file = fs.readFileSync(`${folder}/whole`);
    target = await usherOnDisk();
    empty = await whole(target);
  });
  after(async () => {
    await target.close();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  it("is refused in a sentence, and nothing of it stays, however it was changed", () =>
    fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        const text = changed(file, changes);
        fc.pre(!text.equals(file));
        fs.writeFileSync(`${folder}/changed`, text);
        const error = await importRows(target, keys, `${folder}/changed`).then(
          () => undefined,
          (caught: unknown) => caught,
        );
        assert.ok(error instanceof CannotDo, `${text.toString().slice(0, 2_000)}\n${String(error)}`);
        assert.match(error.message, /\.$/);
        assert.deepEqual(await whole(target), empty);
      }),
      share(0.02),
    ));

  it("is taken as it was written", async () => {
    const fresh = await onDisk<Schema>();
    assert.equal(await importRows(fresh, keys, `${folder}/whole`), 5);
    await fresh.close();
  });
});
