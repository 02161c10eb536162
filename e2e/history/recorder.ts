import { sleep, type Clock } from "@daybook/kernel/clock";
import { assert } from "@daybook/kernel/errors";
import { below, pick, seededRandom, unit as fraction, type Random } from "@daybook/kernel/random";
import type { Store } from "@daybook/data/store";
import type { Condition, Effect, Unit, Verdict } from "@daybook/data/store/unit";
import type { AppendPart, AppendValue, HistoryEntry, LoggedEvent } from "./history.ts";

export interface RecordOptions {
  /** Views of one store: the clients are dealt out to them. */
  readonly stores: readonly Store[];
  readonly clock: Clock;
  readonly clients: number;
  /** Operations of each client. */
  readonly operations: number;
  readonly streams: number;
  readonly seed: number;
}

/** Runs concurrent clients against an empty store and writes down what they asked and were told. */
export async function recordHistory(options: RecordOptions): Promise<readonly HistoryEntry[]> {
  assert(options.clients * options.operations * 2 < options.streams * 1_000, "a stream stays short enough for one page");
  const recorder = new Recorder(options);
  await Promise.all(Array.from({ length: options.clients }, (_, n) => recorder.client(n)));
  await recorder.log(recorder.newProcess(), options.stores[0] as Store); // at least one is given
  return recorder.entries;
}

class Recorder {
  readonly entries: HistoryEntry[] = [];
  private readonly options: RecordOptions;
  private processes = 0;
  private units = 0;

  constructor(options: RecordOptions) {
    this.options = options;
  }

  newProcess(): number {
    return this.processes++;
  }

  async client(n: number): Promise<void> {
    const { stores, seed, operations, streams } = this.options;
    const random = seededRandom(seed * 1_000 + n);
    const store = stores[n % stores.length] as Store; // inside, by the remainder
    const known = new Map<string, number>(Array.from({ length: streams }, (_, s) => [`account-${s}`, 0]));
    let process = this.newProcess();
    for (let i = 0; i < operations; i++) {
      const what = fraction(random);
      if (what < 0.7) process = await this.append(process, store, this.newAppend(random, known), known);
      else if (what < 0.97) await this.read(process, store, pick(random, [...known.keys()]), known);
      else await this.log(process, store);
    }
  }

  private newAppend(random: Random, known: ReadonlyMap<string, number>): AppendValue {
    const unit = `u${this.units++}`;
    const names = [...known.keys()];
    const first = pick(random, names);
    const streams = below(random, 5) === 0 ? [...new Set([first, pick(random, names)])] : [first];
    let ordinal = 0;
    const parts = streams.map((stream): AppendPart => {
      const ids = Array.from({ length: 1 + below(random, 2) }, () => `${unit}/${ordinal++}`);
      return below(random, 8) === 0 ? { stream, ids } : { stream, ids, expected: known.get(stream) ?? 0 };
    });
    return { unit, parts };
  }

  /** Answers the process that goes on: another one after an unknown outcome, which it asks for again. */
  private async append(process: number, store: Store, value: AppendValue, known: Map<string, number>): Promise<number> {
    this.note(process, "invoke", "append", "", value);
    const verdict = await store.commit(unitOf(value)).catch((cause: unknown): Verdict => ({ outcome: "unknown", cause }));
    if (verdict.outcome === "unknown") {
      this.note(process, "info", "append", "", value);
      await sleep(this.options.clock, 5);
      return store.status().state === "stopped" ? this.newProcess() : this.append(this.newProcess(), store, value, known);
    }
    if (verdict.outcome === "refused") {
      const refused = value.parts.filter((part) => part.expected !== undefined)[verdict.condition];
      const version = Number(verdict.actual);
      known.set(refused?.stream ?? "", version);
      this.note(process, "fail", "append", "", { ...value, refused: { stream: refused?.stream ?? "", version } });
      return process;
    }
    const { position, isRepeated, versions } = verdict;
    for (const [n, part] of value.parts.entries()) known.set(part.stream, versions[n] ?? 0);
    const parts = value.parts.map((part, n): AppendPart => ({ ...part, ...(isRepeated ? {} : { version: versions[n] ?? 0 }) }));
    this.note(process, "ok", "append", "", { ...value, parts, position, isRepeated });
    return process;
  }

  private async read(process: number, store: Store, stream: string, known: Map<string, number>): Promise<void> {
    this.note(process, "invoke", "read", stream, {});
    const ids: string[] = [];
    const events = await store.readStream(stream);
    for (const event of events) ids.push(event.id);
    known.set(stream, ids.length);
    this.note(process, "ok", "read", stream, { ids });
  }

  async log(process: number, store: Store): Promise<void> {
    this.note(process, "invoke", "log", "", {});
    const { position: head } = await store.head();
    const events: LoggedEvent[] = [];
    for (let after = 0; after < head;) {
      const page = await store.readLog({ after });
      for (const { position, id, stream, version } of page.events) events.push({ position, id, stream, version });
      after = page.scannedTo;
    }
    this.note(process, "ok", "log", "", { events });
  }

  private note(
    process: number,
    type: HistoryEntry["type"],
    what: HistoryEntry["function"],
    key: string,
    value: HistoryEntry["value"],
  ): void {
    this.entries.push({ process, type, function: what, key, value, time: this.options.clock.elapsed() });
  }
}

function unitOf({ unit, parts }: AppendValue): Unit {
  const conditions = parts.flatMap((part): Condition[] =>
    part.expected === undefined ? [] : [{ kind: "version", stream: part.stream, is: part.expected }],
  );
  const effects = parts.map((part): Effect => ({
    kind: "append",
    stream: part.stream,
    events: part.ids.map(() => ({ type: "Posted", schemaVersion: 1, data: "{}" })),
  }));
  return { id: unit, cause: { correlation: unit, actor: "sys_recorder", tenant: "e2e" }, conditions, effects };
}
