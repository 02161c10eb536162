import type { Clock } from "@daybook/kernel/clock";
import { assert } from "@daybook/kernel/errors";
import { Channel } from "./channel.ts";
import { Stage, type StageMetrics, type StageName } from "./stage.ts";

export type { StageMetrics } from "./stage.ts";

export interface PipelineOptions {
  readonly clock: Clock;
  /** Once aborted, nothing more is begun; `run` waits for the tasks under way, then rejects with the reason. */
  readonly signal?: AbortSignal | undefined;
  /** Items between two stages; 100. */
  readonly buffer?: number;
}

export interface Pipeline {
  /** Items as they come, in chunks. A source is left (`return`) when the pipeline ends before it does. */
  from<Item>(name: string, source: AsyncIterable<readonly Item[]>): Flow<Item>;
  /** The items of several flows, as they come. */
  merge<Item>(name: string, flows: readonly Flow<Item>[]): Flow<Item>;
  /**
   * Runs all stages side by side until every item is through. Rejects with `stage-failed`, which names stage and item and has
   * the cause, once all stages have ended; what was under way is finished before.
   */
  run(): Promise<void>;
  /** By stage, in the order in which they were added. */
  metrics(): readonly StageMetrics[];
}

/** What comes out of a stage. It goes into one other. Order is kept, except where tasks run side by side. */
export interface Flow<Item> {
  /** None, one or several for each; at the end `atEnd` gives what was held back. */
  map<Out>(name: StageName<Item>, step: (item: Item) => Iterable<Out>, atEnd?: () => Iterable<Out>): Flow<Out>;
  /** A task for each, `most` at once; what they answer goes on as they end. `signal`: the pipeline is being given up. */
  mapAsync<Out>(
    name: StageName<Item>,
    most: number,
    task: (item: Item, signal: AbortSignal) => Promise<Iterable<Out>>,
  ): Flow<Out>;
  /** Chunks of as many as fit: each weighs 1, or what `weigh` says; one that is too heavy goes alone. At most 2 batches wait. */
  batch(name: string, weightMost: number, weigh?: (item: Item) => number): Flow<readonly Item[]>;
  /** Those that `isFirst` holds of, and the others. */
  branch<First extends Item>(
    name: string,
    isFirst: (item: Item) => item is First,
  ): readonly [Flow<First>, Flow<Exclude<Item, First>>];
  /** The end. */
  into(name: StageName<Item>, step: (item: Item) => void): void;
}

const BUFFER = 100;
/** Batches are large items: no more wait. */
const BATCHES = 2;

/**
 * Stages with bounded buffers between them: one that is full makes those before it wait. Stages hand chunks on, so that what
 * is not asynchronous costs one await a chunk.
 */
export function pipeline(options: PipelineOptions): Pipeline {
  return new RunningPipeline(options);
}

class RunningPipeline implements Pipeline {
  private readonly stages: { metrics(): StageMetrics }[] = [];
  private readonly channels: { stop(): void }[] = [];
  private readonly runs: (() => Promise<void>)[] = [];
  private readonly giveUp = new AbortController();
  private failure: { readonly error: unknown } | undefined;
  private readonly options: PipelineOptions;

  constructor(options: PipelineOptions) {
    this.options = options;
  }

  from<Item>(name: string, source: AsyncIterable<readonly Item[]>): Flow<Item> {
    const stage = this.stage<Item>(name);
    return this.flow<Item>(stage, async (out) => {
      try {
        for await (const chunk of source) {
          stage.given += chunk.length;
          if (!(await out.put(chunk))) return;
        }
      } catch (cause) {
        throw stage.failed(cause, stage.given + 1, undefined);
      }
    });
  }

  merge<Item>(name: string, flows: readonly Flow<Item>[]): Flow<Item> {
    const stage = this.stage<Item>(name);
    const channel = this.channel<Item>(stage, flows.length);
    for (const flow of flows) {
      const input = (flow as ChannelFlow<Item>).input(); // there are no others
      this.start(channel, async () => {
        for (let chunk = await input.take(); chunk; chunk = await input.take()) {
          stage.taken += chunk.length;
          stage.given += chunk.length;
          await channel.put(chunk);
        }
      });
    }
    return new ChannelFlow(this, channel);
  }

  async run(): Promise<void> {
    const { signal } = this.options;
    signal?.throwIfAborted();
    const abort = () => this.stop(signal?.reason);
    signal?.addEventListener("abort", abort, { once: true });
    try {
      await Promise.all(this.runs.splice(0).map((run) => run()));
    } finally {
      signal?.removeEventListener("abort", abort);
    }
    if (this.failure) throw this.failure.error;
  }

  metrics(): readonly StageMetrics[] {
    return this.stages.map((stage) => stage.metrics());
  }

  get signal(): AbortSignal {
    return this.giveUp.signal;
  }

  stage<Item>(name: StageName<Item>): Stage<Item> {
    const stage = new Stage(name, this.options.clock);
    this.stages.push(stage);
    return stage;
  }

  channel<Out>({ buffers }: Pick<Stage<unknown>, "buffers">, writers = 1, most = this.options.buffer ?? BUFFER): Channel<Out> {
    const channel = new Channel<Out>(most, writers);
    this.channels.push(channel);
    buffers.push(channel);
    return channel;
  }

