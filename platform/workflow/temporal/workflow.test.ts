import assert from "node:assert/strict";
import { test } from "node:test";
import { personal } from "@daybook/kernel/personal";
import { z } from "zod";
import { step, workflow } from "../definition.ts";
import type { TemporalWorkflowModule } from "./surface.ts";
import { temporalWorkflow } from "./workflow.ts";

test("Temporal's histories hold no personal field: a workflow or step that has one is refused when it is declared", () => {
  const temporal = {} as TemporalWorkflowModule; // not reached
  const who = z.strictObject({ person: personal(z.strictObject({ name: z.string() })) });
  const nap = workflow({ name: "nap", input: z.null(), output: z.null(), run: async () => null });
  const greet = step({ name: "greet", input: who, output: z.null() });
  assert.throws(() => temporalWorkflow(temporal, nap, [greet]), /input of greet has no personal field/);
  assert.throws(() => temporalWorkflow(temporal, { ...nap, output: who }, []), /result of nap has no personal field/);
});
