import type { ProcessLife } from "@daybook/foundation/host/process-life";
import type { Clock } from "@daybook/kernel/clock";
import type { Settings } from "../settings.ts";
import type { Terminal } from "./terminal.ts";

/** One command as data: parsing, help and the reference are made from it. */
export interface Command {
  /** `order` of `daybook order place`; the command itself (`start`) when it has no verb. */
  readonly noun: string;
  readonly verb?: string;
  readonly summary: string;
  /** More for its help: what it does in detail, as sentences. */
  readonly details?: string;
  readonly operands?: readonly Operand[];
  readonly flags: readonly Flag[];
  readonly examples?: readonly string[];
  /** Answers the exit code, 0 without one; throws coded errors. */
  run(invocation: Invocation): Promise<number | void>;
}

export interface Operand {
  readonly name: string;
  readonly summary: string;
  readonly isOptional?: boolean;
  /** What it may be, for completion. */
  readonly values?: readonly string[];
}

export interface Flag {
  /** `if-version` of `--if-version N`. */
  readonly name: string;
  /** What its value is called in the help; without it, the flag takes none. */
  readonly value?: string;
  readonly summary: string;
  /** The value is a whole number of this range. */
  readonly range?: readonly [least: number, most: number];
  /** What its value may be, for completion; others may be right, too. */
  readonly values?: readonly string[];
  /** May be given several times. */
  readonly isRepeated?: boolean;
}

/** What a command was called with. */
export interface Invocation {
  readonly flags: Flags;
  /** By name of the operand. */
  readonly operands: Readonly<Record<string, string>>;
  /** Flags that are settings, environment and defaults, together. */
  readonly settings: Settings;
  readonly terminal: Terminal;
  readonly clock: Clock;
  readonly process: ProcessLife;
  /** Aborted by the first SIGINT or SIGTERM from the first call on; before it, a signal ends the process. */
  interruption(): AbortSignal;
}

/** The flags that were given, by name. */
export interface Flags {
  isSet(name: string): boolean;
  text(name: string): string | undefined;
  texts(name: string): readonly string[];
  number(name: string): number | undefined;
}

/** `order place`, `start`. */
export function nameOf({ noun, verb }: Pick<Command, "noun" | "verb">): string {
  return verb === undefined ? noun : `${noun} ${verb}`;
}
