import type { z } from "zod";
import type { Messages, StepContract, UpdateContract, WorkflowContract } from "./definition.ts";

/**
 * The only way of a workflow to the world. Whatever it awaits here has its outcome recorded before the code sees it
 * acted upon, and is given again, one outcome at a time and in the recorded order, when the run is replayed.
 *
 * Commands are numbered where they are issued: in order along the body, and within each branch of `all` and `race`
 * apart (`2.1.3`: third command of the first branch of command 2). So numbers do not depend on how branches interleave.
 */
export interface WorkflowContext<M extends Messages = Messages> {
  readonly workflowId: string;
  /**
   * Runs a step and gives its result. `undo` is armed when the start of the step is recorded, before its effect begins:
   * it gets the step's own input and key, and succeeds when nothing had happened. Rejects with the step's last error
   * (by its own code) when it fails for good.
   */
  step<Input, Output>(
    contract: StepContract<Input, Output>,
    input: NoInfer<Input>,
    options?: StepOptions<Input>,
  ): Promise<Output>;
  /** A durable timer: never early, and late only while no worker runs. */
  sleep(ms: number): Promise<void>;
  /** The next signal of that name; each is given once, in order of arrival, also when it came before it was asked for. */
  signal<Name extends NamesOf<M["signals"]>>(name: Name): Promise<Parsed<NonNullable<M["signals"]>[Name]>>;
  /** Says how a query is answered from now on. The function must not change anything. */
  query<Name extends NamesOf<M["queries"]>>(name: Name, answer: () => Parsed<NonNullable<M["queries"]>[Name]>): void;
  /** Says how an update is carried out from now on; earlier ones waited. Its answer is recorded. */
  update<Name extends NamesOf<M["updates"]>>(name: Name, handle: UpdateHandler<NonNullable<M["updates"]>[Name]>): void;
  /** Runs another workflow and gives its result; rejects with `child-workflow-failed` when it ends otherwise. */
  child<Input, Output>(
    contract: WorkflowContract<Input, Output>,
    input: NoInfer<Input>,
    options?: { readonly id?: string },
  ): Promise<Output>;
  /**
   * Runs branches side by side and gives their results in order. When one fails the others are cancelled, all are
   * waited for, and the first failure is thrown. Undone side by side as well.
   */
  all<const Branches extends readonly Branch<M, unknown>[]>(branches: Branches): Promise<ResultsOf<Branches>>;
  /** The first branch to settle wins; the others are cancelled and not waited for. */
  race<Result>(branches: readonly Branch<M, Result>[]): Promise<Result>;
  /** Runs `body` in a scope that can be cancelled alone, or (`isShielded`) that a cancel from outside does not reach. */
  scope<Result>(body: (scope: CancelScope<M>) => Promise<Result>, options?: { readonly isShielded?: boolean }): Promise<Result>;
  /** Epoch milliseconds of the last outcome; the same when replayed. */
  now(): number;
  /** In [0, 1), the same when replayed. */
  random(): number;
  /** An id like those of `idSource`, the same when replayed. */
  id(prefix: string): string;
  /**
   * Whether the run passes here by the changed code: true for runs that reach it first after the change, false for
   * those that passed it before. One answer per change and run.
   */
  patched(change: string): boolean;
  /** From here on nothing is undone, and cancel is refused. */
  pivot(): void;
  /** Undoes what was done in this scope so far, for a refusal that ends the workflow normally; then nothing is armed. */
  undo(reason: string): Promise<void>;
  /** Sets attributes by which the run is found; they add to those given at its start. */
  attributes(values: Readonly<Record<string, string>>): void;
  /** Ends this history and begins a new one with `input` under the same id. What was done so far stays done. */
  continueAs(input: unknown): Promise<never>;
}

export interface CancelScope<M extends Messages> extends WorkflowContext<M> {
  /** What waits inside rejects with `workflow-cancelled`; attempts under way are aborted and waited for. */
  cancel(reason: string): void;
}

export interface StepOptions<Input> {
  readonly undo?: StepContract<Input>;
}

export type Branch<M extends Messages, Result> = (ctx: WorkflowContext<M>) => Promise<Result>;

export type ResultsOf<Branches extends readonly Branch<never, unknown>[]> = {
  -readonly [K in keyof Branches]: Branches[K] extends (ctx: never) => Promise<infer Result> ? Result : never;
};

export type UpdateHandler<Contract> = Contract extends UpdateContract
  ? (input: Parsed<Contract["input"]>) => Parsed<Contract["output"]> | Promise<Parsed<Contract["output"]>>
  : never;

export type NamesOf<Table> = [NonNullable<Table>] extends [never] ? never : keyof NonNullable<Table> & string;

export type Parsed<Schema> = Schema extends z.ZodType<infer Value> ? Value : never;
