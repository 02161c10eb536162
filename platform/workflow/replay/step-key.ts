import type { Command, Started } from "./history.ts";

/** `workflowId/step`; runs after the first under one id say their number. An undo has the key of its step. */
export function stepKey(started: Started, command: Command & { readonly kind: "step" | "undo" }): string {
  const run = started.number === 1 ? started.id : `${started.id}~${started.number}`;
  return `${run}/${command.kind === "undo" ? command.of : command.id}`;
}
