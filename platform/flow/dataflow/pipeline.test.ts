import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import { pipeline, type PipelineOptions } from "./pipeline.ts";

function trial(options: Partial<PipelineOptions> = {}) {
  const clock = virtualClock();
  return { clock, line: pipeline({ clock, ...options }) };
}

/** 0 … count − 1 in chunks; `given`: how many were taken from it. */
function numbers(count: number, chunk = 7) {
  const source = {
    given: 0,
    isLeft: false,
    async *[Symbol.asyncIterator]() {
      try {
        for (let from = 0; from < count; from += chunk) {
          const items = Array.from({ length: Math.min(chunk, count - from) }, (_, at) => from + at);
          source.given += items.length;
          yield items;
        }
      } finally {
        source.isLeft = true;
      }
    },
  };
  return source;
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("a pipeline", () => {
  test("hands items on in order, none, one or several for each, and what was held back at the end", async () => {
    const { line } = trial({ buffer: 3 });
    const out: (number | string)[] = [];
    let last = -1;
    const step = function* (n: number) {
      last = n;
      if (n % 2 === 0) yield n;
      if (n % 5 === 0) yield -n;
    };
    line
      .from("numbers", numbers(11))
      .map<number | string>("even", step, () => [`after ${last}`])
      .into("out", (item) => out.push(item));
    await line.run();
    assert.deepEqual(out, [0, -0, 2, 4, -5, 6, 8, 10, -10, "after 10"]);
  });

  test("batches by weight: what is too heavy goes alone, what is left goes at the end", async () => {
    const { line } = trial();
    const out: (readonly number[])[] = [];
    line
      .from("numbers", numbers(7))
      .batch("by weight", 5, (n) => (n === 4 ? 9 : n))
      .into("out", (batch) => out.push(batch));
    await line.run();
    assert.deepEqual(out, [[0, 1, 2], [3], [4], [5], [6]]);
  });

  test("branches, and merges what it branched", async () => {
    const { line } = trial({ buffer: 2 });
    const isText = (item: number | string): item is string => typeof item === "string";
    const [texts, rest] = line
      .from("numbers", numbers(20))
      .map<number | string>("some as text", (n) => [n % 3 === 0 ? String(n) : n])
      .branch("texts", isText);
    const out: (number | string)[] = [];
    const doubled = rest.map("double", (n) => [n * 2]);
    line.merge<number | string>("both", [texts, doubled]).into("out", (item) => out.push(item));
    await line.run();
    const expected = Array.from({ length: 20 }, (_, n) => (n % 3 === 0 ? String(n) : n * 2));
    assert.deepEqual(new Set(out), new Set(expected));
    assert.equal(out.length, 20);
  });

  test("runs as many tasks at once as it may, and no more", async () => {
    const { line } = trial();
    let [under, most] = [0, 0];
    const out: number[] = [];
    line
      .from("numbers", numbers(50))
      .mapAsync("tasks", 4, async (n) => {
        most = Math.max(most, ++under);
        await turn();
        under--;
        return [n, n];
      })
      .into("out", (n) => out.push(n));
    await line.run();
    assert.equal(most, 4);
    assert.deepEqual(
      out.toSorted((a, b) => a - b),
      Array.from({ length: 100 }, (_, at) => Math.floor(at / 2)),
    );
  });

  test("a stage that waits makes those before it wait: what is taken is bounded by the buffers", async () => {
    const { line } = trial({ buffer: 10 });
    const source = numbers(10_000, 5);
    const gate = Promise.withResolvers<void>();
    const done: number[] = [];
    line
      .from("numbers", source)
      .map("same", (n) => [n])
      .mapAsync("slow", 1, async (n) => {
        if (n === 100) await gate.promise;
        return [n];
      })
      .into("out", (n) => done.push(n));
    const running = line.run();
    for (let turns = 0; turns < 500; turns++) await turn();
    assert.equal(done.length, 100);
    // Two buffers, the chunk that each stage holds, and the one that waits at the source.
    assert.ok(source.given <= 100 + 2 * 10 + 2 * 10 + 5, `${source.given} were taken`);
    const waiting = line.metrics();
    assert.ok(
      waiting.every(({ bufferedMost }) => bufferedMost <= 10),
      JSON.stringify(waiting),
    );
    gate.resolve();
    await running;
    assert.equal(done.length, 10_000);
  });

  test("its metrics say what each stage took and gave, and how long it worked", async () => {
    const { line, clock } = trial();
    line
      .from("numbers", numbers(6))
      .map("third", (n) => {
        clock.advance(2);
        return n % 3 === 0 ? [n] : [];
      })
      .into("out", () => undefined);
    await line.run();
    const found = line.metrics().map(({ stage, taken, given, busyMs }) => ({ stage, taken, given, busyMs }));
    assert.deepEqual(found, [
      { stage: "numbers", taken: 0, given: 6, busyMs: 0 },
      { stage: "third", taken: 6, given: 2, busyMs: 12 },
      { stage: "out", taken: 2, given: 0, busyMs: 0 },
    ]);
  });
});

describe("a pipeline that fails", () => {
  const failure = new TypeError("no");

  test("names stage and item, and leaves its source", async () => {
    const { line } = trial();
    const source = numbers(1_000);
    line
      .from("numbers", source)
      .map({ name: "check", nameOf: (n) => `no. ${n}` }, (n) => {
        if (n === 20) throw failure;
        return [n];
      })
      .into("out", () => undefined);
    const details = { stage: "check", item: "no. 20" };
    await assert.rejects(line.run(), { code: "stage-failed", message: "stage check, item no. 20: no", cause: failure, details });
    assert.ok(source.isLeft);
    assert.ok(source.given < 1_000);
  });

  test("an item without a name is called by its number; so is the one that a source fails to give", async () => {
    const { line } = trial();
    const broken = async function* () {
      yield [1, 2, 3];
      throw failure;
    };
    line.from("broken", broken()).into("out", () => undefined);
    await assert.rejects(line.run(), { code: "stage-failed", details: { stage: "broken", item: "4" } });
    const { line: other } = trial();
    other.from("numbers", numbers(9)).into("out", (n) => {
      if (n === 8) throw failure;
    });
    await assert.rejects(other.run(), { code: "stage-failed", details: { stage: "out", item: "9" } });
  });

  test("finishes the tasks that are under way, and begins none", async () => {
    const { line } = trial();
    let [begun, ended] = [0, 0];
    line
      .from("numbers", numbers(100))
      .mapAsync("tasks", 3, async (n) => {
        begun++;
        await turn();
        if (n === 10) throw failure;
        await turn();
        ended++;
        return [];
      })
      .into("out", () => undefined);
    await assert.rejects(line.run(), { code: "stage-failed", details: { stage: "tasks", item: "11" } });
    assert.equal(ended, begun - 1);
    assert.ok(begun < 20);
  });

  test("aborted, it rejects with the reason after what was under way; aborted before, it begins nothing", async () => {
    const controller = new AbortController();
    const { line } = trial({ signal: controller.signal });
    const reason = new Error("stopped");
    const ended: number[] = [];
    const told: boolean[] = [];
    line
      .from("numbers", numbers(100))
      .mapAsync("tasks", 2, async (n, signal) => {
        if (n === 9) controller.abort(reason);
        await turn();
        told.push(signal.aborted);
        ended.push(n);
        return [];
      })
      .into("out", () => undefined);
    await assert.rejects(line.run(), reason);
    assert.deepEqual(ended, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert.ok(told.at(-1), "a task is told");

    const { line: late } = trial({ signal: controller.signal });
    const source = numbers(10);
    late.from("numbers", source).into("out", () => undefined);
    await assert.rejects(late.run(), reason);
    assert.equal(source.given, 0);
  });

  test("a flow goes into one stage", () => {
    const { line } = trial();
    const flow = line.from("numbers", numbers(1));
    flow.into("out", () => undefined);
    assert.throws(() => flow.into("again", () => undefined), /one stage/);
  });
});
