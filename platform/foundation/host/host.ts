import type { Log } from "@daybook/foundation/log";
import { sleep, type Clock } from "@daybook/kernel/clock";
import { assert, errorCode } from "@daybook/kernel/errors";
import { startFailed, stopIncomplete } from "./errors.ts";

/** One part of the process as data: started in order, stopped in reverse. */
export interface Part {
  readonly name: string;
  /** Resolves when the part is ready for those after it. */
  start(): Promise<void> | void;
  /** Stops accepting, finishes what is under way, releases. Called only when `start` had been called, also if it failed. */
  stop?(): Promise<void> | void;
}

/** The life of the process: start, ready, drain, stop. */
export interface Host {
  readonly state: HostState;
  /** Starts the parts in order. When one fails, it and those before it are stopped and the reason is thrown (`start-failed`). */
  start(): Promise<void>;
  /**
   * Stops the parts in reverse order within the limit; answers the exit code: 0, or 1 when a part failed or was too
   * slow. While starting, the start is given up first. Idempotent: all callers get the one stop.
   */
  stop(reason: string): Promise<number>;
}

export type HostState = "created" | "starting" | "ready" | "stopping" | "stopped";

export interface HostOptions {
  readonly parts: readonly Part[];
  readonly log: Log;
  readonly clock: Clock;
  /** For all parts together; 25,000: below the 30 s after which supervisors kill. */
  readonly stopWithinMs?: number;
}

export function host(options: HostOptions): Host {
  return new PartsHost(options);
}

class PartsHost implements Host {
  state: HostState = "created";
  private readonly started: Part[] = [];
  private starting: Promise<void> | undefined;
  private stopping: Promise<number> | undefined;
  private readonly options: HostOptions;

  constructor(options: HostOptions) {
    this.options = options;
  }

  start(): Promise<void> {
    assert(this.state === "created", "a host is started once");
    this.state = "starting";
    this.starting = this.startAll();
    return this.starting;
  }

  stop(reason: string): Promise<number> {
    this.stopping ??= this.stopAll(reason);
    return this.stopping;
  }

  private async startAll(): Promise<void> {
    for (const part of this.options.parts) {
      if (this.state !== "starting") return; // stopped meanwhile: what has started is stopped by that
      this.started.push(part);
      await this.startOne(part);
    }
    if (this.state !== "starting") return;
    this.state = "ready";
    this.options.log.info({ parts: this.started.map(({ name }) => name) }, "ready");
  }

  private async startOne(part: Part): Promise<void> {
    const { clock, log } = this.options;
    const from = clock.elapsed();
    try {
      await part.start();
    } catch (cause) {
      // A stop that came meanwhile waits for this start: only without one it is made here.
      if (this.stopping === undefined) {
        this.starting = undefined;
        await this.stop(`${part.name} did not start`);
      }
      const why = errorCode(cause) ?? "unexpected";
      throw startFailed(`${part.name} did not start (${why})`, { cause, details: { part: part.name } });
    }
    log.debug({ part: part.name, ms: Math.round(clock.elapsed() - from) }, "started");
  }

  private async stopAll(reason: string): Promise<number> {
    const { clock, log, stopWithinMs = 25_000 } = this.options;
    this.state = "stopping";
    log.info({ reason }, "stopping");
    const late = new AbortController();
    const limit = sleep(clock, stopWithinMs, late.signal).then(() => undefined);
    const outcome = await Promise.race([this.stopParts(), limit]);
    late.abort();
    this.state = "stopped";
    if (outcome === undefined) {
      const parts = this.started.map(({ name }) => name);
      log.error(
        { error: stopIncomplete(`not stopped within ${stopWithinMs} ms`, { details: { parts } }) },
        "stopped incompletely",
      );
      return 1;
    }
    log.info({ code: outcome }, "stopped");
    return outcome;
  }

  private async stopParts(): Promise<number> {
    await this.starting?.catch(ignore);
    let code = 0;
    for (let part = this.started.at(-1); part; part = this.started.at(-1)) {
      try {
        await part.stop?.();
      } catch (error) {
        code = 1;
        this.options.log.error({ part: part.name, error }, "a part failed to stop");
      }
      this.started.pop();
    }
    return code;
  }
}

function ignore(): void {}
