import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Store } from "./port.ts";
import { LIMITS } from "./limits.ts";
import { keyOf, TRANSFER_PAGE, TRANSFER_TABLE_NAMES, type TransferRecord } from "./transfer-tables.ts";
import { transfer, type TransferMark, type TransferReads, type TransferSource, type TransferTarget } from "./transfer.ts";
import { freeing, taking } from "./conformance/leases.ts";
import { committed, facts, padded, putKey, putRow, rejectsWith, schedule, snapshot, unit, work } from "./conformance/trial.ts";

/** Where a store is, or will be. What a failed proof left open is closed by `destroy`. */
export interface TransferPlace {
  store(): Promise<Store>;
  source(): Promise<TransferSource>;
  target(): Promise<TransferTarget>;
  destroy(): Promise<void>;
}

type Proof = (from: TransferPlace, to: TransferPlace) => Promise<void>;

/** The contract of transfer.ts as tests, from one adapter to another; each opens empty places of its own. */
export function transferConformance(
  name: string,
  openFrom: () => Promise<TransferPlace>,
  openTo: () => Promise<TransferPlace>,
): void {
  void describe(name, () => {
    for (const [promise, prove] of Object.entries(PROMISES)) {
      void test(promise, { timeout: 120_000 }, async () => {
        const [from, to] = [await openFrom(), await openTo()];
        try {
          await prove(from, to);
        } finally {
          await from.destroy();
          await to.destroy();
        }
      });
    }
  });
}

const EPOCH = 77;

