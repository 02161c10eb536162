import assert from "node:assert/strict";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { errorCode } from "@daybook/kernel/errors";
import { idSource } from "@daybook/kernel/ids";
import { seededRandom } from "@daybook/kernel/random";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import type { Store } from "@daybook/data/store";
import { archivedStore, type ArchivedStore } from "@daybook/data/store/archive/archived-store";
import type { FactRemoval, SegmentPlace } from "@daybook/data/store/archive/segment-place";
import { sqliteStore } from "@daybook/data/store/sqlite";
import { sqliteFactRemoval } from "@daybook/data/store/sqlite/fact-removal";
import { segmentFolder } from "@daybook/data/store/sqlite/segment-folder";
import { archive, type Archived, type ArchiverOptions } from "./archiver.ts";
import { sealPending } from "./seal.ts";

const DAYS = 24 * 60 * 60 * 1_000;
const RULE = { factsLeast: 1, factsMax: 30 };
const STREAMS = 8;

/** Something may end the run before and after each step. */
type Step = <T>(task: () => Promise<T>) => Promise<T>;
const ALIVE: Step = (task) => task();

const OLD = 45;
const ALL = 60;
const FILES = ["1-27.db", "28-45.db"];

/** A log of 45 facts of 100 days ago, in units of three and seals of nine, and of 15 facts of today. */
class Trial {
  readonly clock = virtualClock();
  readonly ids = idSource(this.clock, seededRandom(1));
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  static async filled(): Promise<Trial> {
    const trial = new Trial(await mkdtemp(join(tmpdir(), "daybook-archiver-")));
    const store = await trial.open();
    for (let n = 0; n < OLD; n += 9) {
      for (let u = 0; u < 9; u += 3) await trial.add(store, n + u);
      await sealPending(trial.parts(store), { isFinal: true });
    }
    trial.clock.advance(100 * DAYS);
    for (let n = OLD; n < ALL; n += 3) await trial.add(store, n);
    await sealPending(trial.parts(store), { isFinal: true });
    await store.close();
    return trial;
  }

  parts<One extends Store>(store: One) {
    return { store, clock: this.clock, ids: this.ids, owner: "one" };
  }

  async copied(): Promise<Trial> {
    const copy = new Trial(await mkdtemp(join(tmpdir(), "daybook-archiver-")));
    await cp(this.folder, copy.folder, { recursive: true });
    copy.clock.advance(this.clock.elapsed());
    return copy;
  }

  open(step: Step = ALIVE): Promise<ArchivedStore> {
    const { clock } = this;
    return sqliteStore({ file: this.file, clock }).then((hot) =>
      archivedStore({ hot: { ...hot, commit: (unit) => step(() => hot.commit(unit)) }, place: this.place(step), clock }),
    );
  }

  get file(): string {
    return join(this.folder, "daybook.db");
  }

  get cold(): string {
    return join(this.folder, "cold");
  }

  private place(step: Step): SegmentPlace {
    const place = segmentFolder(this.cold);
    return {
      ...place,
      write: (file, content) => step(() => place.write(file, stepping(content, step))),
      describe: (file) => step(() => place.describe(file)),
    };
  }

  /** Three facts of two streams. */
  private async add(store: Store, n: number): Promise<void> {
    const event = (at: number) => ({ type: "Counted", schemaVersion: 1, data: `{"n":${at}}` });
    const stream = (at: number) => `order-${(at / 3) % STREAMS}`;
    const cause = { correlation: `cor_${n % 2}`, actor: "usr_1", tenant: "shop" };
    const first = { kind: "append", stream: stream(n), events: [event(n), event(n + 1)] } as const;
    const second = { kind: "append", stream: stream(n + 3), events: [event(n + 2)] } as const;
    await store.commit({ id: this.ids("unt"), cause, conditions: [], effects: [first, second] });
  }

  async run(step: Step = ALIVE, more: Partial<ArchiverOptions> = {}): Promise<Archived> {
    const store = await this.open(step);
    try {
      return await archive({ ...this.parts(store), openRemoval: () => this.removal(step), rule: RULE, ...more });
    } finally {
      await store.close();
    }
  }

  private removal(step: Step): FactRemoval {
    const removal = sqliteFactRemoval(this.file);
    return { remove: (from, to) => step(() => removal.remove(from, to)), close: () => removal.close() };
  }

