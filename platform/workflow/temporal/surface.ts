/**
 * What is used of the module `@temporalio/workflow`, so that its namespace can be handed in: the platform itself does not
 * depend on Temporal's packages. That they fit is checked where they are installed (`e2e/temporal`).
 */
export interface TemporalWorkflowModule {
  readonly ApplicationFailure: { create(options: ApplicationFailureOptions): Error };
  readonly CancelledFailure: new (message: string) => Error;
  readonly CancellationScope: CancellationScopes;
  readonly log: { warn(message: string): void };
  workflowInfo(): WorkflowInfo;
  uuid4(): string;
  patched(change: string): boolean;
  sleep(ms: number): Promise<void>;
  condition(isTrue: () => boolean): Promise<void>;
  proxyActivities(options: ActivityOptions): Readonly<Record<string, (input: string, call: StepCall) => Promise<unknown>>>;
  executeChild(name: string, options: ChildOptions): Promise<unknown>;
  continueAsNew(input: string, origin: RunOrigin): Promise<never>;
  upsertMemo(memo: Record<string, unknown>): void;
  setDefaultSignalHandler(handle: (name: string, ...values: unknown[]) => void): void;
  setDefaultQueryHandler(answer: (name: string) => unknown): void;
  setDefaultUpdateHandler(handle: (name: string, ...values: unknown[]) => Promise<unknown>): void;
}

/** What is used of the module `@temporalio/activity`. */
export interface TemporalActivityModule {
  readonly ApplicationFailure: { create(options: ApplicationFailureOptions): Error };
  readonly Context: { current(): ActivityContext };
}

interface CancellationScopes {
  new (): CancellationScope;
  current(): { readonly cancelRequested: Promise<never> };
  nonCancellable<T>(run: () => Promise<T>): Promise<T>;
}

export interface CancellationScope {
  run<T>(run: () => Promise<T>): Promise<T>;
  cancel(): void;
}

interface WorkflowInfo {
  readonly workflowId: string;
  readonly workflowType: string;
  readonly taskQueue: string;
}

interface ApplicationFailureOptions {
  readonly message: string;
  readonly type: string;
  readonly nonRetryable: boolean;
  readonly details: unknown[];
}

export interface ActivityOptions {
  readonly activityId: string;
  readonly startToCloseTimeout: number;
  readonly scheduleToCloseTimeout?: number;
  readonly heartbeatTimeout?: number;
  readonly cancellationType: "WAIT_CANCELLATION_COMPLETED";
  readonly retry: RetryOptions;
}

interface RetryOptions {
  readonly maximumAttempts: number;
  readonly initialInterval: number;
  readonly backoffCoefficient: number;
  readonly maximumInterval: number;
  readonly nonRetryableErrorTypes?: string[];
}

interface ChildOptions {
  readonly args: [input: string, origin: RunOrigin];
  readonly workflowId: string;
  readonly cancellationType: "WAIT_CANCELLATION_COMPLETED";
}

interface ActivityContext {
  readonly info: {
    readonly workflowExecution?: { readonly workflowId: string };
    readonly base64TaskToken: string;
    readonly attempt: number;
    readonly currentAttemptScheduledTimestampMs: number;
    readonly startToCloseTimeoutMs: number;
    readonly heartbeatDetails: unknown;
  };
  readonly cancellationSignal: AbortSignal;
  heartbeat(details?: unknown): void;
}

/** Second argument of every workflow: where the run comes from. */
export interface RunOrigin {
  readonly correlation: string;
  readonly actor: string;
  readonly tenant: string;
  readonly trace?: string;
  /** Counts continuations, from 1. */
  readonly number?: number;
  /** Signals that the run before was sent and did not ask for. */
  readonly waiting?: readonly WaitingSignal[];
}

export interface WaitingSignal {
  readonly name: string;
  readonly value: string;
}

/** Second argument of every activity. */
export interface StepCall {
  /** `workflowId/step`: the effect's idempotency key. */
  readonly key: string;
  readonly isUndo: boolean;
  readonly cause: StepCause;
}

interface StepCause {
  readonly correlation: string;
  readonly causation: string;
  readonly actor: string;
  readonly tenant: string;
  readonly source: string;
  readonly trace?: string;
}
