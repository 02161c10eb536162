/** Runs tasks, at most `most` at once; what the first one threw is thrown to whoever starts the next or waits for the end. */
export class InFlight {
  private readonly running = new Set<Promise<void>>();
  private failure: { readonly error: unknown } | undefined;
  private readonly most: number;

  constructor(most: number) {
    this.most = most;
  }

  /** Resolves when the task has been started. */
  async start(task: () => Promise<void>): Promise<void> {
    while (this.running.size >= this.most) await Promise.race(this.running);
    this.throwFailure();
    const done = task()
      .catch((error: unknown) => {
        this.failure ??= { error };
      })
      .finally(() => this.running.delete(done));
    this.running.add(done);
  }

  /** Waits for all tasks, also after a failure. */
  async end(): Promise<void> {
    await this.settled();
    this.throwFailure();
  }

  /** Waits for all tasks; throws nothing. */
  async settled(): Promise<void> {
    await Promise.all(this.running);
  }

  private throwFailure(): void {
    if (this.failure) throw this.failure.error;
  }
}
