import { destination, pino, type DestinationStream, type Logger } from "pino";
import type { Clock } from "@daybook/kernel/clock";
import { CodedError } from "@daybook/kernel/errors";

/** Structured log lines, one JSON document each. Fields first, then what happened, as a sentence. */
export interface Log {
  error(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  debug(fields: LogFields, message: string): void;
  /** A log whose lines carry `fields`, too: correlation, component. Shares the level of its parent. */
  child(fields: LogFields): Log;
  /** Whether lines of `level` are written: spares the making of costly ones. */
  isEnabled(level: LogLevel): boolean;
  /** Changes the level of this log and of all its children, while running. */
  setLevel(level: LogLevel): void;
  /** Writes out what is buffered. */
  flush(): void;
}

export type LogLevel = "error" | "warn" | "info" | "debug" | "silent";

/** Plain data. `error` holds whatever was thrown; never personal data, never secrets. */
export type LogFields = Readonly<Record<string, unknown>>;

export interface LogOptions {
  readonly clock: Clock;
  /** `info` unless given. */
  readonly level?: LogLevel;
  /** A stream, or the path of a file to append to; standard error unless given. */
  readonly to?: DestinationStream | string;
  /** On every line: service, version, process. */
  readonly fields?: LogFields;
}
