import type { Sample } from "./benchmark.ts";
import type { Measured } from "./rounds.ts";

/** The document of `--json`. */
export interface Report {
  readonly bench: string;
  readonly store?: string;
  readonly rounds: number;
  readonly rows: readonly Row[];
}

export interface Row {
  readonly contender: string;
  readonly workload: string;
  readonly callers: number;
  /** Medians of the rounds; null for a contender that failed. */
  readonly perSecond: number | null;
  readonly cpuMicros: number | null;
  /**
   * Rate over the rate of another contender at the same workload and callers, by its name: the median of the ratios of
   * each round, so that what slowed both down in a round does not show.
   */
  readonly ratio: Readonly<Record<string, number>>;
  /** (Fastest round − slowest) ÷ median. */
  readonly spread: number | null;
  readonly further: Readonly<Record<string, number>>;
  readonly failed?: string;
}

/** Rows in the order of contenders. `references`: the contenders that others are compared with. */
export function rowsOf(measured: readonly Measured[], references: readonly string[]): readonly Row[] {
  return measured.map((one) => rowOf(one, measured, references));
}

function rowOf(one: Measured, all: readonly Measured[], references: readonly string[]): Row {
  const { name: contender, workload, callers } = one.contender;
  const place = { contender, workload, callers };
  if (one.failed !== undefined || one.samples.length === 0) {
    const failed = one.failed ?? "not measured";
    return { ...place, perSecond: null, cpuMicros: null, ratio: {}, spread: null, further: {}, failed };
  }
  const rates = one.samples.map((sample) => sample.perSecond);
  const perSecond = median(rates);
  return {
    ...place,
    perSecond: rounded(perSecond),
    cpuMicros: rounded(median(one.samples.map((sample) => sample.cpuMicros))),
    ratio: ratiosOf(one, all, references),
    spread: rounded((Math.max(...rates) - Math.min(...rates)) / perSecond),
    further: furtherOf(one.samples),
  };
}

function ratiosOf(one: Measured, all: readonly Measured[], references: readonly string[]): Readonly<Record<string, number>> {
  const ratios: Record<string, number> = {};
  for (const name of references) {
    const reference = referenceFor(one, all, name);
    if (reference === undefined) continue;
    const rates = one.samples.map((sample, round) => sample.perSecond / (reference.samples[round]?.perSecond ?? NaN));
    const sound = rates.filter(Number.isFinite);
    if (sound.length > 0) ratios[name] = rounded(median(sound));
  }
  return ratios;
}

/** The contender at the same workload with as many callers; one that is measured with a single number serves for all. */
function referenceFor({ contender }: Measured, all: readonly Measured[], name: string): Measured | undefined {
  const same = all.filter((other) => other.contender.name === name && other.contender.workload === contender.workload);
  const usable = same.filter((other) => other.failed === undefined);
  return usable.find((other) => other.contender.callers === contender.callers) ?? (same.length === 1 ? usable[0] : undefined);
}

function furtherOf(samples: readonly Sample[]): Readonly<Record<string, number>> {
  const names = Object.keys(samples[0]?.further ?? {});
  return Object.fromEntries(names.map((name) => [name, rounded(median(samples.map((sample) => sample.further?.[name] ?? NaN)))]));
}

/** The middle of the values; of an even number of them the mean of the two middle ones. NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[middle] ?? NaN;
  return ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}

/** The least value that at least this share of the values does not exceed. NaN of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? NaN;
}

/** Three digits behind the point below ten, fewer above. */
function rounded(value: number): number {
  return Number(value.toFixed(Math.abs(value) < 10 ? 3 : Math.abs(value) < 1_000 ? 1 : 0));
}

/** The report as JSON; further figures are members of their row. */
export function jsonText(report: Report): string {
  const rows = report.rows.map(({ further, ...row }) => ({ ...row, ...further }));
  return JSON.stringify({ ...report, rows }, undefined, 2);
}

/** The report as a table for people. */
export function tableText(report: Report): string {
  const lines = [headings(report), ...report.rows.map(cells)];
  const widths = lines.reduce<number[]>((most, line) => line.map((cell, at) => Math.max(most[at] ?? 0, cell.length)), []);
  return lines
    .map((line) =>
      line
        .map((cell, at) => padded(cell, widths[at] ?? 0, at))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function headings(report: Report): readonly string[] {
  return [report.bench, "workload", "callers", "a second", "CPU µs", "ratios"];
}

function cells(row: Row): readonly string[] {
  const ratios = Object.entries({ ...row.further, ...row.ratio }).map(([name, value]) => `${name} ${value}`);
  const { contender, workload, perSecond, cpuMicros } = row;
  const notes = row.failed === undefined ? ratios.join(", ") : `failed: ${row.failed}`;
  return [contender, workload, String(row.callers), perSecond?.toLocaleString("en") ?? "", String(cpuMicros ?? ""), notes];
}

function padded(cell: string, width: number, column: number): string {
  return column >= 2 && column <= 4 ? cell.padStart(width) : cell.padEnd(width);
}
