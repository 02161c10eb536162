import type { Head, Store } from "@daybook/data/store";
import { Findings } from "../findings.ts";
import type { Meter } from "../progress.ts";
import { placeOf, type Check } from "./fact.ts";

/** Versions of each stream are contiguous from 1 in the order of the log, and the stream's version is its last event's. */
export function versionsCheck(store: Store, head: Head, meter: Meter): Check {
  const findings = new Findings("versions");
  const last = new Map<string, number>();

  /** Events that came after the head was read are no fault. */
  async function isAhead(stream: string, version: number): Promise<boolean> {
    const [next] = await store.readStream(stream, { from: version + 1, limit: 1 });
    return next !== undefined && next.version === version + 1 && next.position > head.position;
  }

  return {
    findings: [findings],
    fact(fact) {
      const { stream, version } = fact.stored;
      findings.checked++;
      const before = last.get(stream) ?? 0;
      if (version !== before + 1) findings.violated(`version ${version} follows version ${before}`, placeOf(fact));
      last.set(stream, version);
    },
    async end() {
      meter.begin("streams", last.size);
      for (const [stream, version] of last) {
        meter.step();
        const said = await store.streamVersion(stream);
        if (said === version || (said > version && (await isAhead(stream, version)))) continue;
        findings.violated(`the stream's version is ${said}, its last event's ${version}`, { stream });
      }
      findings.measure("streams", last.size);
    },
  };
}
