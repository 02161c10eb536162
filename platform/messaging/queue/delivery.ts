import { failedAttempt, withAttempt } from "@daybook/foundation/resilience/attempt-record";
import { mayRetry, retryDelay } from "@daybook/foundation/resilience/policy";
import type { Context } from "@daybook/kernel/context";
import { commitSettled } from "@daybook/data/event-store/commit-settled";
import type { Committed, Condition, Effect, Refused, UnitCause } from "@daybook/data/store/unit";
import { parkEffects } from "./parking.ts";
import { effectsRefused } from "./errors.ts";
import type { Delivery, Handled, QueueSettings } from "./queue.ts";
import type { ReceiverOptions } from "./receiver.ts";
import { messageIdOf, messageText, type Header } from "./stored-message.ts";
import { keyMarker, type TakenMessage } from "./taking.ts";

/** A message that this process has taken, and its endings. */
export class HeldMessage<Message> implements Delivery<Message> {
  readonly id: string;
  readonly message: Message;
  readonly token: string;
  private readonly options: ReceiverOptions<Message>;
  private readonly settings: QueueSettings;
  private readonly held: TakenMessage;
  private revision: number;
  /** Endings and extensions follow each other: each is conditional on the revision that the one before left. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(options: ReceiverOptions<Message>, settings: QueueSettings, held: TakenMessage, message: Message) {
    this.options = options;
    this.settings = settings;
    this.held = held;
    this.message = message;
    this.id = messageIdOf(held.item.id);
    this.revision = held.item.revision;
    this.token = String(held.item.revision);
  }

  get key(): string | undefined {
    return this.header.key;
  }

  get headers(): Readonly<Record<string, string>> {
    return this.header.headers ?? {};
  }

  get sentAt(): number {
    return this.header.sentAt;
  }

  get number(): number {
    return this.header.deliveries;
  }

  get attempts(): Header["attempts"] {
    return this.header.attempts;
  }

  get context(): Context {
    const { correlation, actor, tenant, trace } = this.header.cause;
    return {
      correlationId: correlation,
      causationId: this.causation,
      actor,
      tenant,
      ...(trace !== undefined && { traceparent: trace }),
    };
  }

  acknowledge(handled: Handled = []): Promise<"done" | "lost"> {
    const { conditions, effects } = "effects" in handled ? handled : { conditions: [], effects: handled };
    return this.inTurn(async () => {
      const { queue, id } = this.held.item;
      const verdict = await this.commit(conditions, [...effects, { kind: "finish", queue, id }, ...this.freeKey()]);
      if (verdict.outcome === "committed") return "done";
      if (verdict.condition === 0) return "lost";
      throw effectsRefused(`condition ${verdict.condition} of what ${this.id} changes does not hold`);
    });
  }

  reject(error: unknown, delayMs?: number): Promise<"retried" | "parked" | "lost"> {
    const { policy } = this.settings;
    return this.inTurn(async () => {
      const now = await this.options.store.now();
      const header = this.failed(error, now);
      const nextAt = now + (delayMs ?? retryDelay(policy, this.number, this.options.random, error));
      const overallMs = policy.overallMs ?? Infinity;
      if (!mayRetry(policy, this.number, error) || nextAt - header.sentAt > overallMs) return this.parkAs(header, error, now);
      const { queue, id } = this.held.item;
      const payload = messageText({ header, body: this.held.stored.body });
      return this.endedAs("retried", await this.commit([], [{ kind: "schedule", queue, id, at: nextAt, payload }]));
    });
  }

  park(error: unknown): Promise<"parked" | "lost"> {
    return this.inTurn(async () => {
      const now = await this.options.store.now();
      return this.parkAs(this.failed(error, now), error, now);
    });
  }

  giveBack(): Promise<"givenBack" | "lost"> {
    return this.inTurn(async () => {
      const { item, stored } = this.held.before;
      const { queue, id, at } = item;
      const freeKey = stored.header.deliveries === 0 ? this.freeKey() : [];
      const effects = [{ kind: "schedule", queue, id, at, payload: messageText(stored) } as const, ...freeKey];
      return this.endedAs("givenBack", await this.commit([], effects));
    });
  }

  extend(visibilityMs: number): Promise<"extended" | "lost"> {
    return this.inTurn(async () => {
      const { queue, id, payload } = this.held.item;
      const at = (await this.options.store.now()) + visibilityMs;
      const verdict = await this.commit([], [{ kind: "schedule", queue, id, at, payload }]);
      if (verdict.outcome === "committed") this.revision++;
      return this.endedAs("extended", verdict);
    });
  }

  private get causation(): string {
    return this.header.origin ?? this.id;
  }

  private get header(): Header {
    return this.held.stored.header;
  }

  private inTurn<T>(run: () => Promise<T>): Promise<T> {
    const result = this.last.then(run);
    this.last = result.catch(() => undefined);
    return result;
  }

  private async parkAs(header: Header, error: unknown, now: number): Promise<"parked" | "lost"> {
    const stored = { header, body: this.held.stored.body };
    const dead = { item: this.held.item, stored, cause: error };
    const effects = parkEffects(this.options.queue, this.settings, dead, now);
    return this.endedAs("parked", await this.commit([], [...effects, ...this.freeKey()]));
  }

  private endedAs<Ending extends string>(ending: Ending, verdict: Committed | Refused): Ending | "lost" {
    return verdict.outcome === "committed" ? ending : "lost";
  }

  private failed(error: unknown, now: number): Header {
    const { takenAt = now, opening: _, ...header } = this.header;
    return { ...header, attempts: withAttempt(header.attempts, failedAttempt(this.number, takenAt, now, error)) };
  }

  /** Condition 0 is that the message is still this receiver's. */
  private commit(conditions: readonly Condition[], effects: readonly Effect[]): Promise<Committed | Refused> {
    const { store, clock, ids } = this.options;
    const { queue, id } = this.held.item;
    const isOwn: Condition = { kind: "due", queue, id, revision: this.revision };
    const unit = { id: ids("unt"), cause: this.cause(), conditions: [isOwn, ...conditions], effects };
    return commitSettled(store, unit, { clock });
  }

  private cause(): UnitCause {
    return { ...this.header.cause, causation: this.causation, source: `queue/${this.options.queue.name}` };
  }

  private freeKey(): readonly Effect[] {
    return this.key === undefined ? [] : [{ kind: "deleteKey", key: keyMarker(this.options.queue, this.key) }];
  }
}
