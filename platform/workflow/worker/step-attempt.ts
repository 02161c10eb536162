import type { UnitCause } from "@daybook/data/store/unit";
import type { DeadlineList } from "@daybook/foundation/resilience/deadline-list";
import { runAttempt, type AttemptContext } from "@daybook/foundation/resilience/run-attempt";
import { attemptCancelled } from "@daybook/foundation/resilience/errors";
import type { Cancel } from "@daybook/kernel/clock";
import { errorCode } from "@daybook/kernel/errors";
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

/** How long a cancelled attempt without a time of its own is waited for. */
const CANCELLED_MS = 30_000;

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
  private readonly end: (end: AttemptEnd) => void;
  /** Made when the handler asks for its signal: most never do. */
  private controller: AbortController | undefined;
  private ending: Error | undefined;
  private cancelSilence: Cancel | undefined;
  private isOver = false;

  constructor(options: StepAttemptOptions) {
    const { promise, resolve } = Promise.withResolvers<AttemptEnd>();
    this.options = options;
    this.number = options.number;
    this.startedAt = options.deadlines.clock.now();
    this.ended = promise;
    this.end = resolve;
    const { deadlines, token, number, timeoutMs, deadline } = options;
    runAttempt((attempt) => this.begin(attempt), { deadlines, token, number, timeoutMs, deadline }).then(
      (output) => this.finish(this.encoded(output)),
      (error: unknown) => this.failed(error),
    );
  }

  cancel(): void {
    if (this.isCancelled || this.isOver) return;
    this.isCancelled = true;
    const { deadlines, timeoutMs = CANCELLED_MS } = this.options;
    const error = attemptCancelled(`attempt ${this.number} at ${this.options.key} is not wanted any more`);
    this.abort(error);
    this.cancelSilence?.();
    this.cancelSilence = deadlines.after(timeoutMs, () => this.finish({ error }));
  }

  /** Nobody asks for it any more. */
  drop(): void {
    this.isOver = true;
    this.cancelSilence?.();
    this.abort(attemptCancelled(`the run of ${this.options.key} went on elsewhere`));
  }

  private failed(error: unknown): void {
    if (errorCode(error) === "attempt-timeout") this.abort(error as Error); // a coded error
    this.finish({ error });
  }

  private finish(end: AttemptEnd): void {
    if (this.isOver) return;
    this.isOver = true;
    this.cancelSilence?.();
    this.end(end);
  }

  private abort(reason: Error): void {
    this.ending ??= reason;
    this.controller?.abort(this.ending);
  }

  get signal(): AbortSignal {
    this.controller ??= new AbortController();
    if (this.ending) this.controller.abort(this.ending);
    return this.controller.signal;
  }

  private async begin(attempt: AttemptContext): Promise<unknown> {
    const { step, input } = this.options;
    this.listen();
    return step.run(
      decodeValue(step.contract.input, input, `input of ${step.contract.name}`),
      new HandlersAttempt(this, this.options, attempt),
    );
  }

  /** Throws `attempt-superseded` once it is over. */
  beat(details: string | undefined): void {
    if (this.isOver) throw attemptSuperseded(`attempt ${this.number} at ${this.options.key} is over`);
    this.heartbeat = details ?? this.heartbeat;
    if (!this.isCancelled) this.listen();
  }

  private listen(): void {
    const { step, deadlines, key } = this.options;
    if (step.contract.heartbeatMs === undefined) return;
    this.cancelSilence?.();
    this.cancelSilence = deadlines.after(step.contract.heartbeatMs, () => {
      const error = stepHeartbeatMissed(`attempt ${this.number} at ${key} is silent`);
      this.abort(error);
      this.finish({ error });
    });
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

/** The attempt as its handler sees it. */
class HandlersAttempt implements StepAttempt {
  readonly key: string;
  readonly isUndo: boolean;
  readonly workflowId: string;
  readonly cause: UnitCause;
  readonly lastHeartbeat: string | undefined;
  readonly token: string;
  readonly number: number;
  readonly deadline: number | undefined;
  private readonly running: RunningStep;

  constructor(running: RunningStep, options: StepAttemptOptions, { token, number, deadline }: AttemptContext) {
    this.running = running;
    this.key = options.key;
    this.isUndo = options.isUndo;
    this.workflowId = options.workflowId;
    this.cause = options.cause;
    this.lastHeartbeat = options.lastHeartbeat;
    this.token = token;
    this.number = number;
    this.deadline = deadline;
  }

  get signal(): AbortSignal {
    return this.running.signal;
  }

  /** Taken out of its attempt it still is this one's. */
  readonly heartbeat = (details?: string): void => this.running.beat(details);
}
