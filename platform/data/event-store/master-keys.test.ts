import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { idSource } from "@daybook/kernel/ids";
import { seededRandom } from "@daybook/kernel/random";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import type { Store } from "@daybook/data/store";
import { memoryStore } from "@daybook/data/store/memory";
import { loadOrCreateKeyFile } from "./key-file.ts";
import { MARK, masterKeyMark, openMasterKeys, searchSecret, type MasterKeys } from "./master-keys.ts";
import { loadMasterKeys, rotateMasterKey, type MasterKeyFiles } from "./rotate-master-key.ts";
import { subjectKeys } from "./subject-keys.ts";

const MASTER = new Uint8Array(32).fill(7);

interface Trial {
  readonly store: Store;
  readonly files: MasterKeyFiles;
  /** The keys as a process that starts now has them. */
  readonly open: (store?: Store) => Promise<MasterKeys>;
  readonly subjects: (keys: MasterKeys, store?: Store) => ReturnType<typeof subjectKeys>;
  readonly rotate: (keys: MasterKeys, store?: Store) => Promise<unknown>;
  /** The bytes of the key file. */
  readonly master: () => Promise<Uint8Array>;
}

async function trial(context: TestContext): Promise<Trial> {
  const folder = await mkdtemp(join(tmpdir(), "daybook-master-"));
  const files = { master: join(folder, "master.key"), next: join(folder, "master.next.key") };
  const clock = virtualClock();
  const store = memoryStore({ clock });
  const ids = idSource(clock, seededRandom(1));
  context.after(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });
  const load = () => loadMasterKeys(files, () => loadOrCreateKeyFile(files.master, 32, { ids }));
  return {
    store,
    files,
    open: (through = store) => openMasterKeys({ store: through, load, ids, clock }),
    subjects: (keys, through = store) => subjectKeys(through, keys, ids, { clock, cacheMax: 0 }),
    rotate: (keys, through = store) => rotateMasterKey({ store: through, keys, files, clock, ids, owner: "embedded" }),
    master: async () => new Uint8Array(await readFile(files.master)),
  };
}

/** The store of a process that dies at its `nth` call: before it is carried out, or after, with the answer lost. */
function mortal(store: Store, nth: number, isAfter: boolean): Store {
  let calls = 0;
  const guarded = async (call: () => Promise<unknown>) => {
    if (++calls > nth || (calls === nth && !isAfter)) assert.fail("the process died");
    const answer = await call();
    if (calls === nth) assert.fail("the process died");
    return answer;
  };
  const wrap = <Name extends "commit" | "getKey" | "listKeys" | "getLease">(name: Name): Store[Name] => {
    const method = store[name] as (...input: unknown[]) => Promise<unknown>; // one of those above
    return ((...input: unknown[]) => guarded(() => method(...input))) as Store[Name]; // likewise
  };
  return { ...store, commit: wrap("commit"), getKey: wrap("getKey"), listKeys: wrap("listKeys"), getLease: wrap("getLease") };
}

const SUBJECTS = Array.from({ length: 603 }, (_, n) => `cus_${n}`);

void describe("master keys", () => {
  void test("are marked in the store when it is first opened: another key of the right size is noticed at once", async (context) => {
    const { store, files, open } = await trial(context);
    await open();
    await open();
    const ids = idSource(virtualClock(), seededRandom(2));
    const other = () => Promise.resolve([new Uint8Array(32).fill(9)]);
    await assert.rejects(openMasterKeys({ store, load: other, ids, clock: virtualClock() }), { code: "master-key-wrong" });
    await rm(files.master);
    await assert.rejects(open(), { code: "master-key-wrong" }, "a new key is not the store's");
  });

  void test("of a store without a mark are tried on what it holds", async (context) => {
    const { store, open, subjects } = await trial(context);
    await subjects(await open()).ensure(["cus_1"]);
    await subjects(await open()).erase("cus_0");
    const cause = { correlation: "x", actor: "x", tenant: "x" };
    await store.commit({ id: "old", cause, conditions: [], effects: [{ kind: "deleteKey", key: MARK }] });
    const ids = idSource(virtualClock(), seededRandom(2));
    const other = () => Promise.resolve([new Uint8Array(32).fill(9)]);
    await assert.rejects(openMasterKeys({ store, load: other, ids, clock: virtualClock() }), { code: "master-key-wrong" });
    assert.equal(await store.getKey(MARK), undefined);
    await open();
    assert.equal((await store.getKey(MARK))?.length, 64);
  });
});

