import type { UnitCause } from "@daybook/data/store/unit";
import { failedAttempt, NO_ATTEMPTS, withAttempt, type AttemptRecord } from "@daybook/foundation/resilience/attempt-record";
import { DEFAULT_POLICY, mayRetry, retryDelay, type AttemptPolicy } from "@daybook/foundation/resilience/policy";
import { workflowCancelled, workflowNotRegistered } from "../errors.ts";
import { failure, failureOf } from "../replay/failure.ts";
import type { End, Note, Outcome } from "../replay/history.ts";
import type { Pending, RunCore } from "../replay/run-core.ts";
import { stepKey } from "../replay/step-key.ts";
import { childOutcome } from "./operate.ts";
import type { RunHost } from "./run-host.ts";
import { causeOfRun } from "./run-stream.ts";
import { RunningStep, type AttemptEnd } from "./step-attempt.ts";

interface Retry {
  readonly next: number;
  readonly attempts: AttemptRecord;
  readonly heartbeat?: string;
}

type StepCommand = Pending["command"] & { readonly kind: "step" | "undo" };

/** Carries out a run's recorded commands: attempts at steps, retries, children, timers' times. */
export class Pursuit {
  private readonly host: RunHost;
  private readonly core: RunCore;
  private readonly receive: (input?: Outcome | Note) => void;
  private readonly cause: UnitCause;
  private readonly running = new Map<string, RunningStep>();
  private readonly retries = new Map<string, Retry>();
  private readonly stalled = new Set<string>();
  /** Children that were started, and those that were told to end. */
  private readonly children = new Map<string, "starting" | "started" | "cancelled">();
  private isDropped = false;

  constructor(host: RunHost, core: RunCore, receive: (input?: Outcome | Note) => void) {
    this.host = host;
    this.core = core;
    this.receive = (input) => this.isDropped || receive(input);
    this.cause = { ...causeOfRun(core.started), causation: core.started.id };
  }

  /** Learns from what is recorded. */
  absorb(entry: Outcome | Note): void {
    if (entry.kind === "retry") this.retries.set(entry.id, entry);
    else if (entry.kind === "stalled") this.stalled.add(entry.id);
    else if (entry.kind === "done" || entry.kind === "failed") this.retries.delete(entry.id);
    else if (entry.kind === "state" && entry.is !== "paused") {
      for (const id of this.stalled) this.retries.delete(id);
      this.stalled.clear();
    }
  }

  get isBusy(): boolean {
    return this.running.size > 0 || [...this.children.values()].includes("starting");
  }

  /** Whether nothing is under way, nor could begin now. */
  isIdle(isPaused: boolean): boolean {
    if (this.isBusy) return false;
    const now = this.host.clock.now();
    return ![...this.core.pending.values()].some((pending) => this.canBegin(pending, isPaused, now));
  }

  /** When a timer, or the next attempt, is due. */
  nextAt(): number {
    let next = Infinity;
    for (const { command } of this.core.pending.values()) {
      if (command.kind === "timer") next = Math.min(next, command.at);
      else if (!this.running.has(command.id) && !this.stalled.has(command.id)) {
        next = Math.min(next, this.retries.get(command.id)?.next ?? Infinity);
      }
    }
    return next;
  }

  /** The earliest timer whose time has come. */
  dueTimer(now: number): string | undefined {
    let first: { readonly id: string; readonly at: number } | undefined;
    for (const { command } of this.core.pending.values()) {
      if (command.kind === "timer" && command.at <= now && (!first || command.at < first.at)) first = command;
    }
    return first?.id;
  }

  /** Begins what may begin, and ends what is not wanted any more. */
  act(isPaused: boolean): void {
    const now = this.host.clock.now();
    for (const pending of this.core.pending.values()) {
      const { command, isCancelled } = pending;
      if (isCancelled) this.running.get(command.id)?.cancel();
      if (!this.canBegin(pending, isPaused, now)) continue;
      if (command.kind === "child") this.tendChild(command, isCancelled);
      else if (command.kind !== "timer") this.tendStep(command, isCancelled);
    }
  }

