/** What the engines of workflows do beyond the words of the context, which each of them has. */
export interface Capabilities {
  readonly engine: string;
  /** Who cancels is told whether it was accepted, or refused after the pivot. */
  readonly answersCancels: boolean;
  /** A step is told of a cancel at once, and not only when it says by its heartbeat that it is alive. */
  readonly interruptsSteps: boolean;
  /** A signal that does not fit its schema is refused to who sends it. */
  readonly refusesSignals: boolean;
  /** A run can begin in the unit of who starts it. */
  readonly sharesCommits: boolean;
  /** A run that is started anew under the id of one that ended has step keys of its own. */
  readonly numbersRestarts: boolean;
  /** Chance spreads the pauses between attempts. */
  readonly hasJitter: boolean;
  /** Runs stay on the version that they began on while it is registered. */
  readonly keepsVersions: boolean;
  /** Runs are found by their attributes. */
  readonly findsByAttributes: boolean;
  /** Runs are paused and resumed. */
  readonly canPause: boolean;
  /** Runs are taken back to a step, by its number. */
  readonly resetsToStep: boolean;
  /** Long histories are made shorter without the code's help. */
  readonly compactsHistories: boolean;
}
