import { loadState, type AsOf, type Folded } from "@daybook/data/event-store/fold";
import { streamName, type DomainEvent } from "@daybook/data/event-store/event";
import type { EventStore } from "@daybook/data/event-store/event-store";
import type { Condition, Effect } from "@daybook/data/store/unit";
import type { Clock } from "@daybook/kernel/clock";
import type { Context } from "@daybook/kernel/context";
import type { IdSource } from "@daybook/kernel/ids";
import { CommandRunner } from "./command-runner.ts";
import type { Decider, Refusal } from "./decider.ts";
import type { IdempotentRequest } from "./idempotency.ts";

/** Runs commands on the aggregates of one category. */
export interface Aggregates<State, Command> {
  /**
   * Loads (warm, else snapshot and tail), decides, renders the answer and commits one unit: events, inline rows,
   * snapshot, idempotency answer. A refusal is committed, too, on the version that it names. Commands for one aggregate
   * queue in this process; a conflict with another process is decided again on fresh state, at most five times, then it
   * is `contention`. Rejects with `commit-unknown` when the store cannot say, and with `request-in-progress` when another
   * request of the same key has not ended within 5 s in this process. A command may be a promise: what it is made of is
   * read beside the request's earlier answer.
   */
  execute<Answer>(
    id: string,
    command: Command | Promise<Command>,
    options: ExecuteOptions<State, Answer>,
  ): Promise<Executed<Answer>>;
  load(id: string, asOf?: AsOf): Promise<Folded<State>>;
}

export interface ExecuteOptions<State, Answer> {
  readonly context: Context;
  /**
   * Version that the caller has seen; another one is `stale`. What is refused anyway is refused (as RFC 9110, 13.2.1,
   * orders it): a caller who may not see the aggregate does not learn its version.
   */
  readonly expectedVersion?: number | undefined;
  readonly idempotency?: IdempotentRequest | undefined;
  /** The id was made for this command: it is decided on the initial state without a look; the commit still checks it. */
  readonly isNew?: boolean;
  /** The answer; pure. Called for outcomes and for refusals. Under a key it is plain data, and is kept and replayed. */
  render(outcome: Outcome<State>): Answer;
  /**
   * What else belongs into the unit of an accepted command (also of one that changes nothing), given the new state and
   * what happened; pure.
   */
  extra?(folded: Folded<State>, happened: readonly DomainEvent[]): Extra;
}

export interface Extra {
  readonly guards?: readonly Guard[];
  readonly effects?: readonly Effect[];
}

/** A rule that the store decides at the commit, such as a reserved name: where `condition` does not hold, the command is refused. */
export interface Guard {
  readonly condition: Condition;
  readonly refusal: Refusal;
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
  /** Events between two snapshots; 100. A state that is too big for a row has none. */
  readonly snapshotEvery?: number;
  /** States kept warm; 10,000. */
  readonly warmStates?: number;
}

export function aggregates<State, Command, Event extends DomainEvent>(
  options: AggregatesOptions<State, Command, Event>,
): Aggregates<State, Command> {
  const runner = new CommandRunner(options);
  return {
    execute: (id, command, execution) => runner.run(id, command, execution),
    load: (id, asOf) => loadState(options.events, options.decider, streamName(options.decider.category, id), asOf),
  };
}