  /** The stage's work, which writes to a channel of its own. */
  flow<Out>(stage: Pick<Stage<unknown>, "buffers">, work: (out: Channel<Out>) => Promise<void>, most?: number): Flow<Out> {
    const channel = this.channel<Out>(stage, 1, most);
    this.start(channel, () => work(channel));
    return new ChannelFlow(this, channel);
  }

  start(out: { close(): void } | undefined, work: () => Promise<void>): void {
    this.runs.push(() => this.heeded(work).then(() => out?.close()));
  }

  /** What goes wrong ends the pipeline. */
  async heeded(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.stop(error);
    }
  }

  /** The first reason counts. */
  private stop(error: unknown): void {
    this.failure ??= { error };
    this.giveUp.abort(error);
    for (const channel of this.channels) channel.stop();
  }
}

class ChannelFlow<Item> implements Flow<Item> {
  private isTaken = false;
  private readonly owner: RunningPipeline;
  private readonly channel: Channel<Item>;

  constructor(owner: RunningPipeline, channel: Channel<Item>) {
    this.owner = owner;
    this.channel = channel;
  }

  input(): Channel<Item> {
    assert(!this.isTaken, "a flow goes into one stage");
    this.isTaken = true;
    return this.channel;
  }

  map<Out>(name: StageName<Item>, step: (item: Item) => Iterable<Out>, atEnd?: () => Iterable<Out>): Flow<Out> {
    return this.mapped(name, step, atEnd);
  }

  private mapped<Out>(
    name: StageName<Item>,
    step: (item: Item) => Iterable<Out>,
    atEnd: (() => Iterable<Out>) | undefined,
    most?: number,
  ): Flow<Out> {
    const stage = this.owner.stage(name);
    const input = this.input();
    const work = async (out: Channel<Out>) => {
      const give = async (given: readonly Out[]) => {
        stage.given += given.length;
        if (given.length > 0) await out.put(given);
      };
      for (let chunk = await input.take(); chunk; chunk = await input.take()) {
        const given: Out[] = [];
        stage.each(chunk, (item) => {
          for (const each of step(item)) given.push(each);
        });
        await give(given);
      }
      if (atEnd && !this.owner.signal.aborted) await give([...atEnd()]);
    };
    return this.owner.flow<Out>(stage, work, most);
  }

  mapAsync<Out>(
    name: StageName<Item>,
    most: number,
    task: (item: Item, signal: AbortSignal) => Promise<Iterable<Out>>,
  ): Flow<Out> {
    const stage = this.owner.stage(name);
    const input = this.input();
    const { signal } = this.owner;
    return this.owner.flow<Out>(stage, async (out) => {
      const running = new Set<Promise<void>>();
      const begin = (item: Item) => {
        const done = this.owner
          .heeded(async () => {
            const given = [...(await stage.task(item, (each) => task(each, signal)))];
            stage.given += given.length;
            await out.put(given);
          })
          .finally(() => running.delete(done));
        running.add(done);
      };
      for (let chunk = await input.take(); chunk; chunk = await input.take()) {
        for (const item of chunk) {
          while (running.size >= most) await Promise.race(running);
          if (signal.aborted) break;
          begin(item);
        }
      }
      await Promise.all(running);
    });
  }

  batch(name: string, weightMost: number, weigh: (item: Item) => number = () => 1): Flow<readonly Item[]> {
    let batch: Item[] = [];
    let weight = 0;
    const full = () => {
      const whole = batch;
      [batch, weight] = [[], 0];
      return whole.length === 0 ? [] : [whole];
    };
    const step = (item: Item): readonly (readonly Item[])[] => {
      const own = weigh(item);
      const before = weight + own > weightMost ? full() : [];
      batch.push(item);
      weight += own;
      return weight < weightMost ? before : [...before, ...full()];
    };
    return this.mapped(name, step, full, BATCHES);
  }

  branch<First extends Item>(
    name: string,
    isFirst: (item: Item) => item is First,
  ): readonly [Flow<First>, Flow<Exclude<Item, First>>] {
    const stage = this.owner.stage<Item>(name);
    const input = this.input();
    const first = this.owner.channel<First>(stage);
    const others = this.owner.channel<Exclude<Item, First>>(stage);
    const both = {
      close() {
        first.close();
        others.close();
      },
    };
    this.owner.start(both, async () => {
      for (let chunk = await input.take(); chunk; chunk = await input.take()) {
        const parts: [First[], Exclude<Item, First>[]] = [[], []];
        stage.each(chunk, (item) => {
          if (isFirst(item)) parts[0].push(item);
          else parts[1].push(item as Exclude<Item, First>); // it is not the first
        });
        stage.given += chunk.length;
        await Promise.all([first.put(parts[0]), others.put(parts[1])]);
      }
    });
    return [new ChannelFlow(this.owner, first), new ChannelFlow(this.owner, others)];
  }

  into(name: StageName<Item>, step: (item: Item) => void): void {
    const stage = this.owner.stage(name);
    const input = this.input();
    this.owner.start(undefined, async () => {
      for (let chunk = await input.take(); chunk; chunk = await input.take()) stage.each(chunk, step);
    });
  }
}
