import type { Clock } from "@daybook/kernel/clock";
import { causeOf, type Context } from "@daybook/kernel/context";
import type { IdSource } from "@daybook/kernel/ids";
import { commitUnknown } from "../event-store/errors.ts";
import { streamName, type DomainEvent } from "../event-store/event.ts";
import { loadState, snapshotEffect, type AsOf, type Folded } from "../event-store/fold.ts";
import type { EventStore } from "../event-store/event-store.ts";
import type { Committed, Condition, Effect, Refused, Unit, Verdict } from "../store/unit.ts";
import type { Decider, Refusal } from "./decider.ts";
import { contention } from "./errors.ts";
import { answerCondition, answerEffect, earlierAnswer, type IdempotentRequest } from "./idempotency.ts";
import { SerialQueue } from "./serial-queue.ts";

/** Runs commands on the aggregates of one category. */
export interface Aggregates<State, Command> {
  /**
   * Loads (warm, else snapshot and tail), decides, renders the answer and commits one unit: events, inline rows,
   * snapshot, idempotency answer. Commands for one aggregate queue in this process; a conflict with another process is
   * decided again on fresh state, at most five times. Rejects with `commit-unknown` when the store cannot say.
   */
  execute<Answer>(id: string, command: Command, options: ExecuteOptions<State, Answer>): Promise<Executed<Answer>>;
  load(id: string, asOf?: AsOf): Promise<Folded<State>>;
}

export interface ExecuteOptions<State, Answer> {
  readonly context: Context;
  /** Version that the caller has seen; another one is `stale`. */
  readonly expectedVersion?: number | undefined;
  readonly idempotency?: IdempotentRequest | undefined;
  /** The answer to be kept and replayed; pure. Called for outcomes and for refusals. */
  render(outcome: Outcome<State>): Answer;
  /** What else belongs into the unit, given the new state. */
  extra?(folded: Folded<State>): { readonly conditions?: readonly Condition[]; readonly effects?: readonly Effect[] };
}

export type Outcome<State> =
  | { readonly kind: "done"; readonly state: State; readonly version: number; readonly at: number }
  | { readonly kind: "refused"; readonly refusal: Refusal };

export type Executed<Answer> =
  | { readonly kind: "answered"; readonly answer: Answer; readonly isReplayed: boolean; readonly position: number }
  /** The idempotency key was used with another content. */
  | { readonly kind: "keyReused" }
  /** The aggregate is at `actual`, not at the expected version. */
  | { readonly kind: "stale"; readonly actual: number };

export interface AggregatesOptions<State, Command, Event extends DomainEvent> {
  readonly events: EventStore;
  readonly decider: Decider<State, Command, Event>;
  readonly clock: Clock;
  readonly ids: IdSource;
  /** Read-model rows that carry this aggregate's state, put in the unit that changes it; pure. */
  readonly inline?: (id: string, folded: Folded<State>) => readonly Effect[];
  /** Events between two snapshots; 100. */
  readonly snapshotEvery?: number;
  /** States kept warm; 10,000. */
  readonly warmStates?: number;
}

const TRIES = 5;

export function aggregates<State, Command, Event extends DomainEvent>(
  options: AggregatesOptions<State, Command, Event>,
): Aggregates<State, Command> {
  const runner = new Runner(options);
  return {
    execute: (id, command, execution) => runner.queue.run(id, () => runner.execute(id, command, execution)),
    load: (id, asOf) => loadState(options.events, options.decider, streamName(options.decider.category, id), asOf),
  };
}

class Runner<State, Command, Event extends DomainEvent> {
  readonly queue = new SerialQueue();
  private readonly warm = new Map<string, Folded<State>>();
  private readonly options: AggregatesOptions<State, Command, Event>;

  constructor(options: AggregatesOptions<State, Command, Event>) {
    this.options = options;
  }

