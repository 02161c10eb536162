import type { UnitCause } from "@daybook/data/store/unit";
import type { DeadlineList } from "@daybook/foundation/resilience/deadline-list";
import { runAttempt, type AttemptContext } from "@daybook/foundation/resilience/run-attempt";
import type { Cancel } from "@daybook/kernel/clock";
import { attemptSuperseded, stepHeartbeatMissed } from "../errors.ts";
import type { StepAttempt, StepImplementation } from "../implement.ts";
import { decodeValue, encodeValue } from "../replay/value-text.ts";

export interface StepAttemptOptions {
  readonly step: StepImplementation;
  readonly input: string;
  readonly deadlines: DeadlineList;
  readonly token: string;
  readonly number: number;
  readonly timeoutMs: number | undefined;
  readonly deadline: number | undefined;
  readonly key: string;
  readonly isUndo: boolean;
  readonly workflowId: string;
  readonly cause: UnitCause;
  readonly lastHeartbeat: string | undefined;
}

export type AttemptEnd = { readonly value: string } | { readonly error: unknown };

/**
 * One attempt at a step, under way. Cancelled, it is told so and waited for, but no longer than its time: what it
 * achieved all the same counts. What comes after its end is dropped.
 */
export class RunningStep {
  readonly number: number;
  readonly startedAt: number;
  /** What it told its last heartbeat. */
  heartbeat: string | undefined;
  isCancelled = false;
  readonly ended: Promise<AttemptEnd>;
  private readonly options: StepAttemptOptions;
  private readonly controller = new AbortController();
  private cancelSilence: Cancel | undefined;
  private handler: Promise<unknown> = Promise.resolve();
  private isOver = false;

  constructor(options: StepAttemptOptions) {
    this.options = options;
    this.number = options.number;
    this.startedAt = options.deadlines.clock.now();
    this.ended = this.run();
  }

  cancel(): void {
    if (this.isCancelled) return;
    this.isCancelled = true;
    this.controller.abort();
  }

  /** Nobody asks for it any more. */
  drop(): void {
    this.isOver = true;
    this.controller.abort();
    this.cancelSilence?.();
  }

  private async run(): Promise<AttemptEnd> {
    const { deadlines, token, number, timeoutMs, deadline } = this.options;
    const limits = { deadlines, token, number, timeoutMs, deadline, signal: this.controller.signal };
    try {
      const output = await runAttempt((attempt) => this.begin(attempt), limits);
      return this.encoded(output);
    } catch (error) {
      if (this.isCancelled) return await this.waitedFor(error);
      return { error: this.controller.signal.aborted ? this.controller.signal.reason : error };
    } finally {
      this.isOver = true;
      this.cancelSilence?.();
    }
  }

  private begin(attempt: AttemptContext): Promise<unknown> {
    const { step, input } = this.options;
    this.listen();
    const context = this.contextOf(attempt);
    this.handler = Promise.resolve().then(() =>
      step.run(decodeValue(step.contract.input, input, `input of ${step.contract.name}`), context),
    );
    return this.handler;
  }

  private contextOf(attempt: AttemptContext): StepAttempt {
    const { key, isUndo, workflowId, cause, lastHeartbeat } = this.options;
    return {
      key,
      isUndo,
      workflowId,
      cause,
      lastHeartbeat,
      token: attempt.token,
      number: attempt.number,
      deadline: attempt.deadline,
      get signal() {
        return attempt.signal;
      },
      heartbeat: (details) => this.beat(details),
    };
  }

  private beat(details: string | undefined): void {
    if (this.isOver) throw attemptSuperseded(`attempt ${this.number} at ${this.options.key} is over`);
    this.heartbeat = details ?? this.heartbeat;
    this.listen();
  }

  private listen(): void {
    const { step, deadlines, key } = this.options;
    if (step.contract.heartbeatMs === undefined) return;
    this.cancelSilence?.();
    const silent = () => this.controller.abort(stepHeartbeatMissed(`attempt ${this.number} at ${key} is silent`));
    this.cancelSilence = deadlines.after(step.contract.heartbeatMs, silent);
  }

  private async waitedFor(reason: unknown): Promise<AttemptEnd> {
    const { deadlines, timeoutMs = 30_000 } = this.options;
    const { promise: gaveUp, resolve: giveUp } = Promise.withResolvers<AttemptEnd>();
    const stop = deadlines.after(timeoutMs, () => giveUp({ error: reason }));
    const result = await Promise.race([this.settled(reason), gaveUp]);
    stop();
    return result;
  }

  private async settled(reason: unknown): Promise<AttemptEnd> {
    try {
      return this.encoded(await this.handler);
    } catch {
      return { error: reason };
    }
  }

  private encoded(output: unknown): AttemptEnd {
    const { contract } = this.options.step;
    try {
      return { value: encodeValue(contract.output, output, `result of ${contract.name}`) };
    } catch (error) {
      return { error };
    }
  }
}
