import type { RawState } from "@daybook/testing/simulation/store-checker";
import type { Findings } from "@daybook/testing/simulation/violation";
import { TALLIED } from "./tally.ts";

/** The tally is that of the log up to its checkpoint, and its checkpoint is the head: each event once, in order. */
export function checkTally({ log, rows, keys }: RawState, findings: Findings): void {
  const checkpoint = Number(keys.get("checkpoint/tally.1") ?? 0);
  const expected = new Map<string, { count: number; mixed: number }>();
  for (const { stream, position } of log.slice(0, checkpoint)) {
    const category = stream.slice(0, stream.indexOf("-"));
    if (!TALLIED.includes(category)) continue;
    const { count, mixed } = expected.get(category) ?? { count: 0, mixed: 0 };
    expected.set(category, { count: count + 1, mixed: (mixed * 31 + position) % 1_000_003 });
  }
  for (const [category, tally] of expected) {
    const value = rows.find(({ collection, key }) => collection === "tally.1" && key === category)?.value;
    const isSame = value === `{"count":${tally.count},"mixed":${tally.mixed}}`;
    findings.expect("each event once", isSame, () => `the tally of ${category} is ${value}, not ${JSON.stringify(tally)}`);
  }
  const behind = log.slice(checkpoint).find(({ stream }) => TALLIED.includes(stream.slice(0, stream.indexOf("-"))));
  findings.expect("liveness", behind === undefined, () => `the tally stands at ${checkpoint}, before ${behind?.position}`);
}
