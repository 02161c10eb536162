import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseSync, visitorKeys, type Comment, type Program } from "oxc-parser";

/** Any node of the syntax tree (ESTree with TypeScript), for rules that look at every one. */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

export interface Import {
  readonly specifier: string;
  readonly isTypeOnly: boolean;
  readonly line: number;
}

/** A parsed source file. `path` is relative to the repository. */
export interface Source {
  readonly path: string;
  readonly text: string;
  readonly program: Program;
  readonly comments: readonly Comment[];
  readonly imports: readonly Import[];
  /** 1 for the first line. */
  lineAt(offset: number): number;
}

/** What a rule found: where, and what to do. */
export interface Finding {
  readonly path: string;
  readonly line: number;
  readonly rule: string;
  readonly message: string;
}

export function readSource(path: string, root: string): Source {
  return parseSource(path, readFileSync(join(root, path), "utf8"));
}

export function parseSource(path: string, text: string): Source {
  const { program, comments, module } = parseSync(path, text);
  const starts = lineStarts(text);
  const lineAt = (offset: number) => lineOf(starts, offset);
  const imports = [
    ...module.staticImports.map((each) => ({
      specifier: each.moduleRequest.value,
      isTypeOnly: each.entries.length > 0 && each.entries.every((entry) => entry.isType),
      line: lineAt(each.start),
    })),
    ...module.staticExports.flatMap((each) =>
      each.entries.flatMap((entry) =>
        entry.moduleRequest ? [{ specifier: entry.moduleRequest.value, isTypeOnly: entry.isType, line: lineAt(each.start) }] : [],
      ),
    ),
    ...module.dynamicImports.flatMap((each) => {
      const literal = /^["'](.*)["']$/.exec(text.slice(each.moduleRequest.start, each.moduleRequest.end));
      return literal ? [{ specifier: literal[1] ?? "", isTypeOnly: false, line: lineAt(each.start) }] : [];
    }),
  ];
  return { path, text, program, comments, imports, lineAt };
}

/** Every node of the tree below and with `node`, parents first; `ancestors` holds the nearest last. */
export function* nodesOf(node: unknown, ancestors: readonly SyntaxNode[] = []): Generator<Visited> {
  if (!isNode(node)) return;
  yield { node, ancestors };
  const below = [...ancestors, node];
  for (const key of visitorKeys[node.type] ?? []) {
    const child = node[key];
    if (Array.isArray(child)) for (const each of child) yield* nodesOf(each, below);
    else yield* nodesOf(child, below);
  }
}

export interface Visited {
  readonly node: SyntaxNode;
  readonly ancestors: readonly SyntaxNode[];
}

export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string"; // read only
}

/** `a.b.c` for a chain of names, `a` for a name; undefined for anything else. */
export function dottedName(node: unknown): string | undefined {
  if (!isNode(node)) return undefined;
  if (node.type === "Identifier") return String(node["name"]);
  if (node.type !== "MemberExpression" || node["computed"] === true) return undefined;
  const object = dottedName(node["object"]);
  return object === undefined ? undefined : `${object}.${dottedName(node["property"]) ?? "?"}`;
}

function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

function lineOf(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((starts[middle] ?? Infinity) <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
