import assert from "node:assert/strict";
import { committed, facts, unit, work, type Promises } from "./trial.ts";

export const correlationPromises: Promises = {
  "one correlation is read as its facts by position, then its work by stream and version": async ({ store }) => {
    await committed(store, unit("u1", { correlation: "cor_a", do: [work("work-b", 2), facts("order-2"), facts("order-1")] }));
    await committed(store, unit("u2", { correlation: "cor_b", do: [facts("order-1"), work("work-a")] }));
    await committed(store, unit("u3", { correlation: "cor_a", do: [work("work-a"), facts("order-2"), work("work-b")] }));
    const ids = (await store.readCorrelation("cor_a")).map((stored) => stored.id);
    assert.deepEqual(ids, ["u1/2", "u1/3", "u3/1", "u3/0", "u1/0", "u1/1", "u3/2"]);
    assert.deepEqual(
      (await store.readCorrelation("cor_b")).map((stored) => stored.id),
      ["u2/0", "u2/1"],
    );
  },
  "a correlation is matched whole": async ({ store }) => {
    await committed(store, unit("u1", { correlation: "cor_1", do: [facts("order-1")] }));
    await committed(store, unit("u2", { correlation: "cor_11", do: [facts("order-1")] }));
    assert.deepEqual(
      (await store.readCorrelation("cor_1")).map((stored) => stored.id),
      ["u1/0"],
    );
    assert.deepEqual(await store.readCorrelation("cor_"), []);
    assert.deepEqual(await store.readCorrelation("COR_1"), []);
  },
  "a correlation is paged by the number of records to pass over": async ({ store }) => {
    await committed(store, unit("u1", { correlation: "cor_a", do: [facts("order-1", 4), work("work-1", 4)] }));
    const all = (await store.readCorrelation("cor_a")).map((stored) => stored.id);
    const paged: string[] = [];
    for (let after = 0; after < 9; after += 3) {
      paged.push(...(await store.readCorrelation("cor_a", { after, limit: 3 })).map((stored) => stored.id));
    }
    assert.deepEqual(paged, all);
    assert.deepEqual(await store.readCorrelation("cor_a", { after: 8 }), []);
  },
  "deleted work is no longer in its correlation": async ({ store }) => {
    await committed(store, unit("u1", { correlation: "cor_a", do: [facts("order-1"), work("work-1", 4)] }));
    await committed(store, unit("u2", { correlation: "cor_b", do: [{ kind: "deleteWork", stream: "work-1" }] }));
    assert.deepEqual(
      (await store.readCorrelation("cor_a")).map((stored) => stored.id),
      ["u1/0"],
    );
  },
};
