import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { parkEffects } from "@daybook/data/event-store/parked-events";
import type { Store } from "@daybook/data/store";
import { NO_ATTEMPTS } from "@daybook/foundation/resilience/attempt-record";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import type { Progress } from "./progress.ts";
import { PLANTS } from "./trial/planted-violations.ts";
import { CHECKS, sql } from "./trial/planting.ts";
import { trialShop, type TrialChange, type TrialCopy, type TrialShop } from "./trial/trial-shop.ts";
import { verify, type Verification } from "./verify.ts";

describe("verify", () => {
  let shop: TrialShop;
  before(async () => {
    shop = await trialShop();
  });
  after(() => shop.destroy());

  for (const engine of ["sqlite", "memory"] as const) {
    test(`finds nothing wrong with a healthy shop on ${engine}`, async () => {
      const verification = await verified(await shop.copy(), engine);
      assert.deepEqual(wrong(verification), []);
      assert.deepEqual(
        verification.checks.map(({ name }) => name),
        CHECKS,
      );
      assert.equal(verification.ok, true);
      assert.ok(
        verification.checks.every(({ checked }) => checked > 0),
        "every check looked at something",
      );
      assert.deepEqual(measuresOf(verification), { seals: 2, unsealed: 205, lag: 205, blocks: 7, orders: 15 });
    });

    for (const { what, check, change, says, onlyOn } of PLANTS) {
      if (onlyOn !== undefined && onlyOn !== engine) continue;
      test(`${check} finds ${what} on ${engine}`, async () => {
        const verification = await verified(await shop.copy(change), engine);
        const found = verification.checks.find(({ name }) => name === check);
        assert.equal(verification.ok, false);
        assert.ok(found && !found.ok && found.violationCount >= found.violations.length);
        assert.ok(
          found.violations.some((violation) => says.test(violation.what)),
          JSON.stringify(found.violations),
        );
      });
    }
  }

  test("finds nothing wrong with an archived shop", async () => {
    const verification = await verified(await shop.copy({ cold: () => undefined }), "sqlite");
    assert.deepEqual(wrong(verification), []);
    assert.equal(verification.checks.find(({ name }) => name === "archive")?.checked, 2);
    assert.deepEqual(measuresOf(verification), { seals: 2, unsealed: 205, lag: 205, blocks: 7, orders: 15 });
  });

  test("checks nothing else when a file of the archive is not there, and says so", async () => {
    const { checks } = await verified(await shop.copy({ cold: (folder) => rmSync(join(folder, "1-15.db")) }), "sqlite");
    assert.deepEqual(wrong({ ok: false, checks }), ["archive"]);
    assert.ok(checks.slice(1).every(({ note }) => note === "the archive is not whole"));
  });

  test("has a planted violation for every check", () => {
    assert.deepEqual(new Set(PLANTS.map(({ check }) => check)), new Set(CHECKS));
  });

  test("lists a hundred violations of a check and counts the rest", async () => {
    const many: TrialChange = {
      store: (db) => {
        const add = db.prepare(
          "INSERT INTO rows (collection, key, revision, position, recorded_at, entries, value) VALUES ('products', ?, 1, 1, 1, '[]', '{}')",
        );
        for (let i = 0; i < 150; i++) add.run(`none-${i}`);
      },
    };
    const found = (await verified(await shop.copy(many), "memory")).checks.find(({ name }) => name === "products (law 3)");
    assert.equal(found?.violations.length, 100);
    assert.equal(found.violationCount, 150);
  });

  test("says when it does not check what holds at rest only, and why", async () => {
    const copy = await shop.copy();
    const { checks } = await verify(copy.memory().store);
    const found = checks.find(({ holds }) => holds === "at rest");
    assert.deepEqual([found?.name, found?.checked], ["orders at rest", 0]);
    assert.match(found?.note ?? "", /^12 pieces of work under way$/);
    await copy.destroy();
  });

  test("goes without keys: blocks stay closed, tokens are taken on their form", async () => {
    const copy = await shop.copy();
    const { store } = copy.memory();
    const verification = await verify(store);
    assert.deepEqual(wrong(verification), []);
    await copy.destroy();
  });

  test("without keys still finds tokens in a wrong form", async () => {
    const copy = await shop.copy(
      sql(`UPDATE rows SET value = '{"tokens":["Zoe"]}' WHERE collection = 'order-search.1' AND key = 'cus_zoe'`),
    );
    assert.deepEqual(wrong(await verify(copy.memory().store)), ["order-search (law 3)"]);
    await copy.destroy();
  });

  test("passes over what is written while it verifies", async () => {
    const copy = await shop.copy();
    const { store, keys } = copy.memory();
    const verification = await verify(writtenMeanwhile(store), keys, { masterKeys: [copy.masterKey] });
    assert.deepEqual(wrong(verification), []);
    await copy.destroy();
  });

  test("a subscription's parked event is no violation", async () => {
    const copy = await shop.copy();
    const { store, keys } = copy.memory();
    await store.commit(await parking(store));
    const verification = await verify(store, keys, { masterKeys: [copy.masterKey] });
    assert.deepEqual(wrong(verification), []);
    await copy.destroy();
  });

  test("an arrival that orders have parked is no violation: a person redrives or drops it", async () => {
    const missed = PLANTS.find(({ what }) => what === "an arrival that the order missed");
    const parkedToo: TrialChange = {
      store: (db) => {
        missed?.change.store?.(db);
        db.exec(
          `INSERT INTO rows (collection, key, revision, position, recorded_at, entries, value)
           SELECT 'parked.order-progress', printf('%016d', position), 1, 1, 1, '[]', '{}' FROM facts WHERE type = 'ShipmentDelivered'`,
        );
      },
    };
    const said = async (change: TrialChange | undefined) => {
      const { checks } = await verified(await shop.copy(change), "memory");
      return checks.find(({ name }) => name === "orders agree")?.violations.map(({ what }) => what);
    };
    assert.match(String(await said(missed?.change)), /the order does not know/);
    assert.deepEqual(await said(parkedToo), []);
  });

  test("tells how far it is, and stops when it is told to", async () => {
    const copy = await shop.copy();
    const { store, keys } = copy.memory();
    const told: Progress[] = [];
    await verify(store, keys, { clock: virtualClock(), onProgress: (progress) => told.push(progress) });
    assert.deepEqual(told[0], { stage: "log", done: 0, total: 223, perSecond: 0, leftMs: 0 });
    assert.ok(told.some(({ stage, done, total }) => stage === "orders" && done === 15 && total === 15));
    await assert.rejects(verify(store, keys, { signal: AbortSignal.abort() }), { name: "AbortError" });
    await copy.destroy();
  });
});

