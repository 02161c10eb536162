import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { removed, trialLog, type TrialEvent, type TrialLog } from "@daybook/data/event-store/conformance/trial";
import type { Store } from "@daybook/data/store";
import { projection, type Projection } from "./projection.ts";
import { readModel, waitFor } from "./read-model.ts";
import { runProjection, type ProjectionHost } from "./running-projection.ts";

interface Total {
  readonly total: number;
  readonly events: number;
}

/** Totals of the streams of category `sum`; `factor` stands for what another version of the code does. */
function totals(version = 1, factor = 1): Projection<Total, TrialEvent> {
  return projection<Total, TrialEvent>({
    name: "totals",
    version,
    categories: ["sum"],
    async project({ stream, event }, view) {
      const row = (await view.get(stream)) ?? { total: 0, events: 0 };
      const total = row.total + factor * (event.type === "Added" ? event.data.n : -event.data.n);
      if (total === 0) view.delete(stream);
      else view.put(stream, { total, events: row.events + 1 }, { sign: [total < 0 ? "minus" : "plus"] });
    },
  });
}

function host(log: TrialLog, more: Partial<ProjectionHost> = {}): ProjectionHost {
  return { events: log.events, clock: log.clock, ids: log.ids, owner: "one", retireAfterMs: 1_000, ...more };
}

async function rowsOf(store: Store): Promise<Readonly<Record<string, Total>>> {
  const { rows } = await readModel<Total>(store, "totals").list();
  return Object.fromEntries(rows.map((row) => [row.key, row.value]));
}

async function isCaughtUp(log: TrialLog): Promise<boolean> {
  const { position } = await log.store.head();
  return (await waitFor(log.store, totals(), position, 0, log.clock)).isReached;
}

void describe("projection", () => {
  void test("rows are what the events say, read through what the page changed already", async () => {
    const log = trialLog();
    await log.add("sum-a", 1, 2, 3);
    await log.append("sum-b", removed(5));
    await log.add("sum-c", 7, -7);
    await log.add("other-a", 100);
    const running = runProjection(totals(), host(log));
    await log.until(() => isCaughtUp(log));
    assert.deepEqual(await rowsOf(log.store), { "sum-a": { total: 6, events: 3 }, "sum-b": { total: -5, events: 1 } });
    await log.add("sum-a", 4);
    await log.until(() => isCaughtUp(log));
    assert.deepEqual((await readModel<Total>(log.store, "totals").get("sum-a"))?.value, { total: 10, events: 4 });
    assert.equal((await log.store.getRow("totals.1", "sum-a"))?.revision, 2, "one put for each page");
    await running.stop();
    assert.equal(running.status().state, "stopped");
    await log.store.close();
  });

  void test("a model is listed by index, in pages, both ways", async () => {
    const log = trialLog();
    for (const [index, name] of ["a", "b", "c", "d"].entries()) await log.add(`sum-${name}`, index === 1 ? -1 : 1);
    const running = runProjection(totals(), host(log));
    await log.until(() => isCaughtUp(log));
    const model = readModel<Total>(log.store, "totals");
    const first = await model.list({ index: "sign", prefix: "plus", limit: 2, direction: "backwards" });
    assert.deepEqual(
      first.rows.map((row) => row.key),
      ["sum-d", "sum-c"],
    );
    assert.ok(first.next);
    const second = await model.list({ index: "sign", prefix: "plus", limit: 2, direction: "backwards", after: first.next });
    assert.deepEqual(
      second.rows.map((row) => row.key),
      ["sum-a"],
    );
    assert.equal(await model.count({ index: "sign", prefix: "plus" }, 10), 3);
    await running.stop();
    await log.store.close();
  });

  void test("read your writes: waiting ends when the position is shown, or with the lag", async () => {
    const log = trialLog();
    const running = runProjection(totals(), host(log));
    const position = await log.add("sum-a", 1);
    const waiting = waitFor(log.store, totals(), position, 5_000, log.clock);
    assert.deepEqual(await waiting, { isReached: true, lag: 0 });
    const passedOver = await log.add("other-a", 1);
    assert.equal((await waitFor(log.store, totals(), passedOver, 0, log.clock)).isReached, true, "the filter leaves it out");
    await log.until(() => running.status().subscription?.position === passedOver);
    await running.stop();
    const late = await log.add("sum-a", 1, 1);
    const inVain = waitFor(log.store, totals(), late, 300, log.clock);
    log.clock.advance(1_000);
    assert.deepEqual(await inVain, { isReached: false, lag: 2 });
    await log.store.close();
  });
});

