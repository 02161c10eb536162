import type { Context } from "@daybook/kernel/context";
import { errorCode, messageOf } from "@daybook/kernel/errors";
import { sleep, type Cancel } from "@daybook/kernel/clock";
import { deadlineList, type DeadlineList } from "@daybook/foundation/resilience/deadline-list";
import { runAttempt, type AttemptContext } from "@daybook/foundation/resilience/run-attempt";
import { bell, type Bell } from "@daybook/data/event-store/bell";
import { concerns } from "./queue-state.ts";
import { removeOutdated } from "./dead-retention.ts";
import type { Delivery, Handled, MessageAttempt, QueueSettings } from "./queue.ts";
import { receiver, TAKE_MAX, type Receiver, type ReceiverOptions } from "./receiver.ts";

/** Handles the messages of a queue, beside any number of other consumers of it. */
export interface Consumer {
  status(): ConsumerStatus;
  /** Takes nothing more and waits for what is under way; what takes longer than `drainMs` it gives back. Idempotent. */
  stop(): Promise<void>;
}

export interface ConsumerStatus {
  readonly state: "running" | "paused" | "stopped";
  /** Messages under way here. */
  readonly running: number;
  /** Since it was started: acknowledged, to be tried again, parked, given back by a stop, and taken over by others. */
  readonly done: number;
  readonly retried: number;
  readonly parked: number;
  readonly givenBack: number;
  readonly lost: number;
  /** What keeps it from taking messages, while that is so. */
  readonly blockedBy?: string;
}

export interface ConsumeOptions<Message> extends ReceiverOptions<Message> {
  /**
   * Handles one message and says what that changes; the message's end and those effects are one unit. It may be called
   * again for the same message. What it throws decides by the queue's policy whether it is tried again or parked.
   */
  handle(message: Message, attempt: MessageAttempt): Handled | void | Promise<Handled | void>;
  /** Messages under way at once; 32. */
  readonly concurrency?: number;
  /** How long a stop waits for handlers; 5,000 ms. */
  readonly drainMs?: number;
}

/** Looks made because others committed something follow an empty one by this at least. */
const LOOK_PAUSE_MS = 5;
const POLL_MS = 10_000;
const TROUBLE_MS = 1_000;
const RETENTION_LOOK_MS = 60_000;

/** Starts a consumer. Inside the store each message takes effect exactly once; outside, once for its id as a key. */
export function consume<Message>(options: ConsumeOptions<Message>): Consumer {
  const consuming = new Consuming(options);
  const ended = consuming.run();
  return { status: () => consuming.status(), stop: () => consuming.stop(ended) };
}

class Consuming<Message> {
  private readonly options: ConsumeOptions<Message>;
  private readonly concurrency: number;
  private readonly receiver: Receiver<Message>;
  private readonly deadlines: DeadlineList;
  private readonly bell: Bell;
  private readonly stopping = new AbortController();
  /** Aborts what a stop has waited for in vain. */
  private readonly giving = new AbortController();
  private readonly underWay = new Set<Promise<void>>();
  private readonly counts = { done: 0, retried: 0, parked: 0, givenBack: 0, lost: 0 };
  private state: ConsumerStatus["state"] = "running";
  private blockedBy: string | undefined;
  /** Something here came to an end since the last look: others of its key may be free. */
  private hasEnded = false;
  private retentionAt = -Infinity;

  constructor(options: ConsumeOptions<Message>) {
    this.options = options;
    this.concurrency = options.concurrency ?? 32;
    this.receiver = receiver(options);
    this.deadlines = deadlineList(options.clock);
    this.bell = bell(options.clock);
  }

  status(): ConsumerStatus {
    const { state, counts, blockedBy } = this;
    return { state, running: this.underWay.size, ...counts, ...(blockedBy !== undefined && { blockedBy }) };
  }

  async run(): Promise<void> {
    const unwatch = this.options.store.watch((change) => concerns(this.options.queue, change) && this.bell.ring());
    while (!this.stopping.signal.aborted) {
      try {
        await this.round();
        this.blockedBy = undefined;
      } catch (error) {
        this.blockedBy = messageOf(error);
        await sleep(this.options.clock, TROUBLE_MS, this.stopping.signal);
      }
    }
    unwatch();
    await Promise.all(this.underWay);
    this.state = "stopped";
  }

  stop(ended: Promise<void>): Promise<void> {
    if (this.stopping.signal.aborted) return ended;
    this.stopping.abort();
    const cancel = this.deadlines.after(this.options.drainMs ?? 5_000, () => this.giving.abort());
    return ended.finally(cancel);
  }

