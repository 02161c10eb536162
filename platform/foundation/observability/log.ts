import type { Clock } from "@daybook/kernel/clock";
import { destination, pino, type DestinationStream, type Logger } from "pino";
import { redacted } from "./redaction.ts";

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
  /** Changes the level of this log, its parents and its children, while running. */
  setLevel(level: LogLevel): void;
  /** Writes out what is buffered. */
  flush(): void;
}

export type LogLevel = "error" | "warn" | "info" | "debug" | "silent";

/** Plain data. `error` holds whatever was thrown. Secrets, tokens and personal fields are redacted by name and form. */
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

/** A log of JSON lines: `level` in words, `time` in epoch milliseconds, the fields, `msg`. Lines are written at once. */
export function jsonLog({ clock, level = "info", to, fields = {} }: LogOptions): Log {
  const stream = typeof to === "object" ? to : destination({ dest: to ?? STANDARD_ERROR, sync: true, mkdir: true });
  const logger = pino(
    {
      level: "debug", // the gate below decides: it can be moved for all children at once
      base: redacted(fields),
      timestamp: () => `,"time":${clock.now()}`,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  );
  return new JsonLog(logger, { level });
}

const STANDARD_ERROR = 2;
const RANKS: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3, silent: 4 };

class JsonLog implements Log {
  private readonly logger: Logger;
  private readonly gate: { level: LogLevel };

  constructor(logger: Logger, gate: { level: LogLevel }) {
    this.logger = logger;
    this.gate = gate;
  }

  error(fields: LogFields, message: string): void {
    this.write("error", fields, message);
  }

  warn(fields: LogFields, message: string): void {
    this.write("warn", fields, message);
  }

  info(fields: LogFields, message: string): void {
    this.write("info", fields, message);
  }

  debug(fields: LogFields, message: string): void {
    this.write("debug", fields, message);
  }

  child(fields: LogFields): Log {
    return new JsonLog(this.logger.child(redacted(fields)), this.gate);
  }

  isEnabled(level: LogLevel): boolean {
    return level !== "silent" && RANKS[level] >= RANKS[this.gate.level];
  }

  setLevel(level: LogLevel): void {
    this.gate.level = level;
  }

  flush(): void {
    this.logger.flush();
  }

  private write(level: Exclude<LogLevel, "silent">, fields: LogFields, message: string): void {
    if (this.isEnabled(level)) this.logger[level](redacted(fields), redacted(message));
  }
}
