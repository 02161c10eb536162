import type { RawState } from "@daybook/testing/simulation/store-checker";
import type { Findings } from "@daybook/testing/simulation/violation";
import type { PlayedWorld } from "./played-world.ts";

/** A charge that the bank disputes is known to be, once, however often it is said; no other one is, and no web hook is left. */
export function checkDisputes({ provider }: PlayedWorld, { log, rows }: RawState, findings: Findings): void {
  const counts = new Map<string, number>();
  for (const { stream, type } of log) if (type === "PaymentDisputed") counts.set(stream, (counts.get(stream) ?? 0) + 1);
  for (const { order, isDisputed, chargeId } of provider.charges.values()) {
    const count = counts.get(`payment-${order.reference}`) ?? 0;
    const expected = isDisputed ? 1 : 0;
    findings.expect(
      "disputes",
      count === expected,
      () => `${chargeId} of ${order.reference}: ${count} disputes, not ${expected}`,
    );
  }
  for (const { collection, value } of rows) {
    findings.expect("disputes", collection !== "card-hooks", () => `a web hook is left for a person: ${value}`);
  }
}