  async execute<Answer>(id: string, command: Command, execution: ExecuteOptions<State, Answer>): Promise<Executed<Answer>> {
    const replayed = execution.idempotency && (await this.replay<Answer>(execution.idempotency));
    if (replayed) return replayed;
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const executed = await this.attempt(id, command, execution);
      if (executed) return executed;
    }
    throw contention(`${this.options.decider.category} ${id} is changed by others all the time`);
  }

  /** Undefined when the state had changed under the decision. */
  private async attempt<Answer>(
    id: string,
    command: Command,
    execution: ExecuteOptions<State, Answer>,
  ): Promise<Executed<Answer> | undefined> {
    const { decider, clock } = this.options;
    const before = await this.current(id);
    if (execution.expectedVersion !== undefined && execution.expectedVersion !== before.version) {
      this.warm.delete(id); // another process may have changed it: the next look is a fresh one
      const fresh = await this.current(id);
      if (execution.expectedVersion !== fresh.version) return { kind: "stale", actual: fresh.version };
      return undefined;
    }
    const at = clock.now();
    const decision = decider.decide(command, before.state, at);
    if ("refusal" in decision) return this.refuse(id, before, decision.refusal, execution, at);
    return this.commit(id, before, decision.events, execution, at);
  }

  private async commit<Answer>(
    id: string,
    before: Folded<State>,
    decided: readonly Event[],
    execution: ExecuteOptions<State, Answer>,
    at: number,
  ): Promise<Executed<Answer> | undefined> {
    const { decider, events, ids } = this.options;
    const stream = streamName(decider.category, id);
    const unitId = ids("unt");
    const encoded = await events.encode(unitId, decided);
    const state = encoded.events.reduce((folded, event) => decider.evolve(folded, event), before.state);
    const after = { state, version: before.version + decided.length };
    const answer = execution.render({ kind: "done", ...after, at });
    const extra = execution.extra?.(after);
    const changes: readonly Effect[] =
      decided.length === 0
        ? []
        : [{ kind: "append", stream, events: encoded.stored }, ...this.derived(id, stream, before.version, after)];
    const committed = await this.submit(id, execution, answer, at, {
      id: unitId,
      cause: causeOf(execution.context),
      conditions: [{ kind: "version", stream, is: before.version }, ...(extra?.conditions ?? [])],
      effects: [...changes, ...(extra?.effects ?? [])],
    });
    if (committed?.kind === "committed") this.keepWarm(id, after);
    return this.settled(id, committed, answer, execution);
  }

  private async refuse<Answer>(
    id: string,
    before: Folded<State>,
    refusal: Refusal,
    execution: ExecuteOptions<State, Answer>,
    at: number,
  ): Promise<Executed<Answer> | undefined> {
    const answer = execution.render({ kind: "refused", refusal });
    const stream = streamName(this.options.decider.category, id);
    const submitted = await this.submit(id, execution, answer, at, {
      id: this.options.ids("unt"),
      cause: causeOf(execution.context),
      // A refusal, too, is of the state that it names: another process may have moved on.
      conditions: [{ kind: "version", stream, is: before.version }],
      effects: [],
    });
    return this.settled(id, submitted, answer, execution);
  }

  private async submit<Answer>(
    id: string,
    execution: ExecuteOptions<State, Answer>,
    answer: Answer,
    at: number,
    unit: Unit,
  ): Promise<Submitted> {
    const { idempotency } = execution;
    const whole: Unit = idempotency
      ? {
          ...unit,
          conditions: [answerCondition(idempotency), ...unit.conditions],
          effects: [...unit.effects, answerEffect(idempotency, JSON.stringify(answer), at)],
        }
      : unit;
    const verdict = await this.decisive(id, whole);
    if (verdict.outcome === "committed") return { kind: "committed", verdict };
    return { kind: idempotency && verdict.condition === 0 ? "answeredBefore" : "conflict" };
  }

  /** A verdict that is not unknown: the same unit is committed once more before the caller is told that nobody knows. */
  private async decisive(id: string, unit: Unit): Promise<Committed | Refused> {
    let verdict: Verdict = await this.options.events.store.commit(unit);
    if (verdict.outcome !== "unknown") return verdict;
    this.warm.delete(id);
    const { cause } = verdict;
    try {
      verdict = await this.options.events.store.commit(unit);
    } catch {
      throw commitUnknown(`whether unit ${unit.id} was committed is not known`, { cause, details: { unit: unit.id } });
    }
    if (verdict.outcome !== "unknown") return verdict;
    throw commitUnknown(`whether unit ${unit.id} was committed is not known`, { cause, details: { unit: unit.id } });
  }

  private async settled<Answer>(
    id: string,
    submitted: Submitted,
    answer: Answer,
    execution: ExecuteOptions<State, Answer>,
  ): Promise<Executed<Answer> | undefined> {
    if (submitted.kind === "committed") {
      return { kind: "answered", answer, isReplayed: false, position: submitted.verdict.position };
    }
    this.warm.delete(id);
    return submitted.kind === "answeredBefore" && execution.idempotency ? this.replay<Answer>(execution.idempotency) : undefined;
  }

  private async replay<Answer>(request: IdempotentRequest): Promise<Executed<Answer> | undefined> {
    const { store } = this.options.events;
    const earlier = await earlierAnswer(store, request);
    if (earlier.kind === "none") return undefined;
    if (earlier.kind === "other") return { kind: "keyReused" };
    const { position } = await store.head();
    const answer = JSON.parse(earlier.answer) as Answer; // kept by this operation, see submit
    return { kind: "answered", answer, isReplayed: true, position };
  }

  private derived(id: string, stream: string, from: number, after: Folded<State>): readonly Effect[] {
    const { decider, inline, snapshotEvery = 100 } = this.options;
    const isDue = Math.floor(after.version / snapshotEvery) > Math.floor(from / snapshotEvery);
    return [...(inline?.(id, after) ?? []), ...(isDue ? [snapshotEffect(decider, stream, after, snapshotEvery)] : [])];
  }

  private async current(id: string): Promise<Folded<State>> {
    const { events, decider } = this.options;
    return this.warm.get(id) ?? loadState(events, decider, streamName(decider.category, id));
  }

  private keepWarm(id: string, folded: Folded<State>): void {
    this.warm.delete(id);
    this.warm.set(id, folded);
    if (this.warm.size <= (this.options.warmStates ?? 10_000)) return;
    for (const oldest of this.warm.keys()) {
      this.warm.delete(oldest);
      return;
    }
  }
}

type Submitted =
  | { readonly kind: "committed"; readonly verdict: Committed }
  | { readonly kind: "answeredBefore" }
  | { readonly kind: "conflict" };
