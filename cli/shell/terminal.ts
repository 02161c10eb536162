import { styleText } from "node:util";

/** Where a command writes: data to `out`, everything else to `err`. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  /** A person reads the data: tables have colours and a width. */
  readonly isOutPerson: boolean;
  /** A person reads the rest: progress may redraw its line. */
  readonly isErrPerson: boolean;
  readonly columns: number;
  readonly hasColours: boolean;
  /** Asks on the terminal; undefined when nobody can answer. */
  readonly ask: ((question: string) => Promise<string>) | undefined;
}

/** `text` in bold where colours are shown. */
export function bold(terminal: Terminal, text: string): string {
  return terminal.hasColours ? styleText("bold", text, { validateStream: false }) : text;
}
