import assert from "node:assert/strict";
import { Console } from "node:console";
import { Writable } from "node:stream";
import { format, inspect } from "node:util";
import { SecretText } from "../../src/domain/secret-text.ts";

const canary = "canary~8Q.value";
const secret = new SecretText(canary);

function printedByConsole(value: unknown): string {
  let printed = "";
  const sink = new Writable({
    write(chunk, _encoding, done) {
      printed += chunk;
      done();
    },
  });
  new Console(sink).dir(value, { showHidden: true, depth: null });
  return printed;
}

describe("a secret", () => {
  it("is given to whoever reveals it", () => assert.equal(secret.reveal(), canary));

  const printed: Record<string, () => string> = {
    "a template": () => `${secret}`,
    "a sum of strings": () => `${"is "}${secret as unknown as string}`.concat(secret as unknown as string),
    String: () => String(secret),
    join: () => [secret].join(),
    JSON: () => JSON.stringify({ secret, list: [secret] }),
    "indented JSON": () => JSON.stringify(secret, null, 2),
    inspect: () => inspect(secret),
    "inspect of what holds it": () => inspect({ deep: { in: [new Map([["k", secret]])] } }, { depth: null }),
    "inspect that shows what is hidden": () => inspect(secret, { showHidden: true, depth: null }),
    "the format of a log line": () => format("%s %o %O %j %d", secret, secret, secret, secret, secret),
    "an error's message": () => inspect(new Error(`refused: ${secret}`)),
    "an error's cause": () => inspect(new Error("refused", { cause: secret }), { depth: null }),
    "an error's own field": () => inspect(Object.assign(new Error("refused"), { secret })),
  };
  for (const [where, print] of Object.entries(printed))
    it(`prints as [secret] in ${where}`, () => {
      const text = print();
      assert.ok(!text.includes(canary), text);
      assert.match(text, /\[secret\]/);
    });

  const silent: Record<string, () => unknown> = {
    "inspection that goes past its own words": () =>
      inspect(secret, { customInspect: false, showHidden: true }),
    "what a console prints of an object, which asks nothing how it prints": () =>
      printedByConsole({ secret }),
    "its keys": () => Reflect.ownKeys(secret),
    "its entries": () => Object.entries(secret),
    "a copy": () => JSON.stringify({ ...secret }),
    "a structured clone": () => inspect(structuredClone({ secret }), { showHidden: true, depth: null }),
    "a message to a worker": () => inspect(structuredClone(secret), { showHidden: true }),
  };
  for (const [where, print] of Object.entries(silent))
    it(`is not in ${where}`, () => assert.ok(!String(print()).includes(canary)));

  it("is not in the message of a failed comparison", () =>
    assert.throws(
      () => assert.deepEqual({ secret }, { secret: "other" }),
      (error: Error) => !error.message.includes(canary),
    ));
});