  /** What a reader is told. */
  async told(): Promise<Readonly<Record<string, unknown>>> {
    const store = await this.open();
    try {
      assert.deepEqual(await store.check(), []);
      return await everything(store);
    } finally {
      await store.close();
    }
  }

  async destroy(): Promise<void> {
    await rm(this.folder, { recursive: true });
  }
}

async function* stepping<T>(pages: AsyncIterable<T>, step: Step): AsyncGenerator<T> {
  for await (const page of pages) yield await step(async () => page);
}

async function everything(store: Store): Promise<Readonly<Record<string, unknown>>> {
  const told: Record<string, unknown> = { log: [], digests: await store.readDigests({}) };
  for (let after = 0, events: unknown[] = []; after < ALL; told["log"] = events) {
    const page = await store.readLog({ after, limit: 17 });
    events = [...events, ...page.events];
    after = page.scannedTo;
  }
  for (let n = 0; n < STREAMS; n++) {
    const stream = `order-${n}`;
    told[stream] = [await store.readStream(stream), await store.readStream(stream, { direction: "backwards" })];
    told[`${stream} in part`] = await store.readStream(stream, { from: 3, limit: 4 });
    told[`${stream} version`] = await store.streamVersion(stream);
  }
  told["cases"] = [await store.readCorrelation("cor_0"), await store.readCorrelation("cor_1", { after: 20, limit: 20 })];
  return told;
}

/** Ends at the n-th step: before it when `n` is even, else after it. */
function killedAt(n: number): Step {
  let steps = 0;
  return async (task) => {
    const step = steps++;
    if (step > n >> 1 || (step === n >> 1 && n % 2 === 0)) throw new Error("killed");
    const result = await task();
    if (step === n >> 1) throw new Error("killed");
    return result;
  };
}

