import { readFileSync } from "node:fs";
import path from "node:path";
import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import { nearest } from "../domain/nearest.ts";
import type { Finding } from "./yaml-file.ts";

/** Usher's own catalogue, wherever CATALOG_DIR points: the schema belongs to the program, not to the blueprints. */
export const ownCatalog = path.resolve(import.meta.dirname, "../../catalog");

const compiled = new Map<string, ValidateFunction>();

/** Holds a file's value against the published schema of what it is; no findings mean that it has that shape. */
export function shapeFindings(value: unknown, of: "blueprint" | "policy" = "blueprint"): Finding[] {
  const validate = compiled.get(of) ?? compile(of);
  if (value === null) return [{ path: [], reason: "the file is empty" }];
  if (validate(value)) return [];
  return (validate.errors ?? []).flatMap((error) => findingOf(error) ?? []);
}

/** The schema as it is published: editors read it too. */
export const schemaOf = (of: "blueprint" | "policy") =>
  JSON.parse(readFileSync(path.join(ownCatalog, `${of}.schema.json`), "utf8"));

function compile(of: "blueprint" | "policy"): ValidateFunction {
  const ajv = new Ajv({
    // A test holds that they are schemas; each start would take a fiftieth of a second more for it.
    validateSchema: false,
    meta: false,
    allErrors: true,
    verbose: true,
    discriminator: true,
    // "if" says only which properties decide; the branches define them.
    strictRequired: false,
    strictTypes: false,
    formats: { regex: isPattern },
  });
  const validate = ajv.compile(schemaOf(of));
  compiled.set(of, validate);
  return validate;
}

/** As the form applies it: to the whole answer, with the `u` flag. */
function isPattern(text: string): boolean {
  try {
    return new RegExp(`^(?:${text})$`, "u") instanceof RegExp;
  } catch {
    return false;
  }
}

/** Undefined for what another error of the same place says better. */
function findingOf(error: ErrorObject): Finding | undefined {
  const { keyword, params, data } = error;
  const schema = (error.parentSchema ?? {}) as Record<string, unknown>;
  const where = error.instancePath
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  const here = (reason: string): Finding => ({ path: where, reason });
  switch (keyword) {
    case "if":
    case "propertyNames":
      return undefined;
    case "additionalProperties": {
      const key = String(params.additionalProperty);
      const known = Object.keys(schema.properties ?? {});
      const meant = nearest(key, known);
      const hint = meant ? `Did you mean ${meant}?` : `Known here: ${known.join(", ")}.`;
      return { path: [...where, key], reason: `there is no key "${key}". ${hint}`, isKey: true };
    }
    case "required":
      return here(`"${params.missingProperty}" is missing`);
    case "discriminator": {
      // What is not there at all is told as missing.
      if (params.tagValue === undefined) return undefined;
      const tag = String(params.tag);
      const known = (schema.oneOf as { $ref: string }[]).map(({ $ref }) => $ref.replace(/^.*?-/, ""));
      return { path: [...where, tag], reason: oneOf(params.tagValue, known) };
    }
    case "enum":
      return here(oneOf(data, schema.enum as unknown[]));
    case "const":
      return here(`must be ${JSON.stringify(params.allowedValue)}, not ${shown(data)}`);
    case "type":
      return here(
        `must be ${[params.type].flat().map(typeName).join(" or ")}, not ${shown(data)}${quotesHint(params.type, data)}`,
      );
    case "format":
      return here(`${shown(data)} is no regular expression`);
    case "pattern": {
      const key = error.propertyName;
      const reason = `${shown(key ?? data)} does not fit. ${schema.description}`;
      return key === undefined ? here(reason) : { path: [...where, key], reason, isKey: true };
    }
    case "minItems":
    case "minProperties":
    case "minLength":
      return here("must not be empty");
    case "maxLength":
      return here(`has more than ${params.limit} characters`);
    case "minimum":
      return here(`must be ${params.limit} at least, not ${shown(data)}`);
    case "maximum":
      return here(`must be ${params.limit} at most, not ${shown(data)}`);
    default:
      return here(error.message ?? keyword);
  }
}

function oneOf(value: unknown, known: readonly unknown[]): string {
  const meant = typeof value === "string" ? nearest(value, known.map(String)) : undefined;
  return `${shown(value)} is none of ${known.join(", ")}.${meant ? ` Did you mean ${meant}?` : ""}`;
}

const typeNames: Record<string, string> = {
  string: "a text",
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
  array: "a list",
  object: "a group of keys",
};
const typeName = (type: string) => typeNames[type] ?? type;

function shown(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a group of keys";
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

const quotesHint = (type: unknown, data: unknown) =>
  type === "string" && (typeof data === "number" || typeof data === "boolean") ? ": put it in quotes" : "";
