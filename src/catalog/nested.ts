import type { Path } from "./yaml-file.ts";

/** Everything in a value, with its path, the value itself first. */
export function* nested(value: unknown, path: Path = []): Generator<[path: Path, value: unknown]> {
  yield [path, value];
  if (Array.isArray(value)) {
    for (const [at, inner] of value.entries()) yield* nested(inner, [...path, at]);
  } else if (typeof value === "object" && value !== null) {
    for (const [key, inner] of Object.entries(value)) yield* nested(inner, [...path, key]);
  }
}
