/** One thing that is not as it must be, and where. `what` never quotes stored values: they may be personal. */
export interface Violation {
  readonly what: string;
  readonly position?: number;
  readonly stream?: string;
  /** Of a row, `collection/key`, or of a key of the store. */
  readonly key?: string;
}

/** When what a check finds must hold: at every read, or once nothing is under way. */
export type Holds = "at every read" | "at rest";

/** What one check came to. Its form is stable: it is what `daybook verify --json` prints. */
export interface CheckResult {
  readonly name: string;
  readonly holds: Holds;
  readonly ok: boolean;
  /** Records that were looked at. */
  readonly checked: number;
  /** The first 100. */
  readonly violations: readonly Violation[];
  readonly violationCount: number;
  /** What is no violation and yet worth knowing: facts that no seal covers yet, the lag of a read model. */
  readonly measures?: Readonly<Record<string, number>>;
  /** Why it was not checked. */
  readonly note?: string;
}

const LISTED_MAX = 100;

/** Collects what one check finds. */
export class Findings {
  checked = 0;
  private count = 0;
  private readonly listed: Violation[] = [];
  private readonly measures: Record<string, number> = {};
  private readonly name: string;
  private readonly holds: Holds;
  private whyNot: string | undefined;

  constructor(name: string, holds: Holds = "at every read") {
    this.name = name;
    this.holds = holds;
  }

  /** It was not checked, and why. */
  notChecked(why: string): void {
    this.whyNot = why;
  }

  violated(what: string, where: Omit<Violation, "what"> = {}): void {
    this.count++;
    if (this.listed.length < LISTED_MAX) this.listed.push({ what, ...where });
  }

  measure(name: string, value: number): void {
    this.measures[name] = value;
  }

  result(): CheckResult {
    return {
      name: this.name,
      holds: this.holds,
      ok: this.count === 0,
      checked: this.checked,
      violations: this.listed,
      violationCount: this.count,
      ...(Object.keys(this.measures).length > 0 && { measures: this.measures }),
      ...(this.whyNot !== undefined && { note: this.whyNot }),
    };
  }
}
