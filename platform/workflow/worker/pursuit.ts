import type { UnitCause } from "@daybook/data/store/unit";
import {
  failedAttempt,
  NO_ATTEMPTS,
  withAttempt,
  type Attempt,
  type AttemptRecord,
} from "@daybook/foundation/resilience/attempt-record";
import { DEFAULT_POLICY, mayRetry, retryDelay, type AttemptPolicy } from "@daybook/foundation/resilience/policy";
import { attemptLost, workflowCancelled, workflowNotRegistered } from "../errors.ts";
import { failure, failureOf } from "../replay/failure.ts";
import type { End, Entry, Note, Outcome } from "../replay/history.ts";
import type { Pending, RunCore } from "../replay/run-core.ts";
import { stepKey } from "../replay/step-key.ts";
import { childOutcome } from "./operate.ts";
import type { RunHost } from "./run-host.ts";
import { causeOfRun } from "./run-stream.ts";
import { RunningStep, type AttemptEnd } from "./step-attempt.ts";

interface Retry {
  readonly next: number;
  readonly attempts: AttemptRecord;
}

interface FailedAttempt {
  readonly attempt: Attempt;
  readonly error: unknown;
  readonly pauseMs: number;
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
  /** Steps whose attempt has ended, and that is not recorded yet. */
  private readonly ended = new Set<string>();
  private readonly retries = new Map<string, Retry>();
  /** What the last attempt at a step told by its heartbeat. */
  private readonly heartbeats = new Map<string, string>();
  private readonly stalled = new Set<string>();
  /** Steps an attempt at which is recorded as begun, and since when: when its process dies, it counts all the same. */
  private readonly begun = new Map<string, number>();
  private isPaused = false;
  /** Children that were started, and those that were told to end. */
  private readonly children = new Map<string, "starting" | "started" | "cancelled">();
  private isDropped = false;
  /** Told when nothing is under way any more; while it is set nothing begins. */
  private retired: (() => void) | undefined;

  constructor(host: RunHost, core: RunCore, receive: (input?: Outcome | Note) => void) {
    this.host = host;
    this.core = core;
    this.receive = (input) => this.isDropped || receive(input);
    this.cause = causeOfRun(core.started);
  }

  /** Learns from what is recorded. */
  absorb(entry: Entry): void {
    if (entry.kind !== "begun" && "id" in entry) this.ended.delete(entry.id);
    if ("heartbeat" in entry && entry.heartbeat !== undefined) this.heartbeats.set(entry.id, entry.heartbeat);
    switch (entry.kind) {
      case "step":
      case "undo":
        if (!this.isPaused) this.begun.set(entry.id, entry.at);
        return;
      case "begun":
        return void (entry.isVoid ? this.begun.delete(entry.id) : this.begun.set(entry.id, entry.at));
      case "retry":
        this.retries.set(entry.id, entry);
        return void this.begun.delete(entry.id);
      case "stalled":
        this.stalled.add(entry.id);
        return void this.begun.delete(entry.id);
      case "done":
      case "failed":
        this.retries.delete(entry.id);
        return void this.begun.delete(entry.id);
      case "state":
        return this.absorbState(entry.is === "paused");
      default:
    }
  }

  /** What a pause found begun, or not, is told apart by records after it. */
  private absorbState(isPaused: boolean): void {
    this.isPaused = isPaused;
    if (isPaused) return this.begun.clear();
    for (const id of this.stalled) this.retries.delete(id);
    this.stalled.clear();
  }

  /** Begins nothing more. Resolves when nothing is under way. */
  retire(): Promise<void> {
    return new Promise((resolve) => {
      this.retired = resolve;
      if (!this.isBusy) resolve();
    });
  }

  /** After `retire`: ends what is still under way; it counts as not begun. */
  giveUp(): void {
    for (const [id, step] of this.running) {
      step.drop();
      if (step.heartbeat !== undefined) this.heartbeats.set(id, step.heartbeat);
    }
    this.running.clear();
  }

  /** What became of the attempts that were under way when the process that made them ended. */
  lost(): readonly (Outcome | Note)[] {
    const at = this.host.clock.now();
    return [...this.begun].flatMap(([id, startedAt]) => {
      const pending = this.core.pending.get(id);
      const { command } = pending ?? {};
      if (!pending || pending.isCancelled || (command?.kind !== "step" && command?.kind !== "undo")) return [];
      const number = (this.retries.get(id)?.attempts.count ?? 0) + 1;
      const error = attemptLost(`the process ended during attempt ${number}`);
      const attempt = { ...failedAttempt(number, startedAt, at, error), outcome: "lost" } as const;
      this.ended.add(id);
      return [this.afterFailure(command, { attempt, error, pauseMs: 0 })];
    });
  }

  /** After a reset: attempts before it do not count. */
  startAnew(): void {
    this.begun.clear();
  }