void describe("generations", () => {
  void test("a new version is built beside the live rows, then switched, and the old rows go", async () => {
    const log = trialLog();
    await log.add("sum-a", 1, 2);
    const old = runProjection(totals(1), host(log));
    await log.until(() => isCaughtUp(log));
    await old.stop();
    await log.add("sum-b", 5);
    const running = runProjection(totals(2, 10), host(log));
    await log.until(async () => (await log.store.getKey("projection/totals"))?.includes('"generation":2') === true);
    assert.deepEqual(await rowsOf(log.store), { "sum-a": { total: 30, events: 2 }, "sum-b": { total: 50, events: 1 } });
    await log.until(async () => (await log.store.listKeys("projection-retired/")).length === 0);
    assert.deepEqual((await log.store.listRows({ collection: "totals.1" })).rows, []);
    await log.add("sum-a", 1);
    await log.until(() => isCaughtUp(log));
    assert.equal((await rowsOf(log.store))["sum-a"]?.total, 40, "the new generation follows");
    assert.deepEqual(running.status().live, { generation: 2, version: 2 });
    await running.stop();
    await log.store.close();
  });

  void test("code that is older than the live rows leaves them alone", async () => {
    const log = trialLog();
    await log.add("sum-a", 1);
    const newer = runProjection(totals(2), host(log));
    await log.until(() => isCaughtUp(log));
    await newer.stop();
    const older = runProjection(totals(1, 100), host(log));
    await log.add("sum-a", 1);
    await log.until(() => older.status().state === "waiting" && log.clock.elapsed() > 5_000);
    assert.equal((await rowsOf(log.store))["sum-a"]?.total, 1);
    await older.stop();
    await log.store.close();
  });

  void test("a rebuild of the same version shows its progress, compares equal, and is switched under load", async () => {
    const log = trialLog();
    for (let n = 0; n < 30; n++) await log.add(`sum-${n % 7}`, n);
    const running = runProjection(totals(), host(log, { tuning: { pageSize: 4 } }));
    await log.until(() => isCaughtUp(log));
    const counts: number[] = [];
    const rebuild = await running.rebuild((progress) => void counts.push(progress.count));
    await log.add("sum-1", 1000);
    await log.until(() => rebuild.progress().state === "live");
    await rebuild.caughtUp;
    assert.deepEqual(
      counts,
      counts.toSorted((a, b) => a - b),
    );
    assert.ok(counts.length > 5);
    assert.equal(rebuild.progress().leftMs, 0);
    const comparison = await rebuild.compare();
    assert.deepEqual(comparison, {
      position: 31,
      keys: 7,
      differing: 0,
      differences: [],
      differingEntries: 0,
      entryDifferences: [],
    });
    const before = await rowsOf(log.store);
    await rebuild.switchTo();
    assert.deepEqual(await rowsOf(log.store), before);
    await log.add("sum-1", 1);
    await log.until(() => isCaughtUp(log));
    await running.stop();
    await log.store.close();
  });

  void test("comparing lists the rows that differ, and brings both to one position first", async () => {
    const log = trialLog();
    await log.add("sum-a", 1);
    await log.add("sum-b", 2);
    const running = runProjection(totals(), host(log));
    await log.until(() => isCaughtUp(log));
    const spoil = (effect: Parameters<typeof log.store.commit>[0]["effects"][number]) =>
      log.store.commit({
        id: log.ids("unt"),
        cause: { correlation: "x", actor: "x", tenant: "x" },
        conditions: [],
        effects: [effect],
      });
    await spoil({ kind: "putRow", collection: "totals.1", key: "sum-a", value: '{"total":9}' });
    await spoil({ kind: "putRow", collection: "totals.1", key: "sum-z", value: '{"total":9}' });
    await spoil({ kind: "deleteRow", collection: "totals.1", key: "sum-b" });
    const rebuild = await running.rebuild();
    await log.until(() => rebuild.progress().state === "live");
    await log.add("sum-c", 3);
    await log.until(() => isCaughtUp(log));
    const { differences, keys, differing } = await rebuild.compare();
    assert.deepEqual({ keys, differing }, { keys: 4, differing: 3 });
    assert.deepEqual(
      differences.map(({ key, live, next }) => [key, live !== undefined, next !== undefined]),
      [
        ["sum-a", true, true],
        ["sum-b", false, true],
        ["sum-z", true, false],
      ],
    );
    await rebuild.abandon();
    assert.equal(await log.store.getKey("projection-next/totals"), undefined);
    await log.until(async () => (await log.store.listRows({ collection: "totals.2" })).rows.length === 0);
    const again = await running.rebuild();
    assert.equal(again.generation, 3, "a number is not used twice");
    await assert.rejects(rebuild.switchTo(), { code: "rebuild-abandoned" });
    await again.abandon();
    await running.stop();
    await log.store.close();
  });

  void test("comparing finds index entries that differ under rows that are the same", async () => {
    const log = trialLog();
    await log.add("sum-a", 1);
    await log.add("sum-b", 2);
    const running = runProjection(totals(), host(log));
    await log.until(() => isCaughtUp(log));
    const same = (await log.store.getRow("totals.1", "sum-b"))?.value ?? "";
    const index = { sign: ["minus"] };
    await log.store.commit({
      id: log.ids("unt"),
      cause: { correlation: "x", actor: "x", tenant: "x" },
      conditions: [],
      effects: [{ kind: "putRow", collection: "totals.1", key: "sum-b", value: same, index }],
    });
    const rebuild = await running.rebuild();
    await log.until(() => rebuild.progress().state === "live");
    const { differing, differingEntries, entryDifferences } = await rebuild.compare();
    assert.deepEqual({ differing, differingEntries }, { differing: 0, differingEntries: 2 });
    assert.deepEqual(entryDifferences, [
      { index: "sign", entry: "minus", key: "sum-b", in: "live" },
      { index: "sign", entry: "plus", key: "sum-b", in: "next" },
    ]);
    await rebuild.abandon();
    await running.stop();
    await log.store.close();
  });

  void test("a second process follows to the generation that the first one switched to", async () => {
    const log = trialLog();
    await log.add("sum-a", 1);
    const tuning = { leaseMs: 500 };
    const one = runProjection(totals(), host(log, { tuning }));
    const two = runProjection(totals(), host(log, { owner: "two", tuning }));
    await log.until(() => isCaughtUp(log));
    const rebuild = await one.rebuild();
    await log.until(() => rebuild.progress().state === "live");
    await rebuild.switchTo();
    await one.stop();
    await log.add("sum-a", 5);
    await log.until(() => isCaughtUp(log));
    assert.equal((await rowsOf(log.store))["sum-a"]?.total, 6);
    await log.until(() => two.status().live?.generation === 2);
    await two.stop();
    await log.store.close();
  });
});
