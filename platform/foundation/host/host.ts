/** One part of the process as data: started in order, stopped in reverse. */
export interface Part {
  readonly name: string;
  /** Resolves when the part is ready for those after it. */
  start(): Promise<void> | void;
  /** Stops accepting, finishes what is under way, releases. Called only when `start` had resolved. */
  stop?(): Promise<void> | void;
}

/** The life of the process: start, ready, drain, stop. */
export interface Host {
  readonly state: HostState;
  /** Starts the parts in order. When one fails, those before it are stopped and the reason is thrown (`start-failed`). */
  start(): Promise<void>;
  /** Stops the parts in reverse order within the limit; answers the exit code: 0, or 1 when a part failed or was too slow. */
  stop(reason: string): Promise<number>;
}

export type HostState = "created" | "starting" | "ready" | "stopping" | "stopped";