  /** One look; when it found nothing, waits until there may be something. */
  private async round(): Promise<void> {
    const { clock } = this.options;
    this.bell.hush();
    this.hasEnded = false;
    const free = this.concurrency - this.underWay.size;
    if (free === 0) return this.bell.wait(POLL_MS, this.stopping.signal);
    await this.removeOutdated();
    const lookedAt = clock.elapsed();
    const { deliveries, settings, nextInMs, isPaused } = await this.receiver.take(Math.min(free, TAKE_MAX));
    this.state = isPaused ? "paused" : "running";
    for (const delivery of deliveries) this.start(delivery, settings);
    if (deliveries.length > 0 || nextInMs === 0) return turn();
    await this.bell.wait(Math.min(nextInMs, POLL_MS), this.stopping.signal);
    const pauseMs = lookedAt + LOOK_PAUSE_MS - clock.elapsed();
    if (pauseMs > 0 && !this.hasEnded) await sleep(clock, pauseMs, this.stopping.signal);
  }

  private async removeOutdated(): Promise<void> {
    const now = this.options.clock.elapsed();
    if (now - this.retentionAt < RETENTION_LOOK_MS) return;
    this.retentionAt = now;
    await removeOutdated(this.options);
  }

  private start(delivery: Delivery<Message>, settings: QueueSettings): void {
    const run = this.handle(delivery, settings)
      .then((ending) => void this.counts[ending]++)
      .catch((error: unknown) => void (this.blockedBy = messageOf(error))) // the store's trouble: it is delivered again
      .finally(() => {
        this.underWay.delete(run);
        this.hasEnded = true;
        this.bell.ring();
      });
    this.underWay.add(run);
  }

  private async handle(delivery: Delivery<Message>, { policy, visibilityMs }: QueueSettings): Promise<keyof typeof this.counts> {
    const isLong = (policy.timeoutMs ?? 0) > visibilityMs;
    const keeper = isLong ? keepExtending(delivery, visibilityMs, this.deadlines, this.giving.signal) : undefined;
    let handled: Handled | void;
    try {
      const { token, number } = delivery;
      const limits = { timeoutMs: policy.timeoutMs ?? visibilityMs, signal: keeper?.ended ?? this.giving.signal };
      handled = await runAttempt((context) => this.call(delivery, context), {
        deadlines: this.deadlines,
        token,
        number,
        ...limits,
      });
    } catch (error) {
      return this.giving.signal.aborted && errorCode(error) === "attempt-cancelled"
        ? delivery.giveBack()
        : delivery.reject(error);
    } finally {
      keeper?.stop();
    }
    try {
      return await delivery.acknowledge(handled ?? []);
    } catch (error) {
      if (!OF_HANDLER.has(errorCode(error) ?? "")) throw error;
      return delivery.reject(error);
    }
  }

  private call(delivery: Delivery<Message>, context: AttemptContext): Handled | void | Promise<Handled | void> {
    return this.options.handle(delivery.message, new HandledMessage(delivery, context));
  }
}

/** Of an acknowledgement: what the handler asked for is to blame, not the store. */
const OF_HANDLER: ReadonlySet<string> = new Set(["effects-refused", "unit-invalid", "limit-exceeded"]);

/** Asks for the signal only when the handler does. */
class HandledMessage implements MessageAttempt {
  private readonly delivery: Delivery<unknown>;
  private readonly attempt: AttemptContext;

  constructor(delivery: Delivery<unknown>, attempt: AttemptContext) {
    this.delivery = delivery;
    this.attempt = attempt;
  }

  get id(): string {
    return this.delivery.id;
  }

  get key(): string | undefined {
    return this.delivery.key;
  }

  get headers(): Readonly<Record<string, string>> {
    return this.delivery.headers;
  }

  get sentAt(): number {
    return this.delivery.sentAt;
  }

  get token(): string {
    return this.attempt.token;
  }

  get number(): number {
    return this.attempt.number;
  }

  get deadline(): number | undefined {
    return this.attempt.deadline;
  }

  get signal(): AbortSignal {
    return this.attempt.signal;
  }

  get context(): Context {
    const { deadline } = this.attempt;
    return { ...this.delivery.context, ...(deadline !== undefined && { deadline }) };
  }
}

/** Holds a long delivery for as long as it is handled; `ended` aborts when somebody else has got it, or `giving` does. */
function keepExtending(delivery: Delivery<unknown>, visibilityMs: number, deadlines: DeadlineList, giving: AbortSignal) {
  const lost = new AbortController();
  let cancel: Cancel = () => undefined;
  const arm = () => void (cancel = deadlines.after(visibilityMs / 2, () => void extend()));
  let isOver = false;
  async function extend(): Promise<void> {
    const ending = await delivery.extend(visibilityMs).catch(() => "unknown" as const); // tried again while there is time
    if (isOver) return;
    if (ending === "lost") lost.abort();
    else arm();
  }
  arm();
  return {
    ended: AbortSignal.any([lost.signal, giving]),
    stop: () => {
      isOver = true;
      cancel();
    },
  };
}

/** Lets others of this process run: rounds that follow each other must not keep the event loop to themselves. */
function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
