/** One finished test, as a shard tells it to the runner. */
export interface TestOutcome {
  readonly kind: "pass" | "fail" | "skip";
  readonly name: string;
  /** Absolute path of the test file. */
  readonly file: string;
  /** Why it failed, or why it was skipped. */
  readonly detail?: string;
}

/** What a shard tells: outcomes as they come, `settled` when no test is left to run, `done` at the very end. */
export type ShardMessage = TestOutcome | { readonly kind: "settled" } | { readonly kind: "busy" } | { readonly kind: "done" };

export interface Counts {
  readonly passed: number;
  readonly failed: number;
}

/** A skip whose reason is kept counts as neither. */
export function countOf(outcomes: readonly TestOutcome[]): Counts {
  return {
    passed: outcomes.filter((outcome) => outcome.kind === "pass").length,
    failed: outcomes.filter((outcome) => outcome.kind === "fail").length,
  };
}

/** The last line of `npm test` and of `.ci/run`. */
export function summaryLine(counts: Counts): string {
  return `${counts.passed} passed, ${counts.failed} failed`;
}