  /** To be recorded before `act`: attempts that it will begin, of which no record tells yet, and those that it cannot. */
  beginning(isPaused: boolean): readonly Note[] {
    const notes: Note[] = [];
    if (isPaused) return notes;
    const at = this.host.clock.now();
    for (const pending of this.core.pending.values()) {
      const { command } = pending;
      if ((command.kind !== "step" && command.kind !== "undo") || pending.isCancelled) continue;
      const { id } = command;
      const isKnown = this.host.programs.steps.has(command.name) && (!this.retired || this.isUnderWay(id));
      const isBegun = this.begun.has(id);
      if (isBegun === isKnown) continue;
      const heartbeat = this.heartbeats.get(id);
      if (isBegun) notes.push({ at, ...(heartbeat !== undefined && { heartbeat }), id, isVoid: true, kind: "begun" });
      else if (this.isUnderWay(id) || this.canBegin(pending, isPaused, at)) notes.push({ at, id, kind: "begun" });
    }
    return notes;
  }

  get isBusy(): boolean {
    return this.running.size > 0 || (this.children.size > 0 && [...this.children.values()].includes("starting"));
  }

  /** Whether nothing is under way, nor could begin now. */
  isIdle(isPaused: boolean): boolean {
    if (this.isBusy) return false;
    const now = this.host.clock.now();
    for (const pending of this.core.pending.values()) if (this.canBegin(pending, isPaused, now)) return false;
    return true;
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
    if (kind === "timer" || this.retired || this.isUnderWay(id) || this.stalled.has(id)) return false;
    if (kind === "child") {
      const child = this.children.get(id);
      return isCancelled ? child !== "starting" && child !== "cancelled" : !isPaused && child === undefined;
    }
    return isCancelled || (!isPaused && (this.retries.get(id)?.next ?? 0) <= now);
  }

  private isUnderWay(id: string): boolean {
    return this.running.has(id) || this.ended.has(id);
  }

  private tendStep(command: StepCommand, isCancelled: boolean): void {
    if (isCancelled) this.end(command.id, this.cancelledStep(command.id));
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
    if (!this.begun.has(id)) return; // its time came just now: it is recorded first
    const retry = this.retries.get(id);
    const policy = this.policyOf(command);
    const isUndo = command.kind === "undo";
    const key = stepKey(core.started, command);
    const running = new RunningStep({
      step,
      input,
      deadlines: host.deadlines,
      token: host.ids("att"),
      number: (retry?.attempts.count ?? 0) + 1,
      timeoutMs: policy.timeoutMs,
      deadline: policy.overallMs === undefined ? undefined : command.at + policy.overallMs,
      key,
      isUndo,
      workflowId: core.started.id,
      cause: { ...this.cause, causation: isUndo ? `${key}/undo` : key },
      lastHeartbeat: this.heartbeats.get(id),
    });
    this.running.set(id, running);
    void running.ended.then((end) => this.attempted(command, policy, running, end));
  }

  private attempted(command: StepCommand, policy: AttemptPolicy, running: RunningStep, end: AttemptEnd): void {
    const { id } = command;
    if (this.isDropped || this.running.get(id) !== running) return;
    this.running.delete(id);
    this.seeWhetherQuiet();
    const at = this.host.clock.now();
    const before = this.retries.get(id)?.attempts;
    if ("value" in end) {
      return this.end(id, { at, ...(before && { attempts: before }), id, kind: "done", value: end.value });
    }
    if (running.isCancelled) return this.end(id, this.cancelledStep(id));
    const attempt = failedAttempt(running.number, running.startedAt, at, end.error);
    const { heartbeat } = running;
    const failed = { attempt, error: end.error, pauseMs: retryDelay(policy, running.number, this.host.random, end.error) };
    this.end(id, this.afterFailure(command, { ...failed, ...(heartbeat !== undefined && { heartbeat }) }));
  }

  private end(id: string, outcome: Outcome | Note): void {
    this.ended.add(id);
    this.receive(outcome);
  }

  private afterFailure(command: StepCommand, { attempt, error, pauseMs, heartbeat }: FailedAttempt): Outcome | Note {
    const { id } = command;
    const { number, endedAt: at } = attempt;
    const policy = this.policyOf(command);
    const attempts = withAttempt(this.retries.get(id)?.attempts ?? NO_ATTEMPTS, attempt);
    const next = at + pauseMs;
    const isInTime = policy.overallMs === undefined || next < command.at + policy.overallMs;
    if (isInTime && mayRetry(policy, number, error)) {
      return { kind: "retry", id, at, next, attempts, ...(heartbeat !== undefined && { heartbeat }) };
    }
    const kind = command.kind === "undo" ? "stalled" : "failed";
    return { kind, id, at, failure: failureOf(error, "step-failed"), attempts };
  }

  private policyOf({ name }: StepCommand): AttemptPolicy {
    return { ...DEFAULT_POLICY, ...this.host.programs.steps.get(name)?.contract.policy };
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
    this.seeWhetherQuiet();
  }

  private seeWhetherQuiet(): void {
    if (!this.isBusy) this.retired?.();
  }
}
