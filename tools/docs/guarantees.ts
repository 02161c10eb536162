import { posix } from "node:path";
import { literalFields } from "../tidy/literals.ts";
import { isTest } from "../tidy/place.ts";
import type { Tree } from "../tidy/rule.ts";
import { dottedName, isNode, nodesOf, type Source, type SyntaxNode } from "../tidy/source.ts";
import { table, type GeneratedDocument } from "./document.ts";

/**
 * docs/guarantees.md: what each engine of each port promises. A port is a folder with an interface `Capabilities`; its
 * engines are the literals of it below that folder: `capabilities: { … }`, or a constant of that type.
 */
export const guaranteesDocument: GeneratedDocument = {
  path: "docs/guarantees.md",
  render(tree) {
    const sections = tree.sources.flatMap((source) => {
      const fields = capabilityFields(source);
      return fields.length === 0 ? [] : [section(posix.dirname(source.path), fields, tree)];
    });
    return `# Guarantees by engine

What an engine cannot promise it says in its capabilities; the conformance suite of its port holds it to the rest.

Made by \`npm run docs\` from the engines.

${sections.join("\n\n")}
`;
  },
};

interface Field {
  readonly name: string;
  readonly means: string;
}

function section(port: string, fields: readonly Field[], tree: Tree): string {
  const engines = tree.sources
    .filter(({ path }) => path.startsWith(`${port}/`) && !isTest(path))
    .flatMap((source) => capabilitiesIn(source).map((node) => literalFields(node)))
    .toSorted((a, b) => (String(a["engine"]) < String(b["engine"]) ? -1 : 1));
  const head = ["", ...engines.map((engine) => String(engine["engine"]))];
  const rows = fields
    .filter(({ name }) => name !== "engine")
    .map(({ name, means }) => [`${means} (\`${name}\`)`, ...engines.map((engine) => said(engine[name]))]);
  return `## ${port.replace(/^platform\//, "")}\n\n${table(head, rows)}`;
}

function said(value: unknown): string {
  if (typeof value === "boolean") return value ? "yes" : "no";
  return typeof value === "number" || typeof value === "string" ? String(value) : "as configured";
}

/** The fields of the file's interface `Capabilities`, with the comment above each. */
function capabilityFields(source: Source): readonly Field[] {
  for (const { node } of nodesOf(source.program)) {
    if (node.type !== "TSInterfaceDeclaration" || dottedName(node["id"]) !== "Capabilities") continue;
    const body = isNode(node["body"]) ? node["body"]["body"] : undefined;
    const members = Array.isArray(body) ? body.filter(isNode) : [];
    return members.map((member) => ({ name: dottedName(member["key"]) ?? "", means: commentAbove(member, source) }));
  }
  return [];
}

function commentAbove(node: SyntaxNode, source: Source): string {
  const comment = source.comments.findLast(({ end }) => end <= node.start);
  if (!comment || source.lineAt(comment.end) !== source.lineAt(node.start) - 1) return "";
  return comment.value
    .replace(/^\s*\*+/gm, "")
    .replace(/\s+/g, " ")
    .trim()
    .replace(/\.$/, "");
}

function capabilitiesIn(source: Source): readonly SyntaxNode[] {
  return [...nodesOf(source.program)].flatMap(({ node, ancestors }) => {
    const parent = ancestors.at(-1);
    return node.type === "ObjectExpression" && parent && isCapabilities(parent, source) ? [node] : [];
  });
}

function isCapabilities(parent: SyntaxNode, source: Source): boolean {
  if (parent.type === "Property") return dottedName(parent["key"]) === "capabilities";
  const { id } = parent;
  return parent.type === "VariableDeclarator" && isNode(id) && source.text.slice(id.start, id.end).endsWith(": Capabilities");
}
