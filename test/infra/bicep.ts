/** A literal as the file has it: an expression stays text. */
export type Value = string | Value[] | { [key: string]: Value };
type Fields = { [key: string]: Value };

export type Declaration = {
  keyword: "param" | "var" | "resource" | "module" | "output";
  name: string;
  /** The type of a parameter or output, of a resource with its version, or the path of a module. */
  type: string;
  /** What follows the equals sign; undefined for a parameter without a default. */
  value: Value | undefined;
  isExisting: boolean;
  decorators: string[];
};

const opening: Record<string, string> = { "{": "}", "[": "]", "(": ")" };

/**
 * Reads the part of Bicep that these files use: declarations, objects, lists, and expressions as text.
 *
 * @throws with the line where something does not end, begins wrongly, or follows without a new line
 */
export function readBicep(text: string): Declaration[] {
  let at = 0;
  const fail = (what: string): never => {
    throw new Error(`line ${text.slice(0, at).split("\n").length}: ${what}`);
  };
  const match = (pattern: RegExp): RegExpExecArray | null => {
    const sticky = new RegExp(pattern.source, "y");
    sticky.lastIndex = at;
    const found = sticky.exec(text);
    if (found) at = sticky.lastIndex;
    return found;
  };
  const expect = (pattern: RegExp, what: string) => match(pattern) ?? fail(`expected ${what}`);
  const skipSpace = () => void match(/(?:\s|\/\/[^\n]*)*/);
  const skipInline = () => void match(/[ \t]*/);
  const endOfLine = () => expect(/[ \t]*(?:\/\/[^\n]*)?(?:\n|$)/, "the end of the line");

  /** A string with whatever stands in its `${…}`; the place is behind its end afterwards. */
  function skipString(): void {
    for (at++; text[at] !== "'"; at++) {
      if (at >= text.length || text[at] === "\n") fail("a text does not end");
      if (text[at] === "\\") at++;
      else if (text.startsWith("${", at)) {
        at++;
        skipGroup();
        at--;
      }
    }
    at++;
  }

  function skipGroup(): void {
    const close = opening[text[at] ?? ""] ?? fail("expected a bracket");
    at++;
    while (text[at] !== close) {
      if (at >= text.length) fail(`${close} is missing`);
      if (text.startsWith("//", at)) match(/[^\n]*/);
      else skipOne();
    }
    at++;
  }

  function skipOne(): void {
    const here = text[at] ?? "";
    if (here === "'") skipString();
    else if (here in opening) skipGroup();
    else if (Object.values(opening).includes(here)) fail(`${here} closes nothing`);
    else at++;
  }

  function value(): Value {
    skipInline();
    const begin = at;
    if (text[at] === "{") return object();
    if (text[at] === "[") return list();
    while (at < text.length && !/[\n\]})]/.test(text[at] ?? "") && !text.startsWith("//", at)) skipOne();
    return text.slice(begin, at).trim() || fail("expected a value");
  }

  function object(): Fields {
    const fields: Fields = {};
    expect(/\{/, "{");
    for (skipSpace(); !match(/\}/); skipSpace()) {
      const [, key = ""] = expect(/([A-Za-z_]\w*)[ \t]*:/, "a name and a colon");
      if (key in fields) fail(`${key} stands twice`);
      fields[key] = value();
      endOfLine();
    }
    return fields;
  }

  function list(): Value[] {
    const items: Value[] = [];
    expect(/\[/, "[");
    for (skipSpace(); !match(/\]/); skipSpace()) {
      items.push(value());
      endOfLine();
    }
    return items;
  }

  const declarations: Declaration[] = [];
  let decorators: string[] = [];
  for (skipSpace(); at < text.length; skipSpace()) {
    const begin = at;
    if (match(/@\w+(?=\()/)) {
      skipGroup();
      decorators.push(text.slice(begin, at));
      continue;
    }
    const [, keyword = "", name = ""] = expect(
      /(param|var|resource|module|output) +([A-Za-z_]\w*)/,
      "a declaration",
    );
    const quoted = keyword === "resource" || keyword === "module";
    const type = keyword === "var" ? "" : (expect(quoted ? / +'([^'\n]+)'/ : / +(\w+)/, "a type")[1] ?? "");
    const isExisting = match(/ +existing\b/) !== null;
    const hasValue = match(/ *= */) !== null;
    if (!hasValue && keyword !== "param") fail(`${name} has no value`);
    if (match(/if (?=\()/)) {
      skipGroup();
      skipInline();
    }
    declarations.push({
      keyword: keyword as Declaration["keyword"],
      name,
      type,
      value: hasValue ? value() : undefined,
      isExisting,
      decorators,
    });
    decorators = [];
    endOfLine();
  }
  return declarations;
}
