import { sourceRule } from "../rule.ts";

/** What a workflow declares itself with. */
const SURFACE = ["zod", "@daybook/workflow/definition", "@daybook/workflow/context"];
/** Modules that hold contracts of steps and contexts, events' schemas, or other workflows. */
const CONTRACT = /(^|\/)(contract|events|steps|[a-z0-9-]+\.workflow)(\.ts)?$/;

/** A workflow runs in an isolate as well: its file imports only types, schemas, contracts and the workflow surface. */
export const workflowsRule = sourceRule("workflows", function* ({ path, imports }, report) {
  if (!path.endsWith(".workflow.ts")) return;
  for (const { specifier, isTypeOnly, line } of imports) {
    if (isTypeOnly || SURFACE.includes(specifier) || CONTRACT.test(specifier)) continue;
    yield report(`${specifier}: a workflow file imports only types, schemas, contracts and @daybook/workflow/definition`, line);
  }
});