  drop(): void {
    this.isDropped = true;
    for (const step of this.running.values()) step.drop();
  }

  private canBegin({ command, isCancelled }: Pending, isPaused: boolean, now: number): boolean {
    const { id, kind } = command;
    if (kind === "timer" || this.running.has(id) || this.stalled.has(id)) return false;
    if (kind === "child") {
      const child = this.children.get(id);
      return isCancelled ? child !== "starting" && child !== "cancelled" : !isPaused && child === undefined;
    }
    return isCancelled || (!isPaused && (this.retries.get(id)?.next ?? 0) <= now);
  }

  private tendStep(command: StepCommand, isCancelled: boolean): void {
    if (isCancelled) this.receive(this.cancelledStep(command.id));
    else this.attempt(command);
  }

  private cancelledStep(id: string): Outcome {
    return { kind: "failed", id, at: this.host.clock.now(), failure: failure(workflowCancelled, "cancelled before it was done") };
  }

  private attempt(command: StepCommand): void {
    const { host, core } = this;
    const { id, name, input } = command;
    const step = host.programs.steps.get(name);
    if (!step) throw workflowNotRegistered(`step ${name} is not registered in this process`);
    const retry = this.retries.get(id);
    const policy = { ...DEFAULT_POLICY, ...step.contract.policy };
    const running = new RunningStep({
      step,
      input,
      deadlines: host.deadlines,
      token: host.ids("att"),
      number: (retry?.attempts.count ?? 0) + 1,
      timeoutMs: policy.timeoutMs,
      deadline: policy.overallMs === undefined ? undefined : command.at + policy.overallMs,
      key: stepKey(core.started, command),
      isUndo: command.kind === "undo",
      workflowId: core.started.id,
      cause: this.cause,
      lastHeartbeat: retry?.heartbeat,
    });
    this.running.set(id, running);
    void running.ended.then((end) => this.ended(command, policy, running, end));
  }

  private ended(command: StepCommand, policy: AttemptPolicy, running: RunningStep, end: AttemptEnd): void {
    const { id } = command;
    if (this.isDropped || this.running.get(id) !== running) return;
    this.running.delete(id);
    const at = this.host.clock.now();
    const before = this.retries.get(id)?.attempts;
    if ("value" in end) {
      return this.receive({ kind: "done", id, at, value: end.value, ...(before && { attempts: before }) });
    }
    if (running.isCancelled) return this.receive(this.cancelledStep(id));
    const attempts = withAttempt(before ?? NO_ATTEMPTS, failedAttempt(running.number, running.startedAt, at, end.error));
    const next = at + retryDelay(policy, running.number, this.host.random);
    const isInTime = policy.overallMs === undefined || next < command.at + policy.overallMs;
    if (isInTime && mayRetry(policy, running.number, end.error)) {
      const { heartbeat } = running;
      return this.receive({ kind: "retry", id, at, next, attempts, ...(heartbeat !== undefined && { heartbeat }) });
    }
    const kind = command.kind === "undo" ? "stalled" : "failed";
    this.receive({ kind, id, at, failure: failureOf(end.error, "step-failed"), attempts });
  }

  private tendChild(command: Pending["command"] & { readonly kind: "child" }, isCancelled: boolean): void {
    const { id, name, input, child } = command;
    const { host, core } = this;
    const { started } = core;
    const parent = { id: started.id, queue: started.queue, number: started.number, command: id };
    const told = isCancelled
      ? host.cancelChild(child, "its parent was cancelled")
      : host.startChild({ id: child, name, input, parent, cause: causeOfRun(started) });
    this.children.set(id, "starting");
    void this.awaitChild(id, told, isCancelled);
  }

  private async awaitChild(id: string, told: Promise<End | undefined>, isCancelled: boolean): Promise<void> {
    const { clock } = this.host;
    try {
      const end = await told;
      this.children.set(id, isCancelled ? "cancelled" : "started");
      this.receive(end && childOutcome(id, end, clock.now()));
    } catch (error) {
      this.children.set(id, "cancelled");
      this.receive({ kind: "failed", id, at: clock.now(), failure: failureOf(error, "child-workflow-failed") });
    }
  }
}
