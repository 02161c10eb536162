import type { Invocation } from "./command.ts";

const PERSON_MS = 200;
const FILE_MS = 5_000;

export interface Stage {
  readonly stage: string;
  readonly done: number;
  readonly total: number;
}

/** Shows on stderr how long work gets on, stage by stage: a line that is redrawn for a person, one now and then for a file. */
export class ProgressLine {
  private readonly invocation: Invocation;
  private stage = "";
  private doneBefore = 0;
  private startedAt = 0;
  private shownAt = 0;

  constructor(invocation: Invocation) {
    this.invocation = invocation;
  }

  show({ stage, done, total }: Stage): void {
    const { terminal, clock, flags } = this.invocation;
    const now = clock.elapsed();
    if (stage !== this.stage) this.begin(stage, done, now);
    const isOver = done >= total && done > this.doneBefore;
    const isDue = now - this.shownAt >= (terminal.isErrPerson ? PERSON_MS : FILE_MS);
    if (flags.isSet("quiet") || !(isDue || isOver)) return;
    this.shownAt = now;
    const line = this.line(done, total, now);
    if (!terminal.isErrPerson) terminal.err(`${line}\n`);
    else terminal.err(`\r\u001b[K${line.slice(0, terminal.columns - 1)}${isOver ? "\n" : ""}`);
  }

  private begin(stage: string, done: number, now: number): void {
    this.stage = stage;
    this.doneBefore = done;
    this.startedAt = this.shownAt = now;
  }

  /** What an earlier run did says nothing of the rate. */
  private line(done: number, total: number, now: number): string {
    const seconds = Math.max((now - this.startedAt) / 1_000, 0.001);
    const perSecond = (done - this.doneBefore) / seconds;
    const left = perSecond > 0 ? Math.ceil((total - done) / perSecond) : "?";
    return `${this.stage}: ${done} of ${total} · ${Math.round(perSecond)}/s · ${left} s left`;
  }
}
