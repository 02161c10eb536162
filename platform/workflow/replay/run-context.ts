import { unit } from "@daybook/kernel/random";
import type { CancelScope, StepOptions } from "../context.ts";
import type { Messages, StepContract, WorkflowContract } from "../definition.ts";
import { workflowCancelled } from "../errors.ts";
import { errorOf, failure } from "./failure.ts";
import type { Outcome } from "./history.ts";
import { handled } from "./handled.ts";
import type { RunCore } from "./run-core.ts";
import type { Scope } from "./scope.ts";
import { decodeValue, encodeValue } from "./value-text.ts";

const BRANCH_FAILED = failure(workflowCancelled, "another branch failed");
const BRANCH_FIRST = failure(workflowCancelled, "another branch was first");

type Body = (ctx: CancelScope<Messages>) => Promise<unknown>;

/** The context of one scope of a run. */
export function runContext(core: RunCore, scope: Scope): CancelScope<Messages> {
  const context = {
    workflowId: core.started.id,
    step: (contract: StepContract, input: unknown, options?: StepOptions<unknown>) =>
      stepOf(core, scope, contract, input, options),
    sleep: (ms: number) => guarded(scope, () => core.request(scope, timer(core, scope, ms), () => undefined)),
    signal: (name: string) => guarded(scope, () => core.mailbox.next(scope, name)),
    query: (name: string, answer: () => unknown) => core.mailbox.answerBy(name, answer),
    update: (name: string, handler: (input: unknown) => unknown) => core.mailbox.handle(name, handler),
    child: (contract: WorkflowContract, input: unknown, options?: { id?: string }) =>
      childOf(core, scope, contract, input, options),
    all: (branches: readonly Body[]) => guarded(scope, () => allOf(core, scope, branches)),
    race: (branches: readonly Body[]) => guarded(scope, () => raceOf(core, scope, branches)),
    scope: (body: Body, options?: { isShielded?: boolean }) => scopeOf(core, scope, body, options?.isShielded ?? false),
    now: () => core.at,
    random: () => unit(core.random),
    id: (prefix: string) => core.ids(prefix),
    patched: (change: string) => core.patched(change),
    pivot: () => core.pivot(scope.nextId()),
    undo: async (reason: string) => {
      if (await core.undo(scope, reason)) core.note("running");
    },
    attributes: (values: Readonly<Record<string, string>>) => core.issue({ kind: "attributes", id: scope.nextId(), values }),
    continueAs: (input: unknown) => core.continueAs(input),
    cancel: (reason: string) => scope.cancel(failure(workflowCancelled, reason)),
  };
  return context as unknown as CancelScope<Messages>; // generic signatures, whose values are unknown in here
}

/** Nothing begins in a cancelled scope. */
function guarded<T>(scope: Scope, begin: () => Promise<T>): Promise<T> {
  return scope.cancelled ? handled(Promise.reject(errorOf(scope.cancelled))) : handled(begin());
}

function stepOf(
  core: RunCore,
  scope: Scope,
  contract: StepContract,
  input: unknown,
  options?: StepOptions<unknown>,
): Promise<unknown> {
  return guarded(scope, async () => {
    const { name } = contract;
    const text = encodeValue(contract.input, input, `input of ${name}`);
    const id = scope.nextId();
    const undo = core.isPivoted ? undefined : options?.undo?.name;
    if (undo !== undefined) scope.armed.push({ kind: "step", id, undo, input: text });
    const command = { at: core.at, id, input: text, kind: "step", name, ...(undo !== undefined && { undo }) } as const;
    return core.request(scope, command, (outcome) => valueOf(outcome, contract, `result of ${name}`));
  });
}

function timer(core: RunCore, scope: Scope, ms: number) {
  return { at: core.at + Math.max(0, Math.ceil(ms)), id: scope.nextId(), kind: "timer" } as const;
}

function childOf(
  core: RunCore,
  scope: Scope,
  contract: WorkflowContract,
  input: unknown,
  options?: { readonly id?: string },
): Promise<unknown> {
  return guarded(scope, async () => {
    const text = encodeValue(contract.input, input, `input of ${contract.name}`);
    const id = scope.nextId();
    const child = options?.id ?? `${core.started.id}.${id}`;
    return core.request(scope, { kind: "child", id, name: contract.name, input: text, child }, (outcome) =>
      valueOf(outcome, contract, `result of ${child}`),
    );
  });
}

function valueOf(outcome: Outcome, contract: WorkflowContract, what: string): unknown {
  return outcome.kind === "done" ? decodeValue(contract.output, outcome.value, what) : undefined;
}

/** Scopes for branches that run side by side: each numbers its own commands. */
function branchScopes(scope: Scope, count: number): readonly Scope[] {
  const id = scope.nextId();
  const scopes = Array.from({ length: count }, (_, index) => scope.child(`${id}.${index + 1}`, false));
  scope.armed.push({ kind: "group", scopes });
  return scopes;
}

async function allOf(core: RunCore, scope: Scope, branches: readonly Body[]): Promise<readonly unknown[]> {
  const scopes = branchScopes(scope, branches.length);
  let first: { readonly error: unknown } | undefined;
  const run = async (body: Body, index: number) => {
    try {
      return await body(runContext(core, scopes[index] as Scope)); // one each
    } catch (error) {
      first ??= { error };
      for (const other of scopes) other.cancel(BRANCH_FAILED);
      return undefined;
    }
  };
  const results = await Promise.all(branches.map(run));
  scope.forget(scopes);
  if (first) throw first.error;
  return results;
}

async function raceOf(core: RunCore, scope: Scope, branches: readonly Body[]): Promise<unknown> {
  const scopes = branchScopes(scope, branches.length);
  try {
    return await Promise.race(branches.map((body, index) => handled(body(runContext(core, scopes[index] as Scope))))); // one each
  } finally {
    for (const each of scopes) each.cancel(BRANCH_FIRST);
  }
}

/** A shielded scope is entered in a cancelled one as well: that is what clearing up after a cancel needs. */
function scopeOf(core: RunCore, scope: Scope, body: Body, isShielded: boolean): Promise<unknown> {
  const enter = () => {
    const inner = scope.child(scope.nextId(), isShielded);
    const scopes = [inner];
    scope.armed.push({ kind: "group", scopes });
    return body(runContext(core, inner)).finally(() => scope.forget(scopes));
  };
  return isShielded ? handled(core.shielded(enter)) : guarded(scope, enter);
}
