import { idSource, type IdSource } from "@daybook/kernel/ids";
import { seededRandom, type Random } from "@daybook/kernel/random";
import type { WorkflowDefinition } from "../definition.ts";
import { workflowCancelled, workflowEnded, workflowTimeout } from "../errors.ts";
import { errorOf, failure, failureOf } from "./failure.ts";
import { handled } from "./handled.ts";
import type { Command, End, Note, Outcome, Request, Started } from "./history.ts";
import { Mailbox } from "./mailbox.ts";
import { runContext } from "./run-context.ts";
import { Scope, type Wait } from "./scope.ts";
import { decodeValue, encodeValue } from "./value-text.ts";

/** A command whose outcome is still to come. */
export interface Pending extends Wait {
  readonly command: Command & { readonly kind: "step" | "undo" | "timer" | "child" };
  /** The code no longer wants it: it is not begun, or aborted and waited for. */
  isCancelled: boolean;
  settle(outcome: Outcome): void;
}

const RETURNED = failure(workflowEnded, "the workflow has returned");

type Awaited = Pending["command"];

/**
 * One run of the code over its history: outcomes in, commands out. It holds no clock, no store and no randomness of its
 * own, so that the same outcomes in the same order give the same commands. Whoever delivers waits until the code can not
 * go on before the next outcome, the first time as well as when it is replayed: that is what makes `all` and `race`
 * deterministic.
 */
export class RunCore {
  readonly started: Started;
  readonly definition: WorkflowDefinition;
  readonly mailbox: Mailbox;
  /** By command. */
  readonly pending = new Map<string, Pending>();
  readonly issued = new Map<string, Command>();
  /** Epoch milliseconds of the last outcome. */
  at: number;
  isReplaying = false;
  isPivoted = false;
  isUndoing = false;
  end: End | undefined;
  /** Changes that the recorded part of the run passed by. */
  readonly recordedChanges = new Set<string>();
  private readonly answeredChanges = new Map<string, boolean>();
  private readonly root = new Scope();
  private readonly continued = Promise.withResolvers<string>();
  private commands: Command[] = [];
  private notes: Note[] = [];
  private busy = 0;
  private ownRandom: Random | undefined;
  private ownIds: IdSource | undefined;
  private whenQuiet: (() => void) | undefined;
  /** Shielded scopes that run. */
  private shields = 0;
  /** Cancels whose senders wait. */
  private readonly unanswered: string[] = [];

  constructor(definition: WorkflowDefinition, started: Started) {
    this.definition = definition;
    this.started = started;
    this.at = started.at;
    this.mailbox = new Mailbox(
      definition,
      (note) => this.notes.push(note),
      () => this.at,
    );
  }

  get random(): Random {
    return (this.ownRandom ??= seededRandom(this.started.seed));
  }

  get ids(): IdSource {
    const clock = { now: () => this.at, elapsed: () => this.at, after: () => () => undefined };
    return (this.ownIds ??= idSource(clock, this.random));
  }

  /** What the code decided since it was last asked. */
  take(): { readonly commands: readonly Command[]; readonly notes: readonly Note[] } {
    const taken = { commands: this.commands, notes: this.notes };
    this.commands = [];
    this.notes = [];
    return taken;
  }

  /** Whether the outcome still means anything. One that does not is not recorded. */
  expects(outcome: Outcome): boolean {
    if (this.end) return false;
    return !("id" in outcome) || this.pending.has(outcome.id);
  }

  /** Gives the code one outcome; it runs in the microtasks that follow. */
  deliver(outcome: Outcome): void {
    this.at = outcome.at;
    switch (outcome.kind) {
      case "begin":
        return void this.execute();
      case "given":
        return this.give(outcome.request);
      case "expired":
        return this.root.cancel(failure(workflowTimeout, `${this.started.id} took longer than its policy allows`));
      case "done":
      case "failed":
      case "fired":
        return this.settle(outcome);
    }
  }

  issue(command: Command): void {
    this.issued.set(command.id, command);
    this.commands.push(command);
  }

  /** Issues a command and waits for its outcome; `read` makes its value. */
  request<T>(scope: Scope | undefined, command: Awaited, read: (outcome: Outcome) => T): Promise<T> {
    this.issue(command);
    const isLong = command.kind !== "timer";
    if (isLong) this.busy++;
    const promise = new Promise<T>((resolve, reject) => {
      const forget = () => {
        scope?.waits.delete(pending);
        this.pending.delete(command.id);
        if (isLong && --this.busy === 0) this.whenQuiet?.();
      };
      const pending: Pending = {
        command,
        isCancelled: false,
        settle: (outcome) => {
          forget();
          if (outcome.kind === "failed") return reject(errorOf(outcome.failure, { command: command.id }));
          resolve(Promise.try(() => read(outcome)));
        },
        cancel: (reason) => {
          pending.isCancelled = true;
          if (isLong) return;
          forget();
          reject(errorOf(reason));
        },
      };
      scope?.waits.add(pending);
      this.pending.set(command.id, pending);
    });
    return handled(promise);
  }

