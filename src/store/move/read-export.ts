import { createReadStream } from "node:fs";
import type { SecretKeys } from "../../domain/secret-link.ts";
import { CannotDo } from "../asked-for.ts";
import { migrations } from "../migrations.ts";
import { fileFormat, fileVersion, type Header, keyChecks, lineChain, type Row } from "./file-lines.ts";
import { movedTables } from "./tables.ts";

/** A plan has a few thousand characters; more in one line was never written. */
const longestLine = 64 * 1024 * 1024;

export type ReadRow = { table: string; row: Row };

/** Reads the whole file and keeps nothing of it. @throws CannotDo with the line that is wrong, and how */
export async function checkExport(file: string, keys: SecretKeys): Promise<Header> {
  let header: Header | undefined;
  for await (const _ of readExport(file, keys, (first) => {
    header = first;
  }));
  return header as Header;
}

/** The rows of a file, each once it is known to be as it was written. */
export async function* readExport(
  file: string,
  keys: SecretKeys,
  onHeader: (header: Header) => void = () => {},
): AsyncGenerator<ReadRow> {
  const chain = lineChain();
  let at = 0;
  let header: Header | undefined;
  let isOver = false;
  for await (const line of linesOf(file)) {
    at++;
    if (isOver) throw new CannotDo(`Line ${at} comes after the last one: the file was added to.`);
    if (!header) {
      header = headerIn(line, chain.fits(line), keys);
      onHeader(header);
    } else if (line.subarray(0, 8).toString() === '{"rows":') {
      checkLast(line, at, chain.last(keysOf(header, keys)));
      isOver = true;
    } else {
      if (!chain.fits(line))
        throw new CannotDo(
          `Line ${at} does not follow from the one before it: it was changed, or lines before it were taken out or added.`,
        );
      yield JSON.parse(line.toString()) as ReadRow;
    }
  }
  if (!header) throw new CannotDo("The file is empty.");
  if (!isOver) throw new CannotDo(`The file was cut off: it ends after line ${at}, without its last line.`);
}

function checkLast(line: Buffer, at: number, expected: string): void {
  const text = line.toString();
  if (text === expected) return;
  const rows = /^\{"rows":(\d+),/.exec(text)?.[1];
  throw new CannotDo(
    rows !== undefined && rows !== /\d+/.exec(expected)?.[0]
      ? `Line ${at}, the last one, counts ${rows} rows, and ${/\d+/.exec(expected)?.[0]} are there.`
      : `Line ${at}, the last one, does not fit the lines before it: the file was changed by somebody who does not have SECRET_KEY.`,
  );
}

function headerIn(line: Buffer, fits: boolean, keys: SecretKeys): Header {
  const header = parsed(line);
  if (header?.format !== fileFormat)
    throw new CannotDo("Line 1 is not the beginning of an export of Usher's.");
  if (header.version !== fileVersion)
    throw new CannotDo(
      `The export has the format ${header.version}, and this Usher reads ${fileVersion}. Import it with Usher ${header.usher}, which wrote it.`,
    );
  if (!fits) throw new CannotDo("Line 1 was changed after it was written.");
  checkMigrations(header);
  checkKeys(header, keys);
  const unknown = Object.keys(header.tables).find((name) => !movedTables.includes(name as never));
  if (unknown) throw new CannotDo(`The export has a table ${unknown}, which this Usher does not know.`);
  return header;
}

function parsed(line: Buffer): Header | undefined {
  try {
    return JSON.parse(line.toString()) as Header;
  } catch {
    return undefined;
  }
}

function checkMigrations({ usher, migrations: made }: Header): void {
  const here = Object.keys(migrations);
  if (made.join() === here.join()) return;
  const isOlder = made.every((name, at) => name === here[at]);
  throw new CannotDo(
    isOlder
      ? `The export is of an older Usher (${usher}), whose tables were otherwise. Import it with that one, and start this one on that database: it brings the tables up to date.`
      : `The export is of another Usher (${usher}), and this one does not know its tables. Import it with Usher ${usher}.`,
  );
}

/** Each of the other side's keys is here, in the same order: the first of them wrote the newest lines of the audit. */
function checkKeys(header: Header, keys: SecretKeys): void {
  const here = keyChecks(keys);
  const missing = header.keys.filter((check) => !here.includes(check)).length;
  if (missing > 0)
    throw new CannotDo(
      header.keys.length === 1
        ? "SECRET_KEY is another than where the export was made: the secrets in it would not open. Set the same one here."
        : `SECRET_KEY lacks ${missing} of the ${header.keys.length} keys that were set where the export was made: what is sealed with them would not open. Set all of them here.`,
    );
  if (here.filter((check) => header.keys.includes(check)).join() !== header.keys.join())
    throw new CannotDo(
      "SECRET_KEY has the keys in another order than where the export was made: the audit would count as forged. Set them in the same order here.",
    );
}

/** Those that it was written with, which here may stand behind newer ones. */
function keysOf(header: Header, keys: SecretKeys): SecretKeys {
  const at = keyChecks(keys).indexOf(header.keys[0] as string);
  return [keys[at] as Buffer];
}

/** The lines without their ends. The last one needs an end too. */
async function* linesOf(file: string): AsyncGenerator<Buffer> {
  let pieces: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
      let from = 0;
      for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
        yield Buffer.concat([...pieces, chunk.subarray(from, end)]);
        pieces = [];
        length = 0;
        from = end + 1;
      }
      if (from < chunk.length) {
        pieces.push(chunk.subarray(from));
        length += chunk.length - from;
      }
      if (length > longestLine)
        throw new CannotDo("The file has a line that is longer than any that Usher writes.");
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new CannotDo(
      code === "ENOENT" ? `There is no file ${file}.` : `The file cannot be read (${message}).`,
    );
  }
  if (length > 0) throw new CannotDo("The file was cut off in the middle of its last line.");
}
