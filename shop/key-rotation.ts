import type { RotationProgress } from "@daybook/data/event-store/rotate-master-key";
import { messageOf } from "@daybook/kernel/errors";

/** The exchange of the master key as the last look shows it. */
export interface KeyRotationState {
  readonly state: "rotating" | "rotated" | "failed";
  readonly progress: RotationProgress;
  readonly error?: string;
}

export type RotateKeys = (options: {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: RotationProgress) => void;
}) => Promise<RotationProgress>;

/** Exchanges the master key on request, one at a time; what stopping interrupts the next request goes on with. */
export class KeyRotation {
  private readonly rotate: RotateKeys;
  private readonly stopping = new AbortController();
  private current: KeyRotationState | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(rotate: RotateKeys) {
    this.rotate = rotate;
  }

  /** Starts one, or goes on with the one under way. */
  start(): KeyRotationState {
    if (this.current?.state === "rotating") return this.current;
    const started: KeyRotationState = { state: "rotating", progress: { seen: 0, wrapped: 0 } };
    this.current = started;
    this.running = this.run();
    return started;
  }

  /** The last one of this process. */
  state(): KeyRotationState | undefined {
    return this.current;
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    let progress: RotationProgress = { seen: 0, wrapped: 0 };
    const onProgress = (now: RotationProgress) => {
      progress = now;
      this.current = { state: "rotating", progress };
    };
    try {
      this.current = { state: "rotated", progress: await this.rotate({ signal: this.stopping.signal, onProgress }) };
    } catch (error) {
      this.current = { state: "failed", progress, error: messageOf(error) };
    }
  }
}
