import { behindFence } from "@daybook/foundation/resilience/fence";
import type { WorkflowDefinition } from "../definition.ts";
import { workflowDiverged } from "../errors.ts";
import { isCommand, isOutcome, type Command, type History, type Outcome } from "./history.ts";
import { RunCore } from "./run-core.ts";

/** Gives the code an outcome. Resolves when it waits for the next one. */
export function deliver(core: RunCore, outcome: Outcome): Promise<void> {
  behindFence(() => core.deliver(outcome));
  return quiet();
}

/** Resolves when no microtask is left: the code of every run in this process waits for an outcome then. */
function quiet(): Promise<void> {
  // A tick that is set from within a microtask comes after all microtasks.
  return new Promise((resolve) => queueMicrotask(() => process.nextTick(resolve)));
}

/** Outcomes after which other work of the process gets its turn. */
const TURN = 500;

/**
 * Runs the code over a history and gives it as it stands then. Rejects with `workflow-diverged` when its commands are
 * not those that are recorded; nothing else is done.
 */
export async function replay(definition: WorkflowDefinition, history: History): Promise<RunCore> {
  const core = new RunCore(definition, history.started);
  const { entries } = history;
  for (const entry of entries) if (entry.kind === "patch") core.recordedChanges.add(entry.change);
  core.isReplaying = true;
  const recorded: Command[] = [];
  let checked = 0;
  let outcomes = 0;
  const check = () => {
    for (; checked < recorded.length; checked++) compare(history, recorded[checked], core);
    if (core.issued.size > recorded.length) compareRest(history, recorded, core);
  };
  for (const entry of entries) {
    if (isCommand(entry)) recorded.push(entry);
    if (!isOutcome(entry)) continue;
    check();
    await deliver(core, entry);
    if (++outcomes % TURN === 0) await new Promise((resolve) => void setImmediate(resolve));
  }
  check();
  core.take();
  core.isReplaying = false;
  return core;
}

function compare(history: History, expected: Command | undefined, core: RunCore): void {
  const found = expected && core.issued.get(expected.id);
  if (expected && (!found || wordsOf(found) !== wordsOf(expected))) throw diverged(history, expected, found);
}

function compareRest(history: History, recorded: readonly Command[], core: RunCore): void {
  const known = new Set(recorded.map(({ id }) => id));
  for (const found of core.issued.values()) if (!known.has(found.id)) throw diverged(history, undefined, found);
}

function diverged({ started }: History, expected: Command | undefined, found: Command | undefined): Error {
  const words = { expected: expected ? wordsOf(expected) : "nothing", found: found ? wordsOf(found) : "nothing" };
  const message = `${started.id} (${started.workflow} v${started.version}): its history has ${words.expected}, its code ${words.found}`;
  return workflowDiverged(message, { details: { id: started.id, ...words } });
}

/** Which command it is: what must not change between runs of the code. */
function wordsOf(command: Command): string {
  switch (command.kind) {
    case "step":
    case "undo":
    case "child":
      return `${command.id} ${command.kind} ${command.name}`;
    case "timer":
    case "pivot":
    case "patch":
    case "attributes":
    case "end":
      return `${command.id} ${command.kind}`;
  }
}
