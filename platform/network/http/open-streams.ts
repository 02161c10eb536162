import type { ServerResponse } from "node:http";
import type { Cancel, Clock } from "@daybook/kernel/clock";
import { rateLimited, serverStopping } from "./errors.ts";
import type { StreamedBody } from "./route.ts";

export interface StreamLimits {
  /** Streams open at once; 1,000. */
  readonly streamsMax?: number;
  /** Of one principal, or of one address where nobody says who asks; 10. */
  readonly streamsPerCallerMax?: number;
  /** How often a stream shows that it lives, and whether its reader does; 15,000. */
  readonly heartbeatMs?: number;
}

/** Bodies that go on: how many there may be, their heartbeat, and their end when the server stops. One timer for all. */
export class OpenStreams {
  private readonly open = new Map<OpenStream, string>();
  private readonly clock: Clock;
  private readonly limits: Required<StreamLimits>;
  private timer: Cancel | undefined;
  private isStopped = false;

  constructor(clock: Clock, { streamsMax = 1_000, streamsPerCallerMax = 10, heartbeatMs = 15_000 }: StreamLimits) {
    this.clock = clock;
    this.limits = { streamsMax, streamsPerCallerMax, heartbeatMs };
  }

  /** Throws `rate-limited` when there is no room, and `server-stopping`. */
  check(caller: string): void {
    if (this.isStopped) throw serverStopping("no stream is opened any more");
    const own = [...this.open.values()].filter((each) => each === caller).length;
    const { streamsMax, streamsPerCallerMax } = this.limits;
    const retry = { details: { retryAfterMs: 5_000 } };
    if (own >= streamsPerCallerMax) throw rateLimited(`you have ${own} streams open, and may have no more`, retry);
    if (this.open.size >= streamsMax) throw rateLimited(`${streamsMax} streams are open, and there may be no more`, retry);
  }

  /** Sends the body to its end: its own, the reader's, or the server's. Rejects with what the body threw. */
  async send(response: ServerResponse, body: StreamedBody, caller: string, end: () => void): Promise<void> {
    const stream = new OpenStream(response, body, end);
    this.open.set(stream, caller);
    this.timer ??= this.clock.after(this.limits.heartbeatMs, this.beat);
    try {
      await stream.send();
    } finally {
      this.open.delete(stream);
    }
  }

  /** Ends all, and opens no more. */
  stop(): void {
    this.isStopped = true;
    this.timer?.();
    for (const stream of this.open.keys()) stream.end();
  }

  private readonly beat = (): void => {
    this.timer = undefined;
    for (const stream of this.open.keys()) stream.beat();
    if (this.open.size > 0) this.timer = this.clock.after(this.limits.heartbeatMs, this.beat);
  };
}

class OpenStream {
  readonly end: () => void;
  private readonly response: ServerResponse;
  private readonly body: StreamedBody;
  /** Since the last heartbeat the reader has taken nothing of what waits for it. */
  private isStuck = false;

  constructor(response: ServerResponse, body: StreamedBody, end: () => void) {
    this.response = response;
    this.body = body;
    this.end = end;
  }

  /** The next part is asked for when the one before has left: a slow reader fills no memory. */
  async send(): Promise<void> {
    const { response } = this;
    try {
      for await (const part of this.body.parts) {
        if (response.destroyed) return;
        if (!response.write(part)) await this.drained();
      }
      response.end();
    } catch (error) {
      response.destroy(); // the reader sees that it is not the whole
      throw error;
    }
  }

  beat(): void {
    const { response } = this;
    if (!response.writableNeedDrain) response.write(this.body.heartbeat);
    else if (this.isStuck) response.destroy();
    this.isStuck = response.writableNeedDrain;
  }

  private drained(): Promise<void> {
    const { response } = this;
    return new Promise((resolve) => {
      const finish = () => {
        response.off("drain", finish).off("close", finish);
        this.isStuck = false;
        resolve();
      };
      response.on("drain", finish).on("close", finish);
    });
  }
}
