import { sleep, type Clock } from "@daybook/kernel/clock";
import { requestInProgress } from "./errors.ts";
import { storeKey, type IdempotentRequest } from "./idempotency.ts";

const WAIT_MS = 5_000;

/**
 * The keyed requests that this process works on. A duplicate waits for the first, at most 5 s, then it is
 * `request-in-progress`. It only spares work that the store would refuse: the key's condition decides, between processes, too.
 */
export class RequestsUnderWay {
  private readonly firsts = new Map<string, Promise<unknown>>();
  private readonly clock: Clock;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  async run<T>(request: IdempotentRequest, task: () => Promise<T>): Promise<T> {
    const key = storeKey(request);
    const first = this.firsts.get(key);
    if (first) {
      await this.end(first);
      return task();
    }
    const result = task();
    this.firsts.set(key, result);
    try {
      return await result;
    } finally {
      this.firsts.delete(key);
    }
  }

  private async end(first: Promise<unknown>): Promise<void> {
    const ended = new AbortController();
    const isOver = first.then(
      () => true,
      () => true,
    );
    const tooLate = sleep(this.clock, WAIT_MS, ended.signal).then(() => false);
    const isEnded = await Promise.race([isOver, tooLate]);
    ended.abort();
    if (isEnded) return;
    throw requestInProgress(`the first request with this key has not ended within ${WAIT_MS} ms`);
  }
}
