import type { Lease, Store } from "@daybook/data/store";
import { Findings } from "../findings.ts";
import { namesOf } from "../listed-entries.ts";
import type { Check } from "../log/fact.ts";

const DAY_MS = 86_400_000;

/** Every lease has an owner, a fencing token from 1, and an end that is no more than a day ahead. */
export function leasesCheck(store: Store): Check {
  const findings = new Findings("leases");
  return {
    findings: [findings],
    async end() {
      const now = await store.now();
      for await (const name of namesOf(store, "lease")) {
        const lease = await store.getLease(name);
        findings.checked++;
        if (!lease) findings.violated("the lease is listed and cannot be read", { key: name });
        else for (const fault of faultsOf(lease, now)) findings.violated(fault, { key: name });
      }
    },
  };
}

function* faultsOf({ owner, token, expiresAt }: Lease, now: number): Generator<string> {
  if (owner === "") yield "the lease has no owner";
  if (!Number.isSafeInteger(token) || token < 1) yield "the token is not a number from 1";
  if (!Number.isSafeInteger(expiresAt)) yield "the end is no time";
  else if (expiresAt > now + DAY_MS) yield "the lease ends more than a day ahead";
}
