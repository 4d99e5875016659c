/**
 * A secret value that prints as `[secret]` wherever it slips: string templates, JSON, inspection, errors.
 * `reveal()` is called in three places only: where it is sealed, where it is verified, and on the page.
 */
export class SecretText {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return "[secret]";
  }

  toJSON(): string {
    return "[secret]";
  }

  // The name that node:util looks for; written out because the domain imports no package for it.
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return "[secret]";
  }
}
