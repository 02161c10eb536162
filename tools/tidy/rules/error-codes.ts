import type { Rule, Tree } from "../rule.ts";
import { literalFields } from "../literals.ts";
import { dottedName, nodesOf, type Finding, type Source, type SyntaxNode } from "../source.ts";
import { isTest } from "../place.ts";

/** One `defineError({ code, advice, retryable })` of the program. */
export interface DefinedError {
  readonly code: string;
  readonly advice: string;
  readonly retryable: boolean;
  readonly path: string;
  readonly line: number;
}

const KEBAB = /^[a-z0-9]+(-[a-z0-9]+)*$/;

/** Codes are literals in kebab-case, unique in the program, each with advice; docs/errors.md is made from them. */
export const errorCodesRule: Rule = {
  name: "error-codes",
  check(tree) {
    const found = errorDefinitions(tree);
    return [...found.unreadable, ...found.defined.flatMap((error, index) => faultsOf(error, found.defined.slice(0, index)))];
  },
};

function faultsOf(error: DefinedError, earlier: readonly DefinedError[]): readonly Finding[] {
  const twin = earlier.find(({ code }) => code === error.code);
  const faults = [
    ...(KEBAB.test(error.code) ? [] : [`the code "${error.code}" is not in kebab-case`]),
    ...(error.advice === "" ? [`"${error.code}" has no advice`] : []),
    ...(twin ? [`"${error.code}" is defined in ${twin.path}, too`] : []),
  ];
  return faults.map((message) => ({ path: error.path, line: error.line, rule: "error-codes", message }));
}

interface ErrorDefinitions {
  readonly defined: readonly DefinedError[];
  /** Calls whose code or advice is not a literal text. */
  readonly unreadable: readonly Finding[];
}

export function errorDefinitions(tree: Pick<Tree, "sources">): ErrorDefinitions {
  const defined: DefinedError[] = [];
  const unreadable: Finding[] = [];
  for (const source of tree.sources.filter(({ path }) => !isTest(path))) {
    for (const { node } of nodesOf(source.program)) {
      if (node.type !== "CallExpression" || dottedName(node["callee"]) !== "defineError") continue;
      const error = definitionOf(node, source);
      if (error) defined.push(error);
      else unreadable.push({ ...placeOf(node, source), rule: "error-codes", message: "code and advice are literal texts" });
    }
  }
  return { defined, unreadable };
}

function definitionOf(call: SyntaxNode, source: Source): DefinedError | undefined {
  const { code, advice, retryable = false } = literalFields(Array.isArray(call["arguments"]) ? call["arguments"][0] : undefined);
  if (typeof code !== "string" || typeof advice !== "string" || typeof retryable !== "boolean") return undefined;
  return { code, advice, retryable, ...placeOf(call, source) };
}

function placeOf(node: SyntaxNode, source: Source): { readonly path: string; readonly line: number } {
  return { path: source.path, line: source.lineAt(node.start) };
}
