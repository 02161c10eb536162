import { AsyncLocalStorage } from "node:async_hooks";

const fenced = new AsyncLocalStorage<true>();

/**
 * Runs code of which many run in one process, such as a workflow's: a promise that it, or what it calls, leaves to fail with
 * nobody waiting does not end the process. `stayUp` has to be called once before.
 */
export function behindFence<T>(run: () => T): T {
  return fenced.run(true, run);
}

/** In a listener of `unhandledRejection`: whether the promise was made behind a fence. */
export function isBehindFence(): boolean {
  return fenced.getStore() === true;
}

/** What `stayUp` needs of node's `process`. */
export interface RejectingProcess {
  on(event: "unhandledRejection", listener: (error: unknown) => void): unknown;
  listeners(event: "unhandledRejection"): readonly unknown[];
}

/** Has the process pass over rejections behind a fence; any other one ends it, as without this. Twice is as once. */
export function stayUp(process: RejectingProcess): void {
  if (!process.listeners("unhandledRejection").includes(endUnlessFenced)) process.on("unhandledRejection", endUnlessFenced);
}

function endUnlessFenced(this: RejectingProcess, error: unknown): void {
  if (isBehindFence() || this.listeners("unhandledRejection").length > 1) return; // others decide
  throw error; // node has it end the process as an exception that nobody caught
}
