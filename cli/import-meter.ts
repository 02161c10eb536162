import type { ImportProgress } from "@daybook/shop-import/contract";
import type { Invocation } from "./shell/command.ts";

const PERSON_MS = 200;
const FILE_MS = 5_000;

/** Shows on stderr how an import gets on: a line that is redrawn for a person, a line now and then for a file. */
export class ImportMeter {
  rows = 0;
  orders = 0;
  private shownAt: number;
  private readonly startedAt: number;
  private last: ImportProgress | undefined;
  private hasLine = false;
  private readonly invocation: Invocation;

  constructor(invocation: Invocation) {
    this.invocation = invocation;
    this.startedAt = invocation.clock.elapsed();
    this.shownAt = this.startedAt;
  }

  show(progress: ImportProgress): void {
    const { terminal, clock, flags } = this.invocation;
    this.rows = progress.rows;
    this.orders = progress.placed + progress.existing;
    const now = clock.elapsed();
    const isDue = now - this.shownAt >= (terminal.isErrPerson ? PERSON_MS : FILE_MS);
    this.last = progress;
    if (flags.isSet("quiet") || !isDue) return;
    this.shownAt = now;
    this.print(progress, now);
  }

  private print(progress: ImportProgress, now: number): void {
    const { terminal } = this.invocation;
    const line = progressLine(progress, (now - this.startedAt) / 1_000);
    this.hasLine = terminal.isErrPerson;
    terminal.err(terminal.isErrPerson ? `\r\u001b[K${line.slice(0, terminal.columns - 1)}` : `${line}\n`);
  }

  /** Leaves the last line standing. */
  end(): void {
    const { clock, flags, terminal } = this.invocation;
    if (this.last && !flags.isSet("quiet")) this.print(this.last, clock.elapsed());
    if (this.hasLine) terminal.err("\n");
    this.last = undefined;
    this.hasLine = false;
  }
}

function progressLine(progress: ImportProgress, seconds: number): string {
  const { rows, rowsTotal, placed, existing, returned, returnsTotal, rejected, first } = progress;
  const orders = placed + existing;
  const left = rows === 0 ? "?" : Math.ceil((seconds / rows) * (rowsTotal - rows));
  return [
    `${rows} of ${rowsTotal} rows`,
    `${orders} orders${existing > 0 ? ` (${existing} were there)` : ""}`,
    ...(returnsTotal > 0 ? [`${returned} of ${returnsTotal} returns`] : []),
    `${Math.round((orders + returned) / Math.max(seconds, 0.001))}/s`,
    `${left} s left`,
    `${rejected} rejected${first ? `, first: row ${first.row} ${first.stage} ${first.reason}` : ""}`,
  ].join(" · ");
}
