import { isTest } from "../place.ts";
import { sourceRule } from "../rule.ts";
import { dottedName, nodesOf, type Source, type SyntaxNode, type Visited } from "../source.ts";

const FILE_LINES_MAX = 500;
const FUNCTION_LINES_MAX = 70;

const FUNCTIONS = ["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"];
const REGISTERS = ["describe", "suite", "test", "it"];

/**
 * Files and functions are short. A function counts from its first to its last line with all that is in it. In tests and
 * conformance suites one whose body registers tests is a table of contents and does not count; each test in it does.
 */
export const sizeRule = sourceRule("size", function* (source, report) {
  const lines = source.lineAt(source.text.trimEnd().length);
  if (lines > FILE_LINES_MAX) yield report(`${lines} lines; a file has at most ${FILE_LINES_MAX}`);
  for (const visited of nodesOf(source.program)) {
    if (!FUNCTIONS.includes(visited.node.type)) continue;
    const first = source.lineAt(visited.node.start);
    const length = source.lineAt(visited.node.end) - first + 1;
    if (length <= FUNCTION_LINES_MAX || (isTest(source.path) && isTableOfTests(visited.node))) continue;
    yield report(`${functionName(source, visited)} has ${length} lines; a function has at most ${FUNCTION_LINES_MAX}`, first);
  }
});

function isTableOfTests(node: SyntaxNode): boolean {
  for (const { node: inner } of nodesOf(node["body"])) {
    if (inner.type === "CallExpression" && REGISTERS.includes(dottedName(inner["callee"])?.split(".")[0] ?? "")) return true;
  }
  return false;
}

function functionName(source: Source, { node, ancestors }: Visited): string {
  const parent = ancestors.at(-1);
  const named = node["id"] ?? parent?.["id"] ?? parent?.["key"];
  return dottedName(named) ?? `the function "${source.text.slice(node.start, node.start + 30).split("\n")[0]}…"`;
}