void describe("archiving", () => {
  void test("moves what is old and sealed, and changes nothing that is read", async () => {
    const trial = await Trial.filled();
    const before = await trial.told();
    assert.deepEqual(await trial.run(), { segments: 2, archived: OLD, removed: OLD });
    assert.deepEqual(readdirSync(trial.cold), FILES);
    assert.deepEqual(await trial.told(), before);
    assert.deepEqual(await trial.run(), { segments: 0, archived: 0, removed: 0 }, "what is younger stays");
    const store = await trial.open();
    const { rows } = await store.listRows({ collection: "seals" });
    assert.deepEqual(
      rows.map(({ key }) => Number(key)),
      [ALL],
      "seals go with their facts",
    );
    await store.close();
    await trial.destroy();
  });

  void test("killed before and after each step, it changes nothing that is read, and goes on", { timeout: 300_000 }, async () => {
    let isKilled = true;
    let kills = 0;
    const filled = await Trial.filled();
    const before = await filled.told();
    for (let n = 0; isKilled; n++) {
      const trial = await filled.copied();
      isKilled = await trial.run(killedAt(n)).then(
        () => false,
        () => true,
      );
      kills += Number(isKilled);
      assert.deepEqual(await trial.told(), before, `killed at ${n}`);
      await trial.run();
      assert.deepEqual(await trial.told(), before, `gone on after ${n}`);
      assert.deepEqual(readdirSync(trial.cold), FILES);
      await trial.destroy();
    }
    assert.ok(kills > 30, `${kills} steps`);
    await filled.destroy();
  });

  void test("a stream that was archived goes on with its versions, and is not begun anew", async () => {
    const trial = await Trial.filled();
    await trial.run();
    const store = await trial.open();
    const version = await store.streamVersion("order-0");
    const event = { type: "Counted", schemaVersion: 1, data: "{}" };
    const append = { kind: "append", stream: "order-0", events: [event] } as const;
    const cause = { correlation: "cor_2", actor: "usr_1", tenant: "shop" };
    const unit = (id: string, is: number) => ({
      id,
      cause,
      conditions: [{ kind: "version", stream: "order-0", is } as const],
      effects: [append],
    });
    assert.deepEqual(await store.commit(unit("unt_a", 0)), { outcome: "refused", condition: 0, actual: version });
    assert.equal((await store.commit(unit("unt_b", version))).outcome, "committed");
    const read = await store.readStream("order-0");
    assert.deepEqual(
      read.map((each) => each.version),
      Array.from({ length: version + 1 }, (_, n) => n + 1),
    );
    await store.close();
    await trial.destroy();
  });

  void test("leaves few facts where they are", async () => {
    const trial = await Trial.filled();
    assert.deepEqual(await trial.run(ALIVE, { rule: { factsLeast: OLD + 1 } }), { segments: 0, archived: 0, removed: 0 });
    assert.ok(!existsSync(trial.cold));
    await trial.destroy();
  });

  void test("is refused while another process does it", async () => {
    const trial = await Trial.filled();
    const store = await trial.open();
    const take = { kind: "takeLease", name: "archiver", owner: "two", ttlMs: 60_000 } as const;
    const conditions = [{ kind: "leaseFree", name: "archiver", owner: "two" } as const];
    const cause = { correlation: "cor_2", actor: "usr_1", tenant: "shop" };
    await store.commit({ id: "unt_lease", cause, conditions, effects: [take] });
    await store.close();
    await assert.rejects(trial.run(), (error) => errorCode(error) === "archive-busy");
    await trial.destroy();
  });

  void test("removes nothing when the file of the segment is not what was recorded", async () => {
    const trial = await Trial.filled();
    let removals = 0;
    const killed = () => Promise.reject(new Error(`killed ${++removals}`));
    await assert.rejects(trial.run(ALIVE, { openRemoval: killed }), /killed 1/);
    const file = join(trial.cold, "1-27.db");
    chmodSync(file, 0o600);
    const bytes = readFileSync(file);
    bytes[bytes.length - 200] = (bytes[bytes.length - 200] ?? 0) ^ 1;
    writeFileSync(file, bytes);
    await assert.rejects(trial.run(ALIVE, { openRemoval: killed }), (error) => errorCode(error) === "segment-damaged");
    rmSync(file);
    await assert.rejects(trial.run(ALIVE, { openRemoval: killed }), (error) => errorCode(error) === "segment-unreachable");
    assert.equal(removals, 1);
    await trial.destroy();
  });

  void test("takes a file that a killed run left, and never one of another store", async () => {
    const trial = await Trial.filled();
    const other = await trial.copied();
    await other.run();
    mkdirSync(trial.cold);
    copyFileSync(join(other.cold, "1-27.db"), join(trial.cold, "1-27.db"));
    writeFileSync(join(trial.cold, "28-45.db"), readFileSync(join(other.cold, "1-27.db")));
    await assert.rejects(trial.run(), (error) => errorCode(error) === "segment-taken");
    assert.deepEqual(
      readFileSync(join(trial.cold, "28-45.db")),
      readFileSync(join(other.cold, "1-27.db")),
      "it is left as it is",
    );
    rmSync(join(trial.cold, "28-45.db"));
    assert.deepEqual(await trial.run(), { segments: 1, archived: 18, removed: 18 });
    assert.deepEqual(await trial.told(), await other.told());
    await trial.destroy();
    await other.destroy();
  });

  void test("a segment that is missing, cut, or exchanged for another is told by name, and all else is read", async () => {
    const trial = await Trial.filled();
    await trial.run();
    const [first, second] = [join(trial.cold, "1-27.db"), join(trial.cold, "28-45.db")];
    const read = async (after: number) => {
      const store = await trial.open();
      try {
        return (await store.readLog({ after, limit: 3 })).events.length;
      } catch (error) {
        assert.match(String(error), /1-27\.db/);
        return errorCode(error);
      } finally {
        await store.close();
      }
    };
    renameSync(first, `${first}.away`);
    assert.deepEqual([await read(0), await read(30), await read(50)], ["segment-unreachable", 3, 3]);
    writeFileSync(first, readFileSync(second));
    assert.deepEqual([await read(0), await read(30)], ["segment-damaged", 3]);
    writeFileSync(
      first,
      "no database at all, but long enough to have a header of a hundred bytes, which is what SQLite reads first",
    );
    assert.deepEqual([await read(0), await read(30)], ["segment-damaged", 3]);
    rmSync(first);
    renameSync(`${first}.away`, first);
    chmodSync(first, 0o600);
    truncateSync(first, 8_192);
    assert.deepEqual([await read(0), await read(30)], ["segment-damaged", 3]);
    await trial.destroy();
  });
});
