import type { Clock } from "@daybook/kernel/clock";
import { circuitOpen } from "./errors.ts";
import { isFailureOfCallee } from "./failure.ts";

/**
 * A circuit breaker (Nygard, Release It!): closed it lets calls through and counts failures in a row; open it refuses them
 * at once with `circuit-open`; half-open it lets a few through to find out.
 */
export interface Breaker {
  run<T>(call: () => Promise<T>): Promise<T>;
  status(): BreakerStatus;
  /** An operator's word goes before what is counted, until it is taken back with undefined: then it is closed and counts anew. */
  force(state: "open" | "closed" | undefined): void;
}

export interface BreakerStatus {
  readonly state: BreakerState;
  /** When it came to this state, by the clock's `now`. */
  readonly since: number;
  readonly isForced: boolean;
}

export type BreakerState = "closed" | "open" | "half-open";

export interface BreakerOptions {
  /** Names what is called, in errors. */
  readonly name: string;
  readonly clock: Clock;
  /** Failures in a row that open it; 5. Any success begins the count anew. */
  readonly failures?: number;
  /** How long it stays open; 30,000 ms. */
  readonly openMs?: number;
  /** Successes while half-open that close it; 2. Any failure opens it again. */
  readonly successes?: number;
  /** Calls let through at once while half-open; 3. */
  readonly trials?: number;
  /** Whether an error is the callee's failure; all are, but coded errors that are not retryable: it has answered, then. */
  readonly isFailure?: (error: unknown) => boolean;
  /** Called whenever the state changes. */
  readonly onChange?: (status: BreakerStatus) => void;
}

export function breaker(options: BreakerOptions): Breaker {
  const circuit = new Circuit(options);
  return { run: (call) => circuit.run(call), status: () => circuit.status(), force: (state) => circuit.force(state) };
}

class Circuit {
  private readonly options: Required<Omit<BreakerOptions, "onChange">> & Pick<BreakerOptions, "onChange">;
  private state: BreakerState = "closed";
  private since: number;
  private openUntil = 0;
  private isForced = false;
  /** Failures in a row while closed, successes while half-open. */
  private counted = 0;
  private trialsUnderWay = 0;
  /** Rises with every change of state: what began in an earlier one says nothing about this one. */
  private era = 0;

  constructor(options: BreakerOptions) {
    this.options = { failures: 5, openMs: 30_000, successes: 2, trials: 3, isFailure: isFailureOfCallee, ...options };
    this.since = options.clock.now();
  }

  status(): BreakerStatus {
    return { state: this.state, since: this.since, isForced: this.isForced };
  }

  force(state: "open" | "closed" | undefined): void {
    this.isForced = state !== undefined;
    this.become(state ?? "closed");
  }

  async run<T>(call: () => Promise<T>): Promise<T> {
    this.admit();
    const { era } = this;
    if (this.state === "half-open") this.trialsUnderWay++;
    try {
      const result = await call();
      this.ended(era, true);
      return result;
    } catch (error) {
      this.ended(era, !this.options.isFailure(error));
      throw error;
    }
  }

  private admit(): void {
    const { name, clock, trials } = this.options;
    if (this.state === "open" && !this.isForced && clock.elapsed() >= this.openUntil) this.become("half-open");
    if (this.state === "closed" || (this.state === "half-open" && this.trialsUnderWay < trials)) return;
    throw circuitOpen(`${name} is left alone`, { details: { name, state: this.state, since: this.since } });
  }

  private ended(era: number, isSuccess: boolean): void {
    if (era !== this.era || this.isForced) return;
    if (this.state === "half-open") this.trialEnded(isSuccess);
    else if (isSuccess) this.counted = 0;
    else if (++this.counted >= this.options.failures) this.become("open");
  }

  private trialEnded(isSuccess: boolean): void {
    this.trialsUnderWay--;
    if (!isSuccess) this.become("open");
    else if (++this.counted >= this.options.successes) this.become("closed");
  }

  private become(state: BreakerState): void {
    const { clock, openMs, onChange } = this.options;
    this.state = state;
    this.since = clock.now();
    this.openUntil = clock.elapsed() + openMs;
    this.counted = 0;
    this.trialsUnderWay = 0;
    this.era++;
    onChange?.(this.status());
  }
}
