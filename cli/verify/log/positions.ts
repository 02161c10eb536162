import type { Head } from "@daybook/data/store";
import { Findings } from "../findings.ts";
import { placeOf, type Check } from "./fact.ts";

/** Positions are contiguous from 1 to the head; the time of recording never decreases along them. */
export function positionsCheck(head: Head): Check {
  const findings = new Findings("positions");
  let last = 0;
  let lastRecordedAt = 0;
  return {
    findings: [findings],
    fact(fact) {
      const { position, recordedAt } = fact.stored;
      findings.checked++;
      if (position !== last + 1) findings.violated(`after position ${last} stands ${position}`, placeOf(fact));
      if (recordedAt < lastRecordedAt) findings.violated("recorded earlier than the fact before it", placeOf(fact));
      last = position;
      lastRecordedAt = recordedAt;
    },
    end() {
      if (last !== head.position)
        findings.violated(`the log ends at ${last}, its head says ${head.position}`, { position: last });
      if (lastRecordedAt !== head.recordedAt)
        findings.violated("the head's time is not that of the last fact", { position: last });
    },
  };
}
