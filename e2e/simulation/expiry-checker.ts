import type { RawState } from "@daybook/testing/simulation/store-checker";
import type { Findings } from "@daybook/testing/simulation/violation";
import type { Operation } from "./operation.ts";
import { WAITS } from "./shop-process.ts";

/** The time runs from before the commit, which may be held up, its process may be halted; clocks differ, and jump. */
const SLACK_MS = 150_000;

interface Movement {
  readonly orderId?: string;
  readonly reason?: string;
}

/** What was put aside and never fetched goes back, once, when its time is over; no reservation expires earlier. */
export function checkExpiries(operations: readonly Operation[], { log }: RawState, findings: Findings): void {
  const reserved = new Map<string, number>();
  const expired = new Map<string, number>();
  for (const { type, data, recordedAt } of log) {
    if (type !== "StockReserved" && type !== "StockReleased") continue;
    const { orderId = "", reason } = JSON.parse(data) as Movement; // as it is documented
    if (type === "StockReserved") reserved.set(orderId, recordedAt);
    if (reason !== "expired") continue;
    expired.set(orderId, (expired.get(orderId) ?? 0) + 1);
    const keptMs = recordedAt - (reserved.get(orderId) ?? 0);
    const isDue = keptMs >= WAITS.reservedForMs - SLACK_MS;
    findings.expect("reservations expire", isDue, () => `the reservation of ${orderId} expired after ${keptMs} ms`);
  }
  for (const { id, request, outcome } of operations) {
    if (request.kind !== "putAside") continue;
    const count = expired.get(id) ?? 0;
    const isOver = count === (reserved.has(id) ? 1 : 0);
    findings.expect("reservations expire", isOver, () => `what ${id} (${outcome}) put aside expired ${count} times`);
  }
}
