/** Something that must hold and does not. */
export interface Violation {
  /** Which check found it. */
  readonly check: string;
  readonly message: string;
}

const KEPT = 3;

/** Gathers what the checks find: of each the first few are enough to start with. */
export class Findings {
  readonly violations: Violation[] = [];
  private readonly counts = new Map<string, number>();

  expect(check: string, holds: boolean, message: () => string): void {
    if (holds) return;
    const count = (this.counts.get(check) ?? 0) + 1;
    this.counts.set(check, count);
    if (count <= KEPT) this.violations.push({ check, message: message() });
  }
}
