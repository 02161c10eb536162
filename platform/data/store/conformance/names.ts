import assert from "node:assert/strict";
import { committed, event, facts, putKey, putRow, refusedBy, schedule, unit, work, type Promises } from "./trial.ts";

/** In the order of their code points, which is the order of their UTF-8 bytes. */
const TEXTS = [
  "!",
  "0",
  "A",
  "Z",
  "_",
  "a",
  "aa",
  "ab",
  "b",
  "z",
  "~",
  "é",
  "ß-",
  "Ω",
  "ж",
  "中",
  "한",
  "｡",
  "😀",
  "😀a",
  "🚀",
].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
const SHUFFLED = TEXTS.map((_, n) => TEXTS[(n * 8) % TEXTS.length] ?? ""); // 8 and 21 have no common divisor: each once

export const namePromises: Promises = {
  "names in any script are kept as they are": async ({ store }) => {
    const name = "Ünï-中文-😀-e\u0301-'\"%_\\;--";
    await committed(
      store,
      unit(`u-${name}`, {
        correlation: `c-${name}`,
        when: [{ kind: "leaseFree", name: `l-${name}`, owner: name }],
        do: [
          { kind: "append", stream: `order-${name}`, events: [event(`T-${name}`)] },
          work(`work-${name}`),
          putRow(`r-${name}`, name, { [`i-${name}`]: [`e-${name}`] }),
          putKey(`k-${name}`, name),
          schedule(`q-${name}`, name, 1),
          { kind: "takeLease", name: `l-${name}`, owner: name, ttlMs: 60_000 },
        ],
      }),
    );
    const [stored] = await store.readStream(`order-${name}`);
    assert.deepEqual([stored?.id, stored?.stream, stored?.type], [`u-${name}/0`, `order-${name}`, `T-${name}`]);
    assert.equal((await store.readLog({ after: 0, types: [`T-${name}`], categories: ["order"] })).events.length, 1);
    assert.equal((await store.readCorrelation(`c-${name}`)).length, 2);
    assert.equal(await store.streamVersion(`work-${name}`, "work"), 1);
    assert.equal((await store.getRow(`r-${name}`, name))?.key, name);
    const listed = await store.listRows({ collection: `r-${name}`, index: `i-${name}`, prefix: `e-${name}`, limit: 1 });
    assert.equal(listed.rows.length, 1);
    assert.deepEqual(await store.listKeys(`k-${name}`), [{ key: `k-${name}`, value: name }]);
    assert.equal((await store.listDue(`q-${name}`, 1, { limit: 1 }))[0]?.id, name);
    assert.equal((await store.getLease(`l-${name}`))?.owner, name);
    assert.equal((await store.outcome(`u-${name}`))?.position, 1);
  },
  "names that look alike are different names": async ({ store }) => {
    const [composed, decomposed] = ["caf\u00e9", "cafe\u0301"] as const;
    await committed(store, unit("u1", { do: [putKey(composed, "1"), putRow("things", "a"), facts("order-a")] }));
    for (const key of [decomposed, "CAF\u00c9", `${composed} `]) {
      await refusedBy(store, unit("u2", { when: [{ kind: "keyPresent", key }] }), 0, undefined);
    }
    assert.equal(await store.getRow("things", "A"), undefined);
    assert.equal(await store.getRow("things", "a "), undefined);
    assert.equal(await store.streamVersion("order-A"), 0);
  },
  "keys are ordered by code point": async ({ store }) => {
    await committed(store, unit("u1", { do: SHUFFLED.map((text) => putKey(text)) }));
    assert.deepEqual(
      (await store.listKeys("")).map(({ key }) => key),
      TEXTS,
    );
    for (const [n, after] of TEXTS.entries()) {
      assert.deepEqual(
        (await store.listKeys("", { after })).map(({ key }) => key),
        TEXTS.slice(n + 1),
        `after ${after}`,
      );
    }
  },
  "rows and entries are ordered by code point, both ways and across pages": async ({ store }) => {
    await committed(store, unit("u1", { do: SHUFFLED.map((text) => putRow("things", text, { by: [text] })) }));
    for (const index of [undefined, "by"]) {
      const by = { collection: "things", ...(index && { index }) };
      assert.deepEqual(
        (await store.listRows(by)).rows.map((row) => row.key),
        TEXTS,
      );
      assert.deepEqual(
        (await store.listRows({ ...by, direction: "backwards" })).rows.map((row) => row.key),
        TEXTS.toReversed(),
      );
      for (const [n, text] of TEXTS.entries()) {
        const after = { entry: text, key: text };
        assert.deepEqual(
          (await store.listRows({ ...by, after })).rows.map((row) => row.key),
          TEXTS.slice(n + 1),
          `after ${text}`,
        );
      }
    }
  },
  "due items of one time are ordered by code point": async ({ store }) => {
    await committed(store, unit("u1", { do: SHUFFLED.map((text) => schedule("q", text, 7)) }));
    assert.deepEqual(
      (await store.listDue("q", 7, { limit: 100 })).map((item) => item.id),
      TEXTS,
    );
  },
  "a prefix matches whatever follows it, in any script": async ({ store }) => {
    const keys = ["p", "p!", "pz", "pé", "p\ud7ff", "p\ue000", "p\uffff", "p😀", "p\u{10ffff}", "p\u{10ffff}\u{10ffff}", "q"];
    await committed(store, unit("u1", { do: keys.flatMap((key) => [putKey(key), putRow("things", key, { by: [key] })]) }));
    assert.deepEqual(
      (await store.listKeys("p")).map(({ key }) => key),
      keys.slice(0, -1),
    );
    assert.equal(await store.countRows({ collection: "things", prefix: "p" }, 100), 10);
    assert.equal(await store.countRows({ collection: "things", index: "by", prefix: "p" }, 100), 10);
    assert.deepEqual(
      (await store.listRows({ collection: "things", prefix: "p\u{10ffff}" })).rows.map((row) => row.key),
      keys.slice(8, 10),
    );
    assert.deepEqual(
      (await store.listKeys("p😀")).map(({ key }) => key),
      ["p😀"],
    );
  },
};
