/** Runs tasks of one key one after another, in order of arrival; tasks of different keys side by side. */
export class SerialQueue {
  private readonly tails = new Map<string, Promise<unknown>>();

  run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const tail = this.tails.get(key);
    const result = tail ? tail.then(task, task) : task();
    const settled = result.then(ignore, ignore);
    this.tails.set(key, settled);
    void settled.finally(() => {
      if (this.tails.get(key) === settled) this.tails.delete(key);
    });
    return result;
  }

  /** Keys with tasks under way. */
  get size(): number {
    return this.tails.size;
  }
}

function ignore(): void {}
