import assert from "node:assert/strict";
import type { Decider, Decision, Refusal } from "@daybook/data/cqrs/decider";
import type { DomainEvent } from "@daybook/data/event-store/event";

/**
 * Given-when-then for a decider: given these events, when this command comes, then that is decided. All that the decider
 * is given is frozen, so that one that changes its input fails.
 */
export interface Specification<State, Command, Event> {
  readonly given: (...events: readonly Event[]) => Given<State, Command, Event>;
}

export interface Given<State, Command, Event> {
  /** The state that the events lead to. */
  readonly state: State;
  /** `at`: time of the decision, epoch milliseconds; 0 unless given. */
  when(command: Command, at?: number): When<State, Event>;
}

export interface When<State, Event> {
  /** Exactly these events are decided. Answers the state after them. */
  thenHappens(...events: readonly Event[]): State;
  thenNothingHappens(): void;
  /** Refused with this code; `details` are compared when given. Answers the refusal. */
  thenRefused(code: string, details?: Readonly<Record<string, unknown>>): Refusal;
}

export function specification<State, Command, Event extends DomainEvent>(
  decider: Decider<State, Command, Event>,
): Specification<State, Command, Event> {
  const fold = (state: State, events: readonly Event[]) =>
    events.reduce((folded, event) => frozen(decider.evolve(folded, frozen(event))), frozen(state));
  return {
    given: (...events) => {
      const state = fold(decider.initial, events);
      return {
        state,
        when: (command, at = 0) => when(decider.decide(frozen(command), state, at), (decided) => fold(state, decided)),
      };
    },
  };
}

function when<State, Event>(decision: Decision<Event>, after: (events: readonly Event[]) => State): When<State, Event> {
  const happens = (...events: readonly Event[]): State => {
    assert.deepEqual(decision, { events }, "what was decided");
    return after(events);
  };
  return {
    thenHappens: happens,
    thenNothingHappens: () => void happens(),
    thenRefused(code, details) {
      if (!("refusal" in decision)) assert.fail(`accepted, with ${JSON.stringify(decision.events)}, not refused with ${code}`);
      const { refusal } = decision;
      assert.equal(refusal.code, code);
      assert.ok(refusal.message !== "", "a refusal says why");
      if (details) assert.deepEqual(refusal.details, details);
      return refusal;
    },
  };
}

function frozen<Value>(value: Value): Value {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const part of Object.values(value)) frozen(part);
  return value;
}