const PROMISES: Readonly<Record<string, Proof>> = {
  "every record arrives as it was, and the head but for the epoch": async (from, to) => {
    const before = await filled(from);
    const [there, here] = await moved(from, to);
    assert.deepEqual(here, there);
    const store = await to.store();
    const head = { ...before.head, epoch: EPOCH };
    assert.deepEqual(await shown(store), { ...before, head, most: { ...before.most, head } });
    assert.deepEqual(await store.check(), []);
    await store.close();
  },
  "what is committed to the copy goes on where the source was": async (from, to) => {
    await filled(from);
    await moved(from, to);
    const store = await to.store();
    const { recordedAt, position } = await store.head();
    const again = await committed(store, unit("u1", { do: [facts("order-1")] }));
    assert.ok(again.isRepeated, "a unit that the source has is not committed again");
    const when = [
      { kind: "version", stream: "order-1", is: 3 },
      { kind: "version", stream: "work-1", as: "work", is: 2 },
      { kind: "due", queue: "queue", id: "m", revision: 2 },
      { kind: "keyAbsent", key: "past" },
      { kind: "keyValue", key: "k", value: "v" },
    ] as const;
    const next = await committed(
      store,
      unit("v1", {
        when,
        do: [facts("order-1"), work("work-1"), facts("order-new"), putRow("things", "a"), schedule("queue", "m", 9)],
      }),
    );
    assert.deepEqual([next.position, next.versions], [position + 2, [4, 3, 1]]);
    assert.ok(next.recordedAt >= recordedAt);
    assert.equal((await store.getRow("things", "a"))?.revision, 3);
    assert.equal((await store.getDue("queue", "m"))?.revision, 3);
    assert.deepEqual((await store.listRows({ collection: "things", index: "by" })).rows, [], "its entries were replaced");
    assert.deepEqual((await committed(store, taking("v2", "b"))).tokens, [3], "tokens of freed leases stay used");
    const cor1 = 3 + 2 + 1 + 2_500 + 3; // of u1, u2, many, v1
    assert.equal((await store.readCorrelation("cor_1", { after: 2_000 })).length, cor1 - 2_000);
    assert.deepEqual(await store.check(), []);
    await store.close();
  },
  "until it is finished it is opened by nobody, and the error says what completes it": async (from, to) => {
    await filled(from);
    const [source, target] = [await from.source(), await to.target()];
    assert.deepEqual(await target.held(), { kind: "nothing" });
    const mark = await markOf(source);
    await target.begin(mark);
    await target.close();
    await assert.rejects(to.store(), /copy .* --to HERE/);
    await rejectsWith("copy-unfinished", to.store());
    await rejectsWith("copy-unfinished", to.source());
    const again = await to.target();
    assert.deepEqual(await again.held(), { kind: "unfinished", mark });
    await again.begin(mark);
    await transfer({ source, target: again, mark });
    await again.finish({ ...mark.source, epoch: EPOCH });
    await again.close();
    await source.close();
    await (await to.store()).close();
  },
  "killed after any page it goes on, and has each record once": async (from, to) => {
    await filled(from);
    const source = await from.source();
    const mark = await markOf(source);
    let kills = 0;
    for (let ended = false; !ended;) {
      const target = await to.target();
      await target.begin(mark);
      let left = 1 + kills;
      const dying: TransferSource = {
        ...source,
        read: async (...page) => (assert.ok(left-- > 0, "killed"), source.read(...page)),
      };
      ended = await transfer({ source: dying, target, mark }).then(() => true, (error: Error) => (assert.equal(error.message, "killed"), false)); // prettier-ignore
      if (!ended) kills++;
      if (ended) assert.deepEqual(await recordsOf(target), await recordsOf(source));
      if (ended) await target.finish(mark.source);
      await target.close();
    }
    assert.ok(kills > 5, "it was killed several times");
    await source.close();
  },
  "a page that is written twice is there once": async (from, to) => {
    await filled(from);
    const [source, target] = [await from.source(), await to.target()];
    await target.begin(await markOf(source));
    for (const table of TRANSFER_TABLE_NAMES) {
      const page = await source.read(table);
      await target.write(table, page);
      await target.write(table, page);
      assert.equal(await target.count(table), page.length);
      const last = page.at(-1);
      assert.ok(last, `there are ${table}`);
      assert.deepEqual(await target.last(table), keyOf(table, last));
    }
    await target.close();
    await source.close();
  },
  "a page holds at most a thousand records and a few megabytes": async (from, to) => {
    const store = await from.store();
    const value = "x".repeat(LIMITS.rowBytes);
    const put = (n: number) => ({ kind: "putRow", collection: "large", key: padded(n), value }) as const;
    for (let n = 0; n < 12; n += 3) await committed(store, unit(`r${n}`, { do: [put(n), put(n + 1), put(n + 2)] }));
    for (let n = 0; n < 3; n++) await committed(store, unit(`f${n}`, { do: [facts("order-1", 500)] }));
    await store.close();
    const source = await from.source();
    assert.equal((await source.read("rows")).length, TRANSFER_PAGE.bytes / LIMITS.rowBytes);
    assert.equal((await source.read("facts")).length, TRANSFER_PAGE.records);
    await source.close();
    const [there, here] = await moved(from, to);
    assert.deepEqual(here, there);
  },
  "what was written to the source, and what is missing in the copy, is noticed": async (from, to) => {
    await filled(from);
    const [source, target] = [await from.source(), await to.target()];
    const { source: state, ...rest } = await markOf(source);
    await target.begin({ ...rest, source: state });
    const earlier = { ...rest, source: { ...state, units: state.units - 1 } };
    await rejectsWith("copy-source-changed", transfer({ source, target, mark: earlier }));
    const more: TransferSource = { ...source, count: async (table) => (await source.count(table)) + 1 };
    await rejectsWith("copy-incomplete", transfer({ source: more, target, mark: { ...rest, source: state } }));
    await target.close();
    await source.close();
  },
  "a store with records is told from an empty one, and a missing source from both": async (from, to) => {
    await rejectsWith("copy-source-missing", from.source());
    await (await to.store()).close();
    const empty = await to.target();
    assert.deepEqual(await empty.held(), { kind: "nothing" });
    await empty.close();
    const store = await to.store();
    await committed(store, unit("u1", { do: [putKey("k")] }));
    await store.close();
    const taken = await to.target();
    const held = await taken.held();
    assert.ok(held.kind === "store" && held.state.units === 1 && held.state.position === 0 && held.state.recordedAt > 0);
    await taken.close();
  },
};

