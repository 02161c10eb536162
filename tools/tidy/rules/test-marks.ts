import { sourceRule } from "../rule.ts";
import { dottedName, isNode, nodesOf, type SyntaxNode } from "../source.ts";

const REGISTERS = ["describe", "suite", "test", "it"];

/** No test is left alone with `.only`, and none is skipped without a reason. */
export const testMarksRule = sourceRule("test-marks", function* (source, report) {
  if (!/\.test\.ts$|conformance/.test(source.path)) return;
  for (const { node } of nodesOf(source.program)) {
    if (node.type === "CallExpression") {
      const mark = markOf(node);
      if (mark !== undefined) yield report(mark, source.lineAt(node.start));
    }
  }
});

function markOf(call: SyntaxNode): string | undefined {
  const [subject = "", verb = ""] = (dottedName(call["callee"]) ?? "").split(".");
  const options = argumentsOf(call).find((argument) => argument.type === "ObjectExpression");
  if (REGISTERS.includes(subject)) {
    if (verb === "only" || optionOf(options, "only") !== undefined) return "`only` hides the other tests";
    if (verb === "skip" || verb === "todo") return `\`${subject}.${verb}\` gives no reason: use { ${verb}: "reason" }`;
    return withoutReason(options, "skip") ?? withoutReason(options, "todo");
  }
  if (subject !== "" && verb === "skip" && argumentsOf(call).length === 0) return "`skip()` without a reason";
  return undefined;
}

function withoutReason(options: SyntaxNode | undefined, name: string): string | undefined {
  const value = optionOf(options, name);
  return value?.type === "Literal" && value["value"] === true ? `{ ${name}: true } gives no reason` : undefined;
}

function optionOf(options: SyntaxNode | undefined, name: string): SyntaxNode | undefined {
  const properties = Array.isArray(options?.["properties"]) ? options["properties"].filter(isNode) : [];
  const value = properties.find((property) => dottedName(property["key"]) === name)?.["value"];
  return isNode(value) ? value : undefined;
}

function argumentsOf(call: SyntaxNode): readonly SyntaxNode[] {
  return Array.isArray(call["arguments"]) ? call["arguments"].filter(isNode) : [];
}