  private async undoStep(of: string, name: string, input: string): Promise<void> {
    const command = { kind: "undo", id: `undo-${of}`, name, of, input, at: this.at } as const;
    await this.request(undefined, command, () => undefined);
  }

  /** Undoes what was done in the scope, out of every cancel's reach; false when nothing was. */
  async undo(scope: Scope, reason: string): Promise<boolean> {
    if (!scope.isArmed) return false;
    this.isUndoing = true;
    this.note("compensating", reason);
    await scope.undo((of, name, input) => this.undoStep(of, name, input));
    this.isUndoing = false;
    return true;
  }

  /** A cancel that came while a shielded scope ran, and that nothing but it was waiting for, is void now. */
  pivot(id: string): void {
    this.isPivoted = true;
    this.root.disarm();
    if (this.root.cancelled?.code === "workflow-cancelled") this.root.revive();
    this.answerCancels("its pivot is passed");
    this.issue({ kind: "pivot", id });
  }

  /** Whether a cancel is accepted shows when no shielded scope is left that could pass the pivot. */
  async shielded<T>(body: () => Promise<T>): Promise<T> {
    this.shields++;
    try {
      return await body();
    } finally {
      if (--this.shields === 0) this.answerCancels();
    }
  }

  patched(change: string): boolean {
    const known = this.answeredChanges.get(change);
    if (known !== undefined) return known;
    const isPassed = !this.isReplaying || this.recordedChanges.has(change);
    this.answeredChanges.set(change, isPassed);
    if (isPassed) this.issue({ kind: "patch", id: `patch-${change}`, change });
    return isPassed;
  }

  continueAs(input: unknown): Promise<never> {
    this.continued.resolve(encodeValue(this.definition.input, input, `input of ${this.started.workflow}`));
    return new Promise(() => undefined);
  }

  note(is: "compensating" | "running", reason?: string): void {
    this.notes.push({ kind: "state", is, at: this.at, ...(reason !== undefined && { reason }) });
  }

  private settle(outcome: Outcome & { readonly id: string }): void {
    this.pending.get(outcome.id)?.settle(outcome);
  }

  private give(request: Request): void {
    if (request.kind === "signal" || request.kind === "update") this.mailbox.put(request);
    else if (request.kind === "cancel") this.cancel(request.id, request.reason);
  }

  private cancel(of: string, reason: string): void {
    const refusal = this.isPivoted ? "its pivot is passed" : this.isUndoing ? "it is being undone already" : undefined;
    this.unanswered.push(of);
    if (refusal === undefined) this.root.cancel(failure(workflowCancelled, reason));
    if (refusal !== undefined || this.shields === 0) this.answerCancels(refusal);
  }

  private answerCancels(refusal?: string): void {
    const value = JSON.stringify(refusal ?? null);
    for (const of of this.unanswered.splice(0)) this.notes.push({ kind: "answer", of, at: this.at, value });
  }

  private async execute(): Promise<void> {
    const tried = await this.tried();
    this.root.close(RETURNED);
    await this.quiet();
    const end = await this.compensated(tried);
    this.end = end;
    const { failure: reason, status, value } = end;
    const told = reason && { failure: reason };
    this.issue({ at: this.at, ...told, id: "end", kind: "end", status, ...(value !== undefined && { value }) });
  }

  private async tried(): Promise<End> {
    const { definition, started } = this;
    try {
      const input = decodeValue(definition.input, started.input, `input of ${started.workflow}`);
      const returned = definition.run(runContext(this, this.root), input);
      const ended = returned.then((output) => ({
        status: "completed" as const,
        value: encodeValue(definition.output, output, `result of ${started.workflow}`),
      }));
      const continued = this.continued.promise.then((value) => ({ status: "continued" as const, value }));
      return await Promise.race([ended, continued]);
    } catch (error) {
      const reason = this.root.cancelled ?? failureOf(error, "workflow-failed");
      return { status: reason.code === "workflow-cancelled" ? "cancelled" : "failed", failure: reason };
    }
  }

  private async compensated(end: End): Promise<End> {
    if (end.failure === undefined || !this.root.isArmed) return end;
    await this.undo(this.root, `${end.failure.code}: ${end.failure.message}`);
    return end.status === "failed" ? { ...end, status: "compensated" } : end;
  }

  private async quiet(): Promise<void> {
    if (this.busy > 0) await new Promise<void>((resolve) => (this.whenQuiet = resolve));
  }
}