/** A store with something of everything; answers what it holds. */
async function filled(place: TransferPlace) {
  const store = await place.store();
  const now = await store.now();
  const text = 'é😀 "quoted" \\ 中\t\u007f';
  const units = [
    unit("u1", {
      do: [
        facts("order-1", 3),
        work("work-1", 2),
        putRow("things", "a", { by: ["x", "y"], [text.replace(/[\t\u007f]/g, "")]: ["é"] }),
        putRow("things", "a", { by: ["y", "y", "é😀"] }),
        { kind: "putRow", collection: "things", key: "é😀", value: text },
        { kind: "putKey", key: "k", value: "v" },
        { kind: "putKey", key: "later", value: text, expiresAt: now + 3_600_000 },
        { kind: "putKey", key: "past", value: "v", expiresAt: now - 1 },
        schedule("queue", "m", 5),
        schedule("queue", "m", 6),
        schedule("queue/é", "far", Number.MAX_SAFE_INTEGER, text),
      ],
    }),
    unit("u2", {
      do: [{ kind: "append", stream: "order-2", events: [{ type: "T", schemaVersion: 2, data: `{"t":"é😀"}`, occurredAt: 5 }] }],
    }),
    unit("u3", { correlation: "cor_é", do: [work("work-2"), facts("order-2"), work("work-2"), facts("order-1-b", 2)] }),
    taking("l1", "a"),
    freeing("l2", 1),
    taking("l3", "b", 0),
    taking("l4", "c", 0, "lease"),
  ];
  for (const each of units) await committed(store, each);
  for (let n = 0; n < 5; n++) await committed(store, unit(`many${n}`, { do: [facts(`many-${n}`, 500)] }));
  await committed(store, unit("without", { do: [putKey("after")] }));
  const state = await shown(store);
  await store.close();
  return state;
}

async function shown(store: Store) {
  return {
    most: await snapshot(store),
    head: await store.head(),
    entries: await store.listEntries("things"),
    case: await store.readCorrelation("cor_é"),
  };
}

async function markOf(source: TransferSource): Promise<TransferMark> {
  return { source: await source.state(), from: "THERE", command: "daybook copy --from THERE --to HERE" };
}

/** Copies one place to another; answers the records of both. */
async function moved(from: TransferPlace, to: TransferPlace) {
  const [source, target] = [await from.source(), await to.target()];
  const mark = await markOf(source);
  await target.begin(mark);
  await transfer({ source, target, mark });
  const records = [await recordsOf(source), await recordsOf(target)] as const;
  await target.finish({ ...mark.source, epoch: EPOCH });
  assert.deepEqual(await target.state(), { ...mark.source, epoch: EPOCH });
  await target.close();
  await source.close();
  return records;
}

/** For `storeModelConformance`: a store that moves to another place between two batches. */
export async function movingTrial(openFrom: () => Promise<TransferPlace>, openTo: () => Promise<TransferPlace>) {
  const [from, to] = [await openFrom(), await openTo()];
  const store = await from.store();
  return {
    store,
    async moved() {
      await store.close();
      await moved(from, to);
      return to.store();
    },
    async destroy() {
      await from.destroy();
      await to.destroy();
    },
  };
}

/** Everything that a store holds, by table. */
async function recordsOf(reads: TransferReads): Promise<Readonly<Record<string, readonly TransferRecord[]>>> {
  const found: Record<string, TransferRecord[]> = {};
  for (const table of TRANSFER_TABLE_NAMES) {
    const records: TransferRecord[] = (found[table] = []);
    for (let after: TransferRecord | undefined; ;) {
      const page = await reads.read(table, after);
      const last = page.at(-1);
      if (!last) break;
      records.push(...page);
      after = keyOf(table, last);
    }
  }
  return found;
}
