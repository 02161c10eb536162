import { posix } from "node:path";
import { resolveImport, type Workspace } from "../tidy/packages.ts";
import { isNode, nodesOf, parseSource, type SyntaxNode } from "../tidy/source.ts";

const IMPORTS = ["ImportDeclaration", "ExportNamedDeclaration", "ExportAllDeclaration", "ImportExpression", "TSImportType"];

/**
 * The text of an emitted file (`.js` or `.d.ts`) with every import of a workspace made relative inside the package and
 * every relative `.ts` made `.js`. Imports of other packages stay.
 */
export function rewriteImports(path: string, text: string, workspaces: readonly Workspace[]): string {
  let rewritten = "";
  let done = 0;
  for (const { start, end, value } of specifiersOf(path, text)) {
    rewritten += text.slice(done, start) + JSON.stringify(inPackage(value, path, workspaces));
    done = end;
  }
  return rewritten + text.slice(done);
}

interface Specifier {
  readonly start: number;
  readonly end: number;
  readonly value: string;
}

function specifiersOf(path: string, text: string): readonly Specifier[] {
  const found: Specifier[] = [];
  for (const { node } of nodesOf(parseSource(path, text).program)) {
    const literal = IMPORTS.includes(node.type) ? literalOf(node) : undefined;
    if (literal) found.push({ start: literal.start, end: literal.end, value: String(literal["value"]) });
  }
  return found.toSorted((a, b) => a.start - b.start);
}

function literalOf(node: SyntaxNode): SyntaxNode | undefined {
  const source = node["source"] ?? node["argument"];
  return isNode(source) && source.type === "Literal" ? source : undefined;
}

function inPackage(specifier: string, from: string, workspaces: readonly Workspace[]): string {
  const target = resolveImport(specifier, from, workspaces);
  if (target === undefined) return specifier;
  const relative = posix.relative(posix.dirname(from), target).replace(/\.tsx?$/, ".js");
  return relative.startsWith(".") ? relative : `./${relative}`;
}
