import { systemClock } from "@daybook/kernel/clock";
import type { StepContract } from "../definition.ts";
import { errorOf } from "../replay/failure.ts";
import type { Command, End, Note, Outcome } from "../replay/history.ts";
import type { RunCore } from "../replay/run-core.ts";
import { stepKey } from "../replay/step-key.ts";
import { decodeValue } from "../replay/value-text.ts";
import { workflowNotRegistered } from "../errors.ts";
import { activityOptions } from "./activity-options.ts";
import { childFailure, stepFailure } from "./failures.ts";
import type { CancellationScope, RunOrigin, StepCall, TemporalWorkflowModule } from "./surface.ts";

const DAY_MS = 86_400_000;
/** Signal that tries again what could not be undone. */
const RESUME = "daybook.resume";

type StepCommand = Command & { readonly kind: "step" | "undo" };

/**
 * One run in Temporal's isolate. The code runs in the same core as on the embedded engine; this carries its commands out
 * by Temporal's means and gives it their outcomes, one at a time. Temporal's history decides their order, so that a replay
 * there gives the same commands.
 */
export class IsolateRun {
  private readonly temporal: TemporalWorkflowModule;
  private readonly core: RunCore;
  private readonly origin: RunOrigin;
  private readonly steps: ReadonlyMap<string, StepContract>;
  private readonly inbox: Outcome[] = [];
  private readonly running = new Map<string, CancellationScope>();
  private readonly answers = new Map<string, PromiseWithResolvers<string>>();
  private received = 0;
  private resumes = 0;

  constructor(
    temporal: TemporalWorkflowModule,
    core: RunCore,
    options: { readonly origin: RunOrigin; readonly steps: ReadonlyMap<string, StepContract> },
  ) {
    this.temporal = temporal;
    this.core = core;
    this.origin = options.origin;
    this.steps = options.steps;
  }

  /** Gives the encoded result; throws what ends a Temporal run otherwise. */
  async execute(): Promise<string> {
    this.listen();
    this.receive({ kind: "begin", at: now() });
    for (const { name, value } of this.origin.waiting ?? []) this.give({ kind: "signal", name, value });
    const end = await this.temporal.CancellationScope.nonCancellable(() => this.pump());
    return this.conclude(end);
  }

  private listen(): void {
    const { temporal } = this;
    temporal.CancellationScope.current().cancelRequested.catch((error: Error) => {
      this.give({ kind: "cancel", reason: error.message });
    });
    temporal.setDefaultSignalHandler((name, value) => this.signalled(name, value));
    temporal.setDefaultQueryHandler((name) => this.query(name));
    temporal.setDefaultUpdateHandler((name, value) => this.update(name, value));
  }

  private async pump(): Promise<End> {
    void this.expire();
    while (!this.core.end) {
      await this.temporal.condition(() => this.inbox.length > 0);
      const outcome = this.inbox.shift();
      if (!outcome || !this.core.expects(outcome)) continue;
      this.core.deliver(outcome);
      await this.quiet();
      const { commands, notes } = this.core.take();
      for (const command of commands) this.carryOut(command);
      this.cancelUnwanted();
      for (const note of notes) this.tell(note);
    }
    return this.core.end;
  }

  /** Until no microtask is left: a condition is looked at when the code can not go on. */
  private quiet(): Promise<void> {
    let isQuiet = false;
    return this.temporal.condition(() => {
      const wasAsked = isQuiet;
      isQuiet = true;
      return wasAsked;
    });
  }

  private receive(outcome: Outcome): void {
    this.inbox.push(outcome);
  }

  private carryOut(command: Command): void {
    switch (command.kind) {
      case "step":
      case "undo":
        return void this.attend(command.id, () => this.step(command), stepFailure);
      case "timer":
        return void this.timer(command.id, command.at);
      case "child":
        return void this.attend(
          command.id,
          () => this.child(command),
          (error) => childFailure(error, command.child),
        );
      case "attributes":
        return this.temporal.upsertMemo({ ...command.values });
      case "patch": // Temporal's own marker
      case "pivot":
      case "end":
        return undefined;
    }
  }

  /** Runs what has a result; its failure for good is an outcome, too. */
  private async attend(id: string, run: () => Promise<unknown>, failureFrom: typeof stepFailure): Promise<void> {
    const scope = new this.temporal.CancellationScope();
    this.running.set(id, scope);
    try {
      const value = await scope.run(run);
      this.receive({ kind: "done", id, at: now(), value: String(value) });
    } catch (error) {
      this.receive({ kind: "failed", id, at: now(), failure: failureFrom(error) });
    } finally {
      this.running.delete(id);
    }
  }

  private async timer(id: string, at: number): Promise<void> {
    const scope = new this.temporal.CancellationScope();
    this.running.set(id, scope);
    try {
      await scope.run(() => this.temporal.sleep(Math.max(1, at - now())));
      this.receive({ kind: "fired", id, at: now() });
    } catch {
      // Cancelled: the code was told already.
    } finally {
      this.running.delete(id);
    }
  }

