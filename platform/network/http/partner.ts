import { breaker, type BreakerState } from "@daybook/foundation/resilience/breaker";
import { deadlineList } from "@daybook/foundation/resilience/deadline-list";
import { isFailureOfCallee } from "@daybook/foundation/resilience/failure";
import { retryBudget } from "@daybook/foundation/resilience/retry-budget";
import { timeout } from "@daybook/foundation/resilience/timeout";
import type { Clock } from "@daybook/kernel/clock";
import { errorCode } from "@daybook/kernel/errors";
import type { Health, HealthCheck } from "./health.ts";
import { requestName, type JsonAnswer, type JsonClient, type JsonRequest } from "./json-client.ts";

/**
 * One partner outside as all of the program reaches it: retries take turns within one budget (`retry-deferred`), a partner that
 * fails again and again is left alone for a while where it has a breaker (`circuit-open`), no request takes longer than its
 * time (`attempt-timeout`), and how it is can be seen.
 */
export interface Partner {
  readonly name: string;
  /** As `JsonClient.request`. */
  request(request: JsonRequest, deadline?: number): Promise<JsonAnswer>;
  status(): PartnerStatus;
  close(): Promise<void>;
}

/** Times are epoch milliseconds. */
export interface PartnerStatus {
  /** Of a partner with one. */
  readonly breaker?: BreakerState;
  readonly answeredAt?: number;
  /** The last request that was not answered. */
  readonly failure?: { readonly code: string; readonly at: number };
}

export interface PartnerOptions {
  /** Names it in errors. */
  readonly name: string;
  readonly client: JsonClient;
  readonly clock: Clock;
  /** For one request, whatever its caller's deadline; 10,000. */
  readonly timeoutMs?: number;
  readonly hasBreaker?: boolean;
}

export function partner({ name, client, clock, timeoutMs = 10_000, hasBreaker = false }: PartnerOptions): Partner {
  const budget = retryBudget({ name, clock });
  const circuit = hasBreaker ? breaker({ name, clock }) : undefined;
  const limit = timeout({ deadlines: deadlineList(clock), timeoutMs });
  let seen: Omit<PartnerStatus, "breaker"> = {};

  async function asked(request: JsonRequest, deadline: number | undefined): Promise<JsonAnswer> {
    try {
      const answer = await limit.run(({ signal }) => client.request({ ...request, signal }), deadline);
      seen = { ...seen, answeredAt: clock.now() };
      return answer;
    } catch (error) {
      const code = errorCode(error) ?? "failed";
      if (isFailureOfCallee(error)) seen = { ...seen, failure: { code, at: clock.now() } };
      throw error;
    }
  }

  return {
    name,
    request: (request, deadline) =>
      budget.run(requestName(request), () => (circuit ? circuit.run(() => asked(request, deadline)) : asked(request, deadline))),
    status: () => ({ ...(circuit && { breaker: circuit.status().state }), ...seen }),
    close: () => client.close(),
  };
}

/** Degraded while its last request was not answered, or it is left alone. Asks nothing. */
export function partnerCheck({ name, status }: Pick<Partner, "name" | "status">): HealthCheck {
  return {
    name: `partner ${name}`,
    check(): Health {
      const { breaker: circuit, answeredAt, failure } = status();
      const details = {
        ...(circuit && { breaker: circuit }),
        ...(answeredAt !== undefined && { answeredAt: isoTime(answeredAt) }),
        ...(failure && { failedAt: isoTime(failure.at), failure: failure.code }),
      };
      const isAway = failure !== undefined && failure.at >= (answeredAt ?? 0);
      if (!isAway && circuit !== "open") return { state: "healthy", details };
      return { state: "degraded", reason: `it did not answer lately (${failure?.code ?? "circuit-open"})`, details };
    },
  };
}

function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