async function verified(copy: TrialCopy, engine: "sqlite" | "memory"): Promise<Verification> {
  const { store, keys } = engine === "sqlite" ? await copy.sqlite() : copy.memory();
  try {
    return await verify(store, keys, { masterKeys: [copy.masterKey], cold: copy.cold, isAtRest: true });
  } finally {
    await store.close();
    await keys.close();
    await copy.destroy();
  }
}

function wrong(verification: Verification): readonly string[] {
  return verification.checks.filter(({ ok }) => !ok).map(({ name }) => name);
}

function measuresOf({ checks }: Verification): Readonly<Record<string, number>> {
  const { streams: _streams, units: _units, ...rest } = Object.assign({}, ...checks.map(({ measures }) => measures));
  return rest;
}

/** The store, with an order that is placed after its head was read. */
function writtenMeanwhile(store: Store): Store {
  let isWritten = false;
  return {
    ...store,
    async readLog(options) {
      if (!isWritten) {
        isWritten = true;
        await store.commit(laterOrder());
      }
      return store.readLog(options);
    },
  };
}

/** The unit in which a subscription parks the log's first event. */
async function parking(store: Store): Promise<Parameters<Store["commit"]>[0]> {
  const [stored] = (await store.readLog({ after: 0, limit: 1 })).events;
  assert.ok(stored);
  const event = {
    ...stored,
    event: { type: stored.type, data: {} },
    meta: { correlation: "c", causation: "c", actor: "a", tenant: "t" },
  };
  const failure = { error: new TypeError("no"), at: 1, attempts: NO_ATTEMPTS, redrives: 0 };
  return {
    id: "unt_parking",
    cause: { correlation: "cor_parking", actor: "usr_trial", tenant: "default" },
    conditions: [],
    effects: parkEffects("trial", event, failure),
  };
}

function laterOrder(): Parameters<Store["commit"]>[0] {
  return {
    id: "unt_later",
    cause: { correlation: "cor_later", actor: "usr_trial", tenant: "default" },
    conditions: [],
    effects: [
      { kind: "append", stream: "order-later", events: [{ type: "OrderPlaced", schemaVersion: 1, data: "{}" }] },
      { kind: "append", stream: "product-clock", events: [{ type: "ProductListed", schemaVersion: 1, data: "{}" }] },
      { kind: "putRow", collection: "orders", key: "later", value: "{}", index: { placed: ["1"] } },
      { kind: "putRow", collection: "products", key: "clock", value: "{}" },
    ],
  };
}
