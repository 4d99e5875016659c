import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
} from "yaml";

/** A blueprint has some kilobytes. */
const largestFile = 1_000_000;

export type Path = readonly (string | number)[];

/** What is wrong, and where in the file's value; with `isKey` the key itself is meant, not what stands under it. */
export type Finding = { path: Path; reason: string; isKey?: true };

export type YamlFile = {
  name: string;
  value: unknown;
  /** Why there is no value: the file cannot be read, or is no YAML. */
  broken: string[];
  /** A finding in words: `rewst.yaml:12:5 grant.1.application.0: …`. */
  say(finding: Finding): string;
};

/** The folder is read anew when one of its files changes. */
const known = new Map<string, { text: string; read: YamlFile }>();
const mostKnown = 500;

/** Never throws: what keeps a file from being read is told like everything else that is wrong with it. */
export function readYaml(file: string): YamlFile {
  const name = path.basename(file);
  let text: string;
  try {
    const stats = statSync(file);
    // Opening a pipe waits for somebody who writes into it.
    if (!stats.isFile()) throw new Error("it is no regular file");
    if (stats.size > largestFile) throw new Error("it is larger than 1 MB");
    text = readFileSync(file, "utf8");
  } catch (error) {
    const reason = `${name}: it cannot be read: ${(error as Error).message}`;
    return { name, value: undefined, broken: [reason], say: ({ reason }) => `${name}: ${reason}` };
  }
  const before = known.get(file);
  const read = before?.text === text ? before.read : readText(name, text);
  if (known.size >= mostKnown) known.clear();
  known.set(file, { text, read });
  // Whoever has it may change it.
  return { ...read, value: structuredClone(read.value) };
}

function readText(name: string, text: string): YamlFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { prettyErrors: false, lineCounter: lines });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${name}:${Math.max(line, 1)}:${Math.max(col, 1)}`;
  };
  const say = ({ path: where, reason, isKey }: Finding) => {
    const place = at(offsetOf(document, where, isKey === true));
    return where.length > 0 ? `${place} ${where.join(".")}: ${reason}` : `${place}: ${reason}`;
  };
  const twice = document.errors.filter(({ code }) => code === "DUPLICATE_KEY");
  // One mistake of syntax makes many that follow from it.
  const syntax = document.errors.filter(({ code }) => code !== "DUPLICATE_KEY").slice(0, 1);
  const broken = [
    ...syntax.map(({ pos, message }) => `${at(pos[0])}: it is no YAML here: ${message}`),
    ...twice.map(({ pos }) => `${at(pos[0])}: the key "${wordAt(text, pos[0])}" stands twice`),
  ];
  if (broken.length > 0) return { name, value: undefined, broken, say };
  try {
    return { name, value: document.toJS(), broken, say };
  } catch (error) {
    return { name, value: undefined, broken: [`${at(0)}: it is no YAML: ${(error as Error).message}`], say };
  }
}

const wordAt = (text: string, offset: number) =>
  /^["']?([^"':\s]*)/.exec(text.slice(offset, offset + 80))?.[1] ?? "";

/** Where a value (or its key) begins; what is not there is looked for in what would hold it. */
function offsetOf(document: Document, where: Path, isKey: boolean): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const [depth, step] of where.entries()) {
    if (isAlias(node)) node = node.resolve(document);
    let inner: unknown;
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => String(isScalar(key) ? key.value : key) === String(step));
      if (!isPair(pair)) return offset;
      const wantsKey = isKey && depth === where.length - 1;
      offset = startOf(pair.key) ?? offset;
      if (wantsKey) return offset;
      inner = pair.value;
    } else if (isSeq(node)) inner = node.items[Number(step)];
    offset = startOf(inner) ?? offset;
    node = inner;
  }
  return offset;
}

const startOf = (node: unknown) => (isNode(node) ? node.range?.[0] : undefined);
