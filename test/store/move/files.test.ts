import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import { sql } from "kysely";
import { auditKeys } from "../../../src/domain/audit.ts";
import type { SecretKeys } from "../../../src/domain/secret-link.ts";
import { auditTable } from "../../../src/store/audit.ts";
import { lineChain } from "../../../src/store/move/file-lines.ts";
import { importRows } from "../../../src/store/move/import-rows.ts";
import { checkExport } from "../../../src/store/move/read-export.ts";
import { writeExport } from "../../../src/store/move/write-export.ts";
import type { Schema } from "../../../src/store/schema.ts";
import { onDisk, type TestCarrier, temporaryFolder, usherOnDisk } from "../../support/carriers.ts";
import { fill, whole } from "../../support/moving.ts";

describe("a file that is moved", () => {
  const folder = temporaryFolder();
  const file = (name: string) => `${folder}/${name}`;
  const now = new Date("2027-01-02T03:04:05.678Z");
  const keys: SecretKeys = [randomBytes(32)];
  let source: TestCarrier<Schema>;
  let lines: string[];
  before(async () => {
    source = await onDisk<Schema>();
    await fill(source);
    await writeExport(source, keys, file("whole"), now);
    lines = fs.readFileSync(file("whole"), "utf8").split("\n");
  });
  after(async () => {
    await source.close();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  const refusal = async (text: string | Buffer, given: SecretKeys = keys) => {
    fs.writeFileSync(file("changed"), text);
    return checkExport(file("changed"), given).then(
      () => "taken",
      (error: Error) => error.message,
    );
  };
  const without = (at: number) => lines.toSpliced(at, 1).join("\n");

  it("is for its owner's eyes, has its name only when it is whole, and is never written over", async () => {
    assert.equal(fs.statSync(file("whole")).mode & 0o777, 0o600);
    assert.deepEqual(
      fs.readdirSync(folder).filter((name) => name.includes("unfinished")),
      [],
    );
    await assert.rejects(writeExport(source, keys, file("whole"), now), /There is a file .* written over/);
    fs.writeFileSync(file("new.unfinished"), "");
    await assert.rejects(writeExport(source, keys, file("new"), now), /another export writes it/);
    assert.equal(fs.readFileSync(file("new.unfinished"), "utf8"), "");
  });

  it("is refused by the line that is wrong", async () => {
    assert.equal(await refusal(lines.join("\n")), "taken");
    assert.match(
      await refusal(lines.join("\n").replace("Line three", "line three")),
      /^Line 4 does not follow/,
    );
    assert.match(await refusal(without(2)), /^Line 3 does not follow/);
    assert.match(await refusal(without(lines.length - 2)), /^The file was cut off: it ends after line 6/);
    assert.match(await refusal(lines.join("\n").slice(0, -1)), /in the middle of its last line/);
    assert.match(await refusal(lines.join("\n").slice(0, 900)), /cut off/);
    assert.match(await refusal(`${lines.join("\n")}\n`), /^Line 8 comes after the last one/);
    assert.match(
      await refusal(lines.join("\n").replace('"madeAt":"2027', '"madeAt":"2028')),
      /^Line 1 was changed/,
    );
    assert.match(
      await refusal(lines.join("\n").replace('{"rows":5', '{"rows":4')),
      /counts 4 rows, and 5 are/,
    );
    assert.match(await refusal(""), /empty/);
    assert.match(await refusal("what is this\n"), /Line 1 is not the beginning/);
    assert.match(
      await refusal('{"format":"usher export","version":2,"usher":"9.9.9"}\n'),
      /with Usher 9\.9\.9/,
    );
  });

  it("is refused with another SECRET_KEY, before anything is written", async () => {
    const other = randomBytes(32);
    assert.match(await refusal(lines.join("\n"), [other]), /SECRET_KEY is another/);
    assert.equal(await refusal(lines.join("\n"), [other, keys[0]]), "taken");
    assert.doesNotMatch(lines.join("\n"), new RegExp(keys[0].toString("hex")));
    assert.doesNotMatch(
      lines.join("\n"),
      new RegExp(keys[0].toString("base64").slice(0, 20).replace("+", "\\+")),
    );
  });

  it("is refused when somebody without the key has edited it and hashed it anew", async () => {
    const chain = lineChain();
    const edited = lines
      .slice(0, -2)
      .map((line) =>
        chain.write(`${line.replace(/,"check":"[0-9a-f]{16}"\}$/, "}").replace("Line two", "Mine")}`),
      );
    const text = [...edited, `${chain.last([randomBytes(32)])}\n`].join("");
    assert.match(await refusal(text), /^Line 7, the last one, does not fit .* does not have SECRET_KEY/);
    // What only hashes it anew by the right key is an export like any other.
    assert.equal(await refusal([...edited, `${chain.last(keys)}\n`].join("")), "taken");
  });

  it("is refused or equal after any of 200 random changes", async () => {
    const bytes = fs.readFileSync(file("whole"));
    const any = (below: number) => Math.floor(Math.random() * below);
    for (let round = 0; round < 200; round++) {
      const at = any(bytes.length);
      const changed = [
        () => Buffer.concat([bytes.subarray(0, at), Buffer.from([any(256)]), bytes.subarray(at + 1)]),
        () => Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + any(300))]),
        () => Buffer.concat([bytes.subarray(0, at), Buffer.from([any(256)]), bytes.subarray(at)]),
        () => bytes.subarray(0, at),
        () => Buffer.concat([bytes.subarray(0, at), bytes.subarray(any(bytes.length))]),
      ][round % 5]!();
      if (!changed.equals(bytes)) assert.notEqual(await refusal(changed), "taken", `at ${at}`);
    }
  });

  it("keeps every kind of value as it was", async () => {
    const target = await usherOnDisk();
    for (const { db } of [source, target]) {
      await sql`alter table settings add column bytes bytea, add column amount numeric, add column doc jsonb,
        add column moment timestamptz, add column real float8, add column counted bigint generated always as identity`.execute(
        db,
      );
    }
    await sql`insert into settings (name, value, bytes, amount, doc, moment, real) values
      ('a', ${'"\\ü\u{1f600}\n\t\u2028'}, '\\x00ff0a', 1.500, 'null', '2026-03-29 01:30:00.123456+02', 0.1),
      ('b', '', null, 9007199254740993.10, '{"n": 1.10, "big": 12345678901234567890}', 'infinity', 'NaN'),
      ('C', 'x', '', null, null, null, 1e-300)`.execute(source.db);
    await writeExport(source, keys, file("values"), now);
    assert.equal(await importRows(target, keys, file("values")), 8);
    assert.deepEqual(await whole(target), await whole(source));
    await sql`insert into settings (name, value) values ('next', '')`.execute(target.db);
    const { rows } = await sql`select counted from settings where name = 'next'`.execute(target.db);
    assert.deepEqual(rows, [{ counted: 9 }]);
    await target.close();
  });

  it("is not made with a SECRET_KEY that the audit was not written with", async () => {
    const other: SecretKeys = [randomBytes(32)];
    const audited = {
      at: now,
      who: "usher",
      what: "need.asked",
      surface: "system",
      subject: "REQ-7K3M9Q",
      outcome: "asked 1",
    } as const;
    for (let n = 0; n < 2; n++) await auditTable(source.db, auditKeys(keys)[0], () => {}).append(audited);
    await assert.rejects(
      writeExport(source, other, file("other"), now),
      /SECRET_KEY is not the one that this Usher runs/,
    );
    assert.equal(fs.existsSync(file("other")), false);
    await writeExport(source, [...other, ...keys], file("rotated"), now);
  });
});
