import { isTest } from "../place.ts";
import { sourceRule } from "../rule.ts";
import type { Source } from "../source.ts";

/** Named exports only, nothing re-exported wholesale, no state in modules. */
export const modulesRule = sourceRule("modules", function* (source, report) {
  const isConfiguration = source.path.endsWith(".config.ts");
  for (const statement of source.program.body) {
    const line = source.lineAt(statement.start);
    if (statement.type === "ExportDefaultDeclaration" && !isConfiguration) yield report("a default export: name it", line);
    if (statement.type === "ExportAllDeclaration") yield report("`export *`: name what is offered", line);
    const declared = statement.type === "ExportNamedDeclaration" ? statement.declaration : statement;
    if (declared?.type === "VariableDeclaration" && declared.kind !== "const" && !isScript(source)) {
      yield report("state in a module: pass it as a parameter", line);
    }
  }
});

/** Programs and tests run once and export nothing. */
function isScript(source: Source): boolean {
  return isTest(source.path) || !source.program.body.some((statement) => statement.type.startsWith("Export"));
}
