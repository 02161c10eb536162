import { sleep, type Clock } from "@daybook/kernel/clock";
import { errorCode } from "@daybook/kernel/errors";
import { z } from "zod";
import { jsonAnswer, type HttpAnswer, type Route } from "./route.ts";

/** Port: something that the process depends on, and how it is. */
export interface HealthCheck {
  readonly name: string;
  /** Must not change anything. A throw is `unhealthy`; no answer within 2 s is `unknown`. */
  check(): Health | Promise<Health>;
}

export interface Health {
  readonly state: HealthState;
  /** Why it is not healthy; it is public: no addresses, no secrets. */
  readonly reason?: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** `degraded` still serves; `unhealthy` and `unknown` do not. */
export type HealthState = "healthy" | "degraded" | "unhealthy" | "unknown";

export interface HealthOptions {
  readonly checks: readonly HealthCheck[];
  readonly clock: Clock;
  /** Whether everything has started; true unless given. */
  isStarted?(): boolean;
}

interface Checked extends Health {
  readonly name: string;
  readonly responseTimeMs: number;
}

const CHECK_WITHIN_MS = 2_000;
/** Answers are shared for so long: nobody can load a dependency by asking for its health. */
const FRESH_MS = 250;

/** `/livez` (the process only), `/readyz` (each dependency), `/startupz`, `/health`; public. */
export function healthRoutes(options: HealthOptions): readonly Route[] {
  const checker = new Checker(options);
  return [
    {
      ...described("/livez", "isLive", "Whether the process runs"),
      handle: () => jsonAnswer(200, { status: "live" }),
    },
    {
      ...described("/startupz", "isStarted", "Whether everything has started"),
      handle() {
        const isStarted = options.isStarted?.() ?? true;
        return jsonAnswer(isStarted ? 200 : 503, { status: isStarted ? "started" : "starting" });
      },
    },
    {
      ...described("/readyz", "isReady", "Whether requests can be served, with the state of each dependency"),
      handle: async () => readiness(await checker.all()),
    },
    {
      ...described("/health", "health", "The state of each component"),
      handle: async () => components(await checker.all(), options.clock.now()),
    },
  ];
}

function described(path: string, name: string, summary: string): Omit<Route, "handle"> {
  const success = { status: 200, description: "Good; 503 when not", schema: z.record(z.string(), z.unknown()) };
  return { method: "GET", path, name, summary, tag: "health", auth: "public", success };
}

function readiness(checks: readonly Checked[]): HttpAnswer {
  const isReady = checks.every(serves);
  const dependencies = checks.map(({ name, state, reason, responseTimeMs }) => ({ name, state, reason, responseTimeMs }));
  return jsonAnswer(isReady ? 200 : 503, { status: isReady ? "ready" : "not-ready", dependencies });
}

function components(checks: readonly Checked[], now: number): HttpAnswer {
  const isUp = checks.every(serves);
  return jsonAnswer(isUp ? 200 : 503, {
    status: isUp ? "up" : "down",
    components: checks.map(({ name, state, reason, details, responseTimeMs }) => ({
      name,
      status: state,
      details: { ...details, ...(reason !== undefined && { reason }) },
      response_time_ms: responseTimeMs,
    })),
    timestamp: new Date(now).toISOString(),
  });
}

function serves({ state }: Checked): boolean {
  return state === "healthy" || state === "degraded";
}

/** Asks all checks side by side, once for all who ask at the same time. */
class Checker {
  private latest: { readonly at: number; readonly answers: Promise<readonly Checked[]> } | undefined;
  private readonly options: HealthOptions;

  constructor(options: HealthOptions) {
    this.options = options;
  }

  all(): Promise<readonly Checked[]> {
    const now = this.options.clock.elapsed();
    if (!this.latest || now - this.latest.at > FRESH_MS) {
      this.latest = { at: now, answers: Promise.all(this.options.checks.map((check) => this.ask(check))) };
    }
    return this.latest.answers;
  }

  private async ask(check: HealthCheck): Promise<Checked> {
    const { clock } = this.options;
    const started = clock.elapsed();
    const answered = new AbortController();
    const tooLate = sleep(clock, CHECK_WITHIN_MS, answered.signal).then(() => LATE);
    const health = await Promise.race([stateOf(check), tooLate]);
    answered.abort();
    return { name: check.name, ...health, responseTimeMs: Math.round(10 * (clock.elapsed() - started)) / 10 };
  }
}

const LATE: Health = { state: "unknown", reason: `no answer within ${CHECK_WITHIN_MS} ms` };

async function stateOf(check: HealthCheck): Promise<Health> {
  try {
    return await check.check();
  } catch (error) {
    return { state: "unhealthy", reason: errorCode(error) ?? "the check failed" };
  }
}
