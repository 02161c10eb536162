/** A server that tests and development use, run from this machine's own packages. */
export interface DevelopmentEngine {
  readonly name: string;
  /** Installs what is missing, starts the server unless it runs already, waits until it answers. Safe to run twice. */
  up(progress: Progress): Promise<RunningEngine>;
  /** Stops it when it runs; answers whether it did. Its data stay. */
  down(): Promise<boolean>;
  /** Undefined when it does not run. */
  running(): RunningEngine | undefined;
}

export interface RunningEngine {
  /** With the password in it. */
  readonly url: string;
  readonly pid: number;
  readonly port: number;
  readonly dataFolder: string;
}

/** Told what takes long. */
export type Progress = (text: string) => void;
