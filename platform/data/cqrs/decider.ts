import type { DomainEvent } from "@daybook/data/event-store/event";
import type { Fold } from "@daybook/data/event-store/fold";

/**
 * An aggregate as pure functions: `decide` says what a command does in a state, `evolve` (of Fold) what an event does
 * to it. `at` is the time of the decision, epoch milliseconds; ids and prices arrive in the command.
 */
export interface Decider<State, Command, Event extends DomainEvent> extends Fold<State, Event> {
  decide(command: Command, state: State, at: number): Decision<Event>;
}

/** What a command leads to: events (none: nothing to do), or a refusal. Both are values. */
export type Decision<Event> = { readonly events: readonly Event[] } | { readonly refusal: Refusal };

/** A refused business decision. `code` is stable and documented with the API. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  /** Plain data that helps the caller: the state that refused, the short items. */
  readonly details?: Readonly<Record<string, unknown>>;
}

export function accept<Event>(...events: readonly Event[]): { readonly events: readonly Event[] } {
  return { events };
}

export function refuse(
  code: string,
  message: string,
  details?: Readonly<Record<string, unknown>>,
): { readonly refusal: Refusal } {
  return { refusal: { code, message, ...(details && { details }) } };
}
