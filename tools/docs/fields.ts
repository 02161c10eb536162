import { z } from "zod";

/** The fields of a schema in a few words: names, `?` behind those that may be missing; `one of`, where it has several forms. */
export function fieldsOf(schema: z.ZodType, io: "input" | "output"): string {
  return described(z.toJSONSchema(schema, { io, unrepresentable: "any" }) as JsonSchema); // its type allows more than it makes
}

interface JsonSchema {
  readonly type?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly oneOf?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
  readonly const?: unknown;
}

function described(schema: JsonSchema): string {
  const forms = schema.oneOf ?? schema.anyOf;
  if (forms) return [...new Set(forms.map(described))].join(" *or* ");
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.items) return `list of ${described(schema.items)}`;
  if (!schema.properties) return typeof schema.type === "string" ? schema.type : "JSON";
  const names = Object.entries(schema.properties).map(([name, field]) => named(name, field, schema.required?.includes(name)));
  return names.length === 0 ? "{}" : names.join(", ");
}

function named(name: string, { const: only }: JsonSchema, isRequired = false): string {
  const said = `\`${name}\`${isRequired ? "" : "?"}`;
  return only === undefined ? said : `${said} = ${JSON.stringify(only)}`;
}
