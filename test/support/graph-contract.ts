import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { Ajv, type ValidateFunction } from "ajv";
import type { Exchange } from "../../src/local/tenant/exchange.ts";
import { adapted, adaptedSchemas, type Json, type Slice, selectableNames } from "./graph-schemas.ts";

const file = resolve(import.meta.dirname, "../../../shared/contract/graph-v1-slice.json");

/** What Usher or its tests ask that the slice leaves out, though Graph has it. */
const outsideTheSlice = [
  /^GET \/(users|groups)\/[^/]+\/manager$/,
  /^GET \/groups$/,
  /^GET \/groups\/[^/]+\/(members|transitiveMembers)\/microsoft\.graph\.user$/,
  /^POST \/(users|directoryObjects)\/[^/]+\/(microsoft\.graph\.)?getMemberGroups$/,
];

type Body = { schema: Json | undefined; validate: ValidateFunction | undefined };
type Operation = { request: Body; response: Body };
type Contract = {
  /** Undefined: the slice has no such path, or not with this method. */
  operationOf: (method: string, path: string) => Operation | undefined;
  selectable: (schema: Json) => ReadonlySet<string> | undefined;
  error: Body;
};

/** Whether Microsoft's description of Graph lies beside this repository. */
export const hasContract = existsSync(file);

let loaded: Contract | undefined;

/**
 * What in these exchanges is not as Microsoft's description of Graph v1.0 has it: names and types of what was sent and
 * of what was answered. "absent" where the description is not at hand.
 */
export function contractProblems(exchanges: readonly Exchange[]): string[] | "absent" {
  if (!hasContract) return "absent";
  loaded ??= readContract(JSON.parse(readFileSync(file, "utf8")));
  const contract = loaded;
  return [...new Set(exchanges.flatMap(withParts).flatMap((exchange) => problemsOf(contract, exchange)))];
}

/** A batch is checked as itself and by its parts. */
function withParts(exchange: Exchange): Exchange[] {
  if (!/^\/\$batch$/i.test(exchange.path)) return [exchange];
  const { requests = [] } = (exchange.requestBody ?? {}) as { requests?: Json[] };
  const { responses = [] } = (exchange.responseBody ?? {}) as { responses?: Json[] };
  const parts = requests.map((request): Exchange => {
    const answer = responses.find(({ id }) => id === request.id);
    return {
      method: String(request.method),
      path: `/${String(request.url).replace(/^\//, "")}`,
      requestBody: request.body,
      status: Number(answer?.status ?? 0),
      responseBody: answer?.body,
    };
  });
  return [exchange, ...parts];
}

function problemsOf(contract: Contract, exchange: Exchange): string[] {
  const { method, requestBody, status, responseBody } = exchange;
  const url = new URL(exchange.path, "http://graph");
  const path = decodeURIComponent(url.pathname);
  const what = `${method} ${path}`;
  const operation = contract.operationOf(method, path);
  if (!operation) {
    const isKnown = outsideTheSlice.some((pattern) => pattern.test(what));
    return isKnown ? [] : [`${what} Graph's description has no such operation`];
  }
  const answer = status >= 400 ? contract.error : operation.response;
  const sent = isEmpty(requestBody) ? undefined : requestBody;
  return [
    ...unknownSelects(contract, operation, url).map((name) => `$select: no property ${name}`),
    ...bodyProblems(operation.request, sent).map((problem) => `sent ${problem}`),
    ...bodyProblems(answer, responseBody).map((problem) => `answered ${status} ${problem}`),
  ].map((problem) => `${what} ${problem}`);
}

function bodyProblems({ validate }: Body, value: unknown): string[] {
  if (value === undefined) return [];
  if (!validate) return ["a body where there is none"];
  if (validate(value)) return [];
  // That it is not null either says nothing beside what is wrong with it.
  const errors = (validate.errors ?? []).filter(
    ({ keyword, params }) => keyword !== "anyOf" && params.type !== "null",
  );
  return errors.map(({ instancePath, message, params }) => {
    const name = params.additionalProperty === undefined ? "" : ` (${params.additionalProperty})`;
    return `${instancePath || "/"} ${message}${name}`;
  });
}

// The Graph client sends {} with actions that take nothing.
const isEmpty = (body: unknown) =>
  typeof body === "object" && body !== null && Object.keys(body).length === 0;

function unknownSelects(contract: Contract, { response }: Operation, url: URL): string[] {
  const names = response.schema && contract.selectable(response.schema);
  const asked = url.searchParams.get("$select")?.split(",") ?? [];
  return names ? asked.map((name) => name.trim()).filter((name) => !names.has(name)) : [];
}

function readContract(slice: Slice): Contract {
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
  ajv.addSchema(adaptedSchemas(slice));
  const compiled = new Map<Json, ValidateFunction>();
  const bodyOf = (holder: Json | undefined): Body => {
    const schema = schemaOf(slice, holder);
    if (!schema) return { schema: undefined, validate: undefined };
    const validate = compiled.get(schema) ?? ajv.compile(adapted(schema));
    compiled.set(schema, validate);
    return { schema, validate };
  };
  const paths = [...Object.entries(slice.paths), ...aliased(slice)]
    .map(([path, operations]) => ({
      pattern: patternOf(path),
      parameters: path.split("{").length,
      operations,
    }))
    .toSorted((a, b) => a.parameters - b.parameters);
  return {
    operationOf(method, path) {
      // An alternate key stands for the id wherever the slice does not list it.
      const byId = path.replace(/\(\w+='[^']*'\)/, "/id");
      const found = [path, byId].flatMap((one) =>
        paths.filter(({ pattern }) => pattern.test(one)).map(({ operations }) => operations),
      );
      const operation = found.map((operations) => operations[method.toLowerCase()]).find(Boolean);
      if (!operation) return undefined;
      return {
        request: bodyOf(operation.requestBody as Json | undefined),
        response: bodyOf((operation.responses as Json | undefined)?.["2XX"] as Json | undefined),
      };
    },
    selectable: (schema) => selectableNames(slice, schema),
    error: bodyOf({ $ref: "#/components/responses/error" }),
  };
}

const aliased = (slice: Slice) =>
  Object.entries(slice["x-aliases"]).flatMap(([alias, path]) =>
    slice.paths[path] ? [[alias, slice.paths[path]] as const] : [],
  );

/** The schema of a request body or response, which may stand elsewhere. */
function schemaOf(slice: Slice, holder: Json | undefined): Json | undefined {
  if (!holder) return undefined;
  const referred = /^#\/components\/(responses|requestBodies)\/(.+)$/.exec(String(holder.$ref ?? ""));
  if (referred) return schemaOf(slice, slice.components[referred[1] as "responses"][referred[2] ?? ""]);
  return (holder.content as Record<string, { schema?: Json }> | undefined)?.["application/json"]?.schema;
}

function patternOf(path: string): RegExp {
  const source = path
    .split(/\{[^}]+\}/)
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
    .join("[^/]+");
  return new RegExp(`^${source}$`, "i");
}
