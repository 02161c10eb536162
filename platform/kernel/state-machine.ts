/**
 * A finite state machine as data: for each state, the actions that are legal in it and where they lead. One table
 * decides, is printed in the docs and is tested exhaustively.
 */
export interface StateMachine<State extends string, Action extends string> {
  readonly initial: State;
  /** The state that `action` leads to, or undefined when `state` refuses it. */
  next(state: State, action: Action): State | undefined;
  /** The actions that are legal in `state`. */
  legal(state: State): readonly Action[];
  /** States that nothing leaves. */
  readonly terminal: readonly State[];
  /** A Mermaid state diagram. */
  draw(): string;
}

export type Transitions<State extends string, Action extends string> = Readonly<
  Record<State, Readonly<Partial<Record<Action, State>>>>
>;

export function stateMachine<State extends string, Action extends string>(
  initial: State,
  transitions: Transitions<State, Action>,
): StateMachine<State, Action> {
  const states = Object.keys(transitions) as State[]; // the record's keys are exactly its states
  const legal = (state: State) => Object.keys(transitions[state]) as Action[]; // likewise
  return {
    initial,
    next: (state, action) => (Object.hasOwn(transitions[state], action) ? transitions[state][action] : undefined),
    legal,
    terminal: states.filter((state) => legal(state).length === 0),
    draw() {
      const edges = states.flatMap((state) =>
        legal(state).map((action) => `  ${state} --> ${String(transitions[state][action])}: ${action}`),
      );
      return ["stateDiagram-v2", `  [*] --> ${initial}`, ...edges].join("\n");
    },
  };
}
