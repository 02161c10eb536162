import type { BenchOptions } from "./options.ts";

/** A table of contenders that are measured by turns. */
export interface Benchmark {
  readonly does: string;
  contenders(options: BenchOptions, progress: Progress): Promise<Contest>;
}

export interface Contest {
  readonly contenders: readonly Contender[];
  /** Names of contenders that all others are compared with. */
  readonly references: readonly string[];
  /** Stops what was started for all of them, removes what they wrote. */
  close(): Promise<void>;
}

/** One line of the table. */
export interface Contender {
  readonly name: string;
  /** What it is measured at; a ratio is taken between contenders of one workload. */
  readonly workload: string;
  readonly callers: number;
  open(): Promise<OpenContender>;
}

export interface OpenContender {
  /** One round. */
  measure(): Promise<Sample>;
  close(): Promise<void>;
}

export interface Sample {
  readonly perSecond: number;
  /** Processor time of this process, all threads, for one operation. */
  readonly cpuMicros: number;
  /** Further figures, by name, such as `p99Ms`. */
  readonly further?: Readonly<Record<string, number>>;
}

/** Told what takes long. */
export type Progress = (text: string) => void;
