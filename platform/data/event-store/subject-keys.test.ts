import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { idSource } from "@daybook/kernel/ids";
import { seededRandom } from "@daybook/kernel/random";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import { batchNotApplied } from "@daybook/data/store/errors";
import { memoryStore } from "@daybook/data/store/memory";
import { faultyStore, type Fate } from "./conformance/trial.ts";
import { soleMasterKey } from "./master-keys.ts";
import { memoryKeys, subjectKeys, type SubjectKeysOptions } from "./subject-keys.ts";

const MASTER = new Uint8Array(32).fill(7);

function trial() {
  const clock = virtualClock();
  const store = memoryStore({ clock });
  const ids = idSource(clock, seededRandom(1));
  const keys = (options: SubjectKeysOptions = {}, through = store, master = MASTER) =>
    subjectKeys(through, soleMasterKey(master), ids, { clock, ...options });
  return { clock, store, keys };
}

void describe("subject keys", () => {
  void test("are made once, durable, and the same for everybody", async () => {
    const { store, keys } = trial();
    const [one, other] = [keys(), keys()];
    const made = await Promise.all([one.ensure(["cus_1", "cus_2", "cus_1"]), other.ensure(["cus_1"]), one.ensure(["cus_1"])]);
    const key = made[0].get("cus_1");
    assert.equal(key?.length, 32);
    for (const map of made) assert.deepEqual(map.get("cus_1"), key);
    assert.notDeepEqual(made[0].get("cus_2"), key);
    assert.deepEqual(await keys().get("cus_1"), key, "read from the store");
    assert.equal(await one.get("cus_3"), undefined);
    await store.close();
  });

  void test("are wrapped: neither in the clear in the store, nor open to another master key, nor to another subject", async () => {
    const { store, keys } = trial();
    const key = (await keys().ensure(["cus_1"])).get("cus_1");
    const stored = (await store.getKey("subject/cus_1")) ?? "";
    assert.ok(key && !Buffer.from(stored.slice(2), "base64url").includes(key));
    await assert.rejects(keys({}, store, new Uint8Array(32).fill(8)).get("cus_1"), { code: "master-key-wrong" });
    const cause = { correlation: "x", actor: "x", tenant: "x" };
    await store.commit({ id: "copy", cause, conditions: [], effects: [{ kind: "putKey", key: "subject/cus_2", value: stored }] });
    await assert.rejects(keys().get("cus_2"), { code: "master-key-wrong" });
    await store.close();
  });

  void test("are erased for ever, also before they were made", async () => {
    const { store, keys } = trial();
    const one = keys();
    await one.ensure(["cus_1"]);
    await one.erase("cus_1");
    await one.erase("cus_1");
    await one.erase("cus_2");
    for (const subject of ["cus_1", "cus_2"]) {
      assert.equal(await one.get(subject), undefined);
      await assert.rejects(one.ensure(["cus_3", subject]), { code: "subject-erased" });
    }
    assert.equal(await store.getKey("subject/cus_1"), "erased");
    await store.close();
  });

  void test("stay in memory for a bounded time and number", async () => {
    const { clock, store, keys } = trial();
    let reads = 0;
    const counting = { ...store, getKey: (key: string) => (reads++, store.getKey(key)) };
    const one = keys({ cacheMax: 2, cacheForMs: 1_000 }, counting);
    await keys().ensure(["cus_1", "cus_2", "cus_3"]);
    const readsOf = async (subject: string) => {
      reads = 0;
      await one.get(subject);
      return reads;
    };
    assert.deepEqual([await readsOf("cus_1"), await readsOf("cus_2"), await readsOf("cus_1")], [1, 1, 0]);
    assert.deepEqual([await readsOf("cus_3"), await readsOf("cus_1"), await readsOf("cus_2")], [1, 0, 1]);
    await keys().erase("cus_2");
    assert.equal(await readsOf("cus_2"), 0);
    clock.advance(1_000);
    assert.equal(await one.get("cus_2"), undefined, "another process's erasure is noticed");
    await store.close();
  });

  void test("an erasure under way is not undone by a read that began before", async () => {
    const { store, keys } = trial();
    await keys().ensure(["cus_1"]);
    let answer: () => void = () => {};
    const slow = {
      ...store,
      async getKey(key: string) {
        const value = await store.getKey(key);
        await new Promise<void>((resolve) => (answer = resolve));
        return value;
      },
    };
    const one = keys({}, slow);
    const reading = one.get("cus_1");
    await Promise.resolve();
    await Promise.resolve();
    await one.erase("cus_1");
    answer();
    await reading;
    const again = one.get("cus_1");
    await Promise.resolve();
    await Promise.resolve();
    answer();
    assert.equal(await again, undefined);
    await store.close();
  });

  void test("an unknown or busy commit is tried again until it is known", async () => {
    const { clock, store, keys } = trial();
    const fates: Fate[] = ["lose", "vanish", "reject"];
    const one = keys(
      {},
      faultyStore(
        store,
        () => fates.shift() ?? "commit",
        () => batchNotApplied("busy"),
      ),
    );
    const ensuring = Promise.all([one.ensure(["cus_1"]), one.ensure(["cus_2"])]);
    for (let turn = 0; turn < 50; turn++) {
      await new Promise(setImmediate);
      clock.advance(100);
    }
    const [first] = await ensuring;
    assert.deepEqual(await keys().get("cus_1"), first.get("cus_1"));
    await store.close();
  });

  void test("in memory behave alike", async () => {
    const keys = memoryKeys();
    const made = (await keys.ensure(["cus_1"])).get("cus_1");
    assert.deepEqual(await keys.get("cus_1"), made);
    await keys.erase("cus_1");
    assert.equal(await keys.get("cus_1"), undefined);
    await assert.rejects(keys.ensure(["cus_1"]), { code: "subject-erased" });
  });
});
