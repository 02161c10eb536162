import { hash } from "node:crypto";
import type { RawState } from "@daybook/testing/simulation/store-checker";
import type { Findings } from "@daybook/testing/simulation/violation";

interface SealRow {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly previous: string;
  readonly hash: string;
}

/** The seals cover the log from its first fact to its last, each follows the one before, and each is of these facts. */
export function checkSeals({ log, rows }: RawState, findings: Findings): void {
  let previous = "0".repeat(64);
  let sealed = 0;
  for (const { value } of rows.filter(({ collection }) => collection === "seals")) {
    const seal = JSON.parse(value) as SealRow; // docs/format.md
    const lines = log.slice(seal.from - 1, seal.to).map(factLine);
    const expected = hash("sha256", [previous, seal.from, seal.to, ...lines].join("\n"), "hex");
    const isRight =
      seal.from === sealed + 1 && seal.count === lines.length && seal.previous === previous && seal.hash === expected;
    findings.expect(
      "seals",
      isRight,
      () => `the seal of ${seal.from} to ${seal.to} is not of these facts, or not behind ${sealed}`,
    );
    previous = seal.hash;
    sealed = seal.to;
  }
  findings.expect("liveness", sealed === log.length, () => `sealed up to ${sealed} of ${log.length}`);
}

function factLine({
  position,
  version,
  recordedAt,
  id,
  stream,
  type,
  schemaVersion,
  data,
  meta,
}: RawState["log"][number]): string {
  const digest = hash("sha256", [id, stream, type, schemaVersion, data, meta].join("\n"), "hex");
  return `${position} ${version} ${recordedAt} ${digest}`;
}