  private async step(command: StepCommand): Promise<unknown> {
    const { id, name, input } = command;
    const contract = this.steps.get(name);
    if (!contract) throw workflowNotRegistered(`step ${name} is not registered with this workflow`);
    const options = activityOptions(contract, id, Number.isFinite(this.overallMs) ? this.overallMs : DAY_MS);
    const attempt = () => this.temporal.proxyActivities(options)[name]?.(input, this.callOf(command));
    return command.kind === "undo" ? this.untilUndone(id, attempt) : attempt();
  }

  /** What cannot be undone stays to be undone: a person repairs the cause and sends `daybook.resume`. */
  private async untilUndone(id: string, attempt: () => Promise<unknown> | undefined): Promise<unknown> {
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        const seen = this.resumes;
        const { code, message } = stepFailure(error);
        this.temporal.upsertMemo({ attention: `${id}: ${code}: ${message}` });
        await this.temporal.condition(() => this.resumes > seen);
        this.temporal.upsertMemo({ attention: null });
      }
    }
  }

  private callOf(command: StepCommand): StepCall {
    const { started } = this.core;
    const { id, correlation, actor, tenant, trace, workflow } = started;
    const cause = { correlation, causation: id, actor, tenant, source: `workflow/${workflow}`, ...(trace && { trace }) };
    return { key: stepKey(started, command), isUndo: command.kind === "undo", cause };
  }

  private child({ name, input, child }: Command & { readonly kind: "child" }): Promise<unknown> {
    const { number: _, waiting: __, ...origin } = this.origin;
    return this.temporal.executeChild(name, {
      args: [input, origin],
      workflowId: child,
      cancellationType: "WAIT_CANCELLATION_COMPLETED",
    });
  }

  private cancelUnwanted(): void {
    for (const [id, scope] of this.running) {
      const pending = this.core.pending.get(id);
      if (!pending || pending.isCancelled) scope.cancel();
    }
  }

  private tell(note: Note): void {
    if (note.kind === "state") this.temporal.upsertMemo({ state: note.is, reason: note.reason ?? null });
    if (note.kind !== "answer") return;
    const answer = this.answers.get(note.of);
    if (note.failure) answer?.reject(this.refusal(errorOf(note.failure)));
    else answer?.resolve(note.value ?? "null");
    this.answers.delete(note.of);
  }

  private get overallMs(): number {
    return this.core.definition.policy.overallMs ?? DAY_MS;
  }

  private async expire(): Promise<void> {
    if (!Number.isFinite(this.overallMs)) return;
    await this.temporal.sleep(this.overallMs);
    this.receive({ kind: "expired", at: now() });
  }

  private signalled(name: string, value: unknown): void {
    if (name === RESUME) {
      this.resumes++;
      return;
    }
    const schema = this.core.definition.messages.signals?.[name];
    try {
      if (!schema) throw workflowNotRegistered(`there is no signal ${name}`);
      decodeValue(schema, String(value), `signal ${name}`);
      this.give({ kind: "signal", name, value: String(value) });
    } catch (error) {
      this.temporal.log.warn(`signal ${name} was left out: ${String(error)}`); // nobody waits for an answer
    }
  }

  private query(name: string): string {
    const answer = this.core.mailbox.query(name);
    if (answer === undefined) throw workflowNotRegistered(`${this.core.started.id} does not answer the query ${name}`);
    return answer;
  }

  private update(name: string, value: unknown): Promise<string> {
    const contract = this.core.definition.messages.updates?.[name];
    try {
      if (!contract) throw workflowNotRegistered(`there is no update ${name}`);
      decodeValue(contract.input, String(value), `update ${name}`);
    } catch (error) {
      throw this.refusal(error);
    }
    const id = this.give({ kind: "update", name, value: String(value) });
    const answer = Promise.withResolvers<string>();
    this.answers.set(id, answer);
    return answer.promise;
  }

  private give(request: Said): string {
    const id = `given-${++this.received}`;
    this.receive({ kind: "given", at: now(), request: { id, ...request } });
    return id;
  }

  private refusal(error: unknown): Error {
    const why = stepFailure(error);
    const { code: type, message } = why;
    return this.temporal.ApplicationFailure.create({ message, type, nonRetryable: true, details: [why] });
  }

  private conclude({ status, value = "null", failure: why }: End): string | Promise<string> {
    const { temporal, core, origin } = this;
    if (status === "continued") {
      const waiting = core.mailbox.waiting.map((signal) => ({ name: signal.name, value: signal.value }));
      return temporal.continueAsNew(value, { ...origin, number: core.started.number + 1, waiting });
    }
    if (!why) return value;
    if (status === "cancelled") throw new temporal.CancelledFailure(why.message);
    const { code: type, message } = why;
    throw temporal.ApplicationFailure.create({ message, type, nonRetryable: true, details: [why, status] });
  }
}

type Said =
  | { readonly kind: "signal" | "update"; readonly name: string; readonly value: string }
  | { readonly kind: "cancel"; readonly reason: string };

/** In the isolate: the time of Temporal's activation, the same when replayed. */
function now(): number {
  return systemClock.now();
}
