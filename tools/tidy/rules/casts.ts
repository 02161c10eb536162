import { isTest } from "../place.ts";
import { sourceRule } from "../rule.ts";
import { isNode, nodesOf, type Source, type SyntaxNode } from "../source.ts";

const SILENCERS = /@ts-(ignore|nocheck)\b/;

/** No `any`, no silenced checker, and a reason beside each cast (on its line, or as a comment just above). */
export const castsRule = sourceRule("casts", function* (source, report) {
  for (const comment of source.comments) {
    if (SILENCERS.test(comment.value)) yield report(`${comment.value.trim()} silences the checker`, source.lineAt(comment.start));
  }
  const explained = linesWithReason(source);
  for (const { node } of nodesOf(source.program)) {
    const line = source.lineAt(node.start);
    if (node.type === "TSAnyKeyword") yield report("`any`: use unknown, or the type", line);
    if (isCast(node, source) && !isTest(source.path) && !explained.has(source.lineAt(node.end)) && !explained.has(line)) {
      yield report("a cast without its reason beside it", line);
    }
  }
});

function isCast(node: SyntaxNode, source: Source): boolean {
  if (node.type !== "TSAsExpression" && node.type !== "TSTypeAssertion") return false;
  const annotation = node["typeAnnotation"];
  return isNode(annotation) && source.text.slice(annotation.start, annotation.end) !== "const";
}

/** Lines with a comment, and the lines right below comments. */
function linesWithReason(source: Source): ReadonlySet<number> {
  const lines = source.comments.map((comment) => source.lineAt(comment.end));
  return new Set(lines.flatMap((line) => [line, line + 1]));
}
