import type { Rule } from "./rule.ts";
import { callsRule } from "./rules/calls.ts";
import { castsRule } from "./rules/casts.ts";
import { errorCodesRule } from "./rules/error-codes.ts";
import { layersRule } from "./rules/layers.ts";
import { modulesRule } from "./rules/modules.ts";
import { namesRule } from "./rules/names.ts";
import { sizeRule } from "./rules/size.ts";
import { testMarksRule } from "./rules/test-marks.ts";
import { workflowsRule } from "./rules/workflows.ts";

export const RULES: readonly Rule[] = [
  layersRule,
  namesRule,
  callsRule,
  sizeRule,
  errorCodesRule,
  modulesRule,
  castsRule,
  testMarksRule,
  workflowsRule,
];
