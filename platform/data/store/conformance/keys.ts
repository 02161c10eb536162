import assert from "node:assert/strict";
import type { Effect } from "../unit.ts";
import { committed, padded, putKey, refusedBy, unit, type Promises } from "./trial.ts";

const expiring = (key: string, expiresAt: number, value = "1"): Effect => ({ kind: "putKey", key, value, expiresAt });

export const keyPromises: Promises = {
  "a key is read as it was put, replaced by the next put, and gone once deleted": async ({ store }) => {
    assert.equal(await store.getKey("k"), undefined);
    await committed(store, unit("u1", { do: [putKey("k", "é😀 '\" \\ ")] }));
    assert.equal(await store.getKey("k"), "é😀 '\" \\ ");
    await committed(store, unit("u2", { do: [putKey("k", "")] }));
    assert.equal(await store.getKey("k"), "");
    await committed(
      store,
      unit("u3", {
        do: [
          { kind: "deleteKey", key: "k" },
          { kind: "deleteKey", key: "never" },
        ],
      }),
    );
    assert.equal(await store.getKey("k"), undefined);
    await committed(store, unit("u4", { when: [{ kind: "keyAbsent", key: "k" }] }));
  },
  "a key whose expiry lies ahead is present": async ({ store }) => {
    const later = (await store.now()) + 3_600_000;
    await committed(store, unit("u1", { do: [expiring("k", later, "v")] }));
    assert.equal(await store.getKey("k"), "v");
    await committed(
      store,
      unit("u2", {
        when: [
          { kind: "keyPresent", key: "k" },
          { kind: "keyValue", key: "k", value: "v" },
        ],
      }),
    );
    await refusedBy(store, unit("u3", { when: [{ kind: "keyAbsent", key: "k" }] }), 0, "v");
  },
  "an expired key is absent for reads": async ({ store }) => {
    const past = (await store.now()) - 1;
    await committed(
      store,
      unit("u1", { do: [expiring("a", past), putKey("b"), expiring("c", past), expiring("d", past + 3_600_000)] }),
    );
    assert.equal(await store.getKey("a"), undefined);
    assert.deepEqual(
      (await store.listKeys("")).map(({ key }) => key),
      ["b", "d"],
    );
    assert.deepEqual(
      (await store.listKeys("", { limit: 1 })).map(({ key }) => key),
      ["b"],
    );
  },
  "an expired key is absent for conditions": async ({ store }) => {
    await committed(store, unit("u1", { do: [expiring("k", (await store.now()) - 1, "v")] }));
    await refusedBy(store, unit("u2", { when: [{ kind: "keyPresent", key: "k" }] }), 0, undefined);
    await refusedBy(store, unit("u3", { when: [{ kind: "keyValue", key: "k", value: "v" }] }), 0, undefined);
    await committed(store, unit("u4", { when: [{ kind: "keyAbsent", key: "k" }], do: [putKey("k", "new")] }));
    assert.equal(await store.getKey("k"), "new");
  },
  "a key that expired in one unit is absent for the next unit of the same batch": async ({ store }) => {
    const past = (await store.now()) - 1;
    const verdicts = await Promise.all([
      store.commit(unit("u1", { do: [expiring("k", past)] })),
      store.commit(unit("u2", { when: [{ kind: "keyAbsent", key: "k" }], do: [putKey("k", "2")] })),
      store.commit(unit("u3", { when: [{ kind: "keyAbsent", key: "k" }], do: [putKey("k", "3")] })),
    ]);
    assert.deepEqual(
      verdicts.map((verdict) => verdict.outcome),
      ["committed", "committed", "refused"],
    );
    assert.equal(await store.getKey("k"), "2");
  },
  "a put without expiry takes the expiry of the put before away, and the other way round": async ({ store }) => {
    const past = (await store.now()) - 1;
    await committed(store, unit("u1", { do: [expiring("a", past), putKey("b")] }));
    await committed(store, unit("u2", { do: [putKey("a"), expiring("b", past)] }));
    assert.deepEqual(
      (await store.listKeys("")).map(({ key }) => key),
      ["a"],
    );
  },
  "keys are listed with their values by prefix, in order, after a key": async ({ store }) => {
    const keys = ["b/2", "a/1", "b/1", "b/10", "c", "b", "B/1"];
    await committed(store, unit("u1", { do: keys.map((key) => putKey(key, `v${key}`)) }));
    assert.deepEqual(await store.listKeys("b/"), [
      { key: "b/1", value: "vb/1" },
      { key: "b/10", value: "vb/10" },
      { key: "b/2", value: "vb/2" },
    ]);
    assert.deepEqual(
      (await store.listKeys("b/", { after: "b/1" })).map(({ key }) => key),
      ["b/10", "b/2"],
    );
    assert.deepEqual(
      (await store.listKeys("b/", { after: "b/1", limit: 1 })).map(({ key }) => key),
      ["b/10"],
    );
    assert.deepEqual(
      (await store.listKeys("b/", { after: "a" })).map(({ key }) => key),
      ["b/1", "b/10", "b/2"],
    );
    assert.deepEqual(await store.listKeys("b/", { after: "b/2" }), []);
  },
  "a key's prefix is text, not a pattern": async ({ store }) => {
    const keys = ["a%1", "a_1", "ax1", "a\\1", "A%1"];
    await committed(store, unit("u1", { do: keys.map((key) => putKey(key)) }));
    for (const prefix of ["a%", "a_", "a\\", "A"]) {
      assert.deepEqual(
        (await store.listKeys(prefix)).map(({ key }) => key),
        keys.filter((key) => key.startsWith(prefix)),
      );
    }
  },
  "keys are listed in pages of at most 1,000": async ({ store }) => {
    const puts = Array.from({ length: 1_002 }, (_, n) => putKey(padded(n)));
    await committed(store, unit("u1", { do: puts.slice(0, 600) }));
    await committed(store, unit("u2", { do: puts.slice(600) }));
    const page = await store.listKeys("");
    assert.equal(page.length, 1_000);
    assert.equal((await store.listKeys("", { limit: 9_999 })).length, 1_000);
    assert.deepEqual(
      (await store.listKeys("", { after: page.at(-1)?.key ?? "" })).map(({ key }) => key),
      [padded(1_000), padded(1_001)],
    );
  },
};