void describe("the exchange of the master key", () => {
  void test("wraps every subject's key anew, keeps the keys, the erasures and the secret of search tokens", async (context) => {
    const { store, files, open, subjects, rotate, master } = await trial(context);
    const keys = await open();
    const before = await subjects(keys).ensure(SUBJECTS);
    await subjects(keys).erase("cus_7");
    const old = await master();
    assert.deepEqual(await rotate(keys), { seen: SUBJECTS.length, wrapped: SUBJECTS.length - 1 });
    assert.notDeepEqual(await master(), old);
    assert.deepEqual(await readdir(join(files.master, "..")), ["master.key"]);
    const again = await open();
    assert.deepEqual(again.searchSecret, searchSecret(old));
    for (const subject of SUBJECTS) {
      assert.deepEqual(await subjects(again).get(subject), subject === "cus_7" ? undefined : before.get(subject));
    }
    const withOld = openMasterKeys({
      store,
      load: async () => [old],
      ids: idSource(virtualClock(), seededRandom(2)),
      clock: virtualClock(),
    });
    await assert.rejects(withOld, { code: "master-key-wrong" });
    await rotate(again);
    assert.deepEqual((await open()).searchSecret, searchSecret(old), "also after a second time");
  });

  void test("wherever it is killed, everything opens afterwards, and the next run ends it", async (context) => {
    let ends = 0;
    for (let nth = 1; ends < 2; nth++) {
      for (const isAfter of [false, true]) {
        const { store, open, subjects, rotate, master } = await trial(context);
        const keys = await open();
        const before = await subjects(keys).ensure(SUBJECTS);
        const isDead = await rotate(keys, mortal(store, nth, isAfter)).then(
          () => false,
          () => true,
        );
        if (!isDead) ends++;
        const restarted = await open();
        assert.deepEqual(await subjects(restarted).ensure(SUBJECTS), before, `killed at call ${nth}`);
        const fresh = (await subjects(restarted).ensure(["cus_new"])).get("cus_new");
        if (isDead) await rotate(restarted);
        const done = await open();
        assert.equal(await store.getKey(MARK), masterKeyMark(await master()));
        assert.deepEqual(await subjects(done).get("cus_new"), fresh);
        assert.deepEqual(await subjects(done).ensure(SUBJECTS), before);
      }
    }
  });

  void test("goes on beside processes that make, read and erase keys, and that know only the old one", async (context) => {
    const { store, open, subjects, rotate } = await trial(context);
    const [keys, elsewhere] = [await open(), await open()];
    await subjects(keys).ensure(SUBJECTS);
    const other = subjects(elsewhere);
    let calls = 0;
    const busy: Store = {
      ...store,
      async commit(unit) {
        calls++;
        await other.ensure([`cus_during_${calls}`]);
        await other.erase(`cus_${calls * 100}`);
        return store.commit(unit);
      },
    };
    await rotate(keys, busy);
    assert.ok(calls > 3);
    await other.ensure(["cus_after"]);
    const done = subjects(await open());
    for (let n = 1; n <= calls; n++) {
      assert.equal(await done.get(`cus_${n * 100}`), undefined);
      assert.deepEqual(await done.get(`cus_during_${n}`), await other.get(`cus_during_${n}`));
    }
    assert.ok(await done.get("cus_after"));
  });

  void test("is one at a time", async (context) => {
    const { store, files, open, rotate } = await trial(context);
    const keys = await open();
    const cause = { correlation: "x", actor: "x", tenant: "x" };
    const conditions = [{ kind: "leaseFree", name: MARK, owner: "other" }] as const;
    const effects = [{ kind: "takeLease", name: MARK, owner: "other", ttlMs: 30_000 }] as const;
    await store.commit({ id: "lease", cause, conditions, effects });
    await assert.rejects(rotate(keys), { code: "master-key-busy" });
    await assert.rejects(readFile(files.next));
  });
});

void test("the search secret is of the master key, and is not it", () => {
  assert.equal(searchSecret(MASTER).length, 32);
  assert.deepEqual(searchSecret(MASTER), searchSecret(MASTER));
  assert.notDeepEqual(searchSecret(MASTER), MASTER);
  assert.notDeepEqual(searchSecret(MASTER), searchSecret(new Uint8Array(32).fill(8)));
});
