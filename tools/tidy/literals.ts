import { dottedName, isNode } from "./source.ts";

/** The fields of an object literal whose values are literals (texts may be joined with `+`); other values undefined. */
export function literalFields(node: unknown): Readonly<Record<string, unknown>> {
  const fields: Record<string, unknown> = {};
  if (!isNode(node) || node.type !== "ObjectExpression" || !Array.isArray(node["properties"])) return fields;
  for (const property of node["properties"].filter(isNode)) {
    const name = dottedName(property["key"]);
    if (name !== undefined) fields[name] = literalOf(property["value"]);
  }
  return fields;
}

function literalOf(node: unknown): unknown {
  if (!isNode(node)) return undefined;
  if (node.type === "Literal") return node["value"];
  if (node.type !== "BinaryExpression" || node["operator"] !== "+") return undefined;
  const [left, right] = [literalOf(node["left"]), literalOf(node["right"])];
  return typeof left === "string" && typeof right === "string" ? left + right : undefined;
}
