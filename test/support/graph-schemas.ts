export type Json = Record<string, unknown>;

/** The parts of the OpenAPI description that the checks read. */
export type Slice = {
  paths: Record<string, Record<string, Json>>;
  components: Record<"schemas" | "responses" | "requestBodies", Record<string, Json>>;
  "x-aliases": Record<string, string>;
};

const prefix = "#/components/schemas/";
const directoryObject = "microsoft.graph.directoryObject";

/** What a list of directory objects can hold, told apart by `@odata.type`. */
const kindsOfObject = ["user", "group", "servicePrincipal", "application"];

/** The name under which ajv keeps all schemas. */
const schemasId = "graph";

/** All schemas of the description as ajv can use them; references in other adapted schemas lead to them. */
export function adaptedSchemas(slice: Slice): Json {
  const schemas = Object.fromEntries(
    Object.entries(slice.components.schemas).map(([name, schema]) => [
      name,
      adapted(withInherited(slice, schema)),
    ]),
  );
  // Only an object that says its type may have more than every directory object has.
  schemas[directoryObject] = kindsOfObject.reduce<Json>((otherwise, kind) => {
    const type = `microsoft.graph.${kind}`;
    return {
      if: { properties: { "@odata.type": { const: `#${type}` } }, required: ["@odata.type"] },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: { $ref: `${schemasId}${prefix}${type}` },
      else: otherwise,
    };
  }, schemas[directoryObject]!);
  return { $id: schemasId, components: { schemas } };
}

/** Inheritance written out, so that names that are not listed can be refused. */
function withInherited(slice: Slice, schema: Json): Json {
  const parents = (schema.allOf as Json[] | undefined) ?? [];
  const all = parents.map((parent) => withInherited(slice, referred(slice, parent)));
  if (all.length === 0) return schema;
  return { type: "object", properties: Object.assign({}, ...all.map(({ properties }) => properties)) };
}

const referred = (slice: Slice, schema: Json): Json =>
  typeof schema.$ref === "string"
    ? (slice.components.schemas[schema.$ref.slice(prefix.length)] ?? {})
    : schema;

/** One schema without OpenAPI's peculiarities: `nullable` becomes a type, and unknown names are refused. */
export function adapted(schema: Json): Json {
  const { nullable, additionalProperties, properties, items, ...rest } = schema;
  if (typeof schema.$ref === "string") return { $ref: `${schemasId}${schema.$ref}` };
  const named = Object.entries((properties as Record<string, Json> | undefined) ?? {});
  // Everywhere the description says "any object more"; only where it says something else does it mean it.
  const more =
    JSON.stringify(additionalProperties) === '{"type":"object"}' ? undefined : additionalProperties;
  return {
    ...rest,
    ...(nullable === true && typeof rest.type === "string" && { type: [rest.type, "null"] }),
    ...(nullable === true && Array.isArray(rest.enum) && { enum: [...rest.enum, null] }),
    ...(items !== undefined && { items: adapted(items as Json) }),
    ...(more !== undefined && { additionalProperties: adapted(more as Json) }),
    ...(named.length > 0 && {
      properties: Object.fromEntries(named.map(([name, property]) => [name, orNull(property)])),
      // Annotations and bindings, such as @odata.type and owners@odata.bind.
      patternProperties: { "@odata\\.": {} },
      ...(more === undefined && { additionalProperties: false }),
    }),
  };
}

// The description cannot say of a reference that it may be null.
const orNull = (property: Json): Json =>
  property.$ref === undefined ? adapted(property) : { anyOf: [adapted(property), { type: "null" }] };

/** The properties that a `$select` may name where this schema is answered; undefined where they cannot be known. */
export function selectableNames(slice: Slice, schema: Json): ReadonlySet<string> | undefined {
  if (schema.$ref === `${prefix}${directoryObject}`) return undefined;
  const { properties = {} } = withInherited(slice, referred(slice, schema)) as {
    properties?: Record<string, Json>;
  };
  const items = properties.value?.items as Json | undefined;
  return items ? selectableNames(slice, items) : new Set(Object.keys(properties));
}
