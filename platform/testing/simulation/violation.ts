/** Something that must hold and does not. */
export interface Violation {
  /** Which check found it. */
  readonly check: string;
  readonly message: string;
}

/** Gathers what one check finds: the first few are enough to start with. */
export class Findings {
  readonly violations: Violation[] = [];

  expect(check: string, holds: boolean, message: () => string): void {
    if (!holds && this.violations.length < 20) this.violations.push({ check, message: message() });
  }
}
