import { committed, facts, putKey, refusedBy, schedule, unit, work, type Promises } from "./trial.ts";

const freeFor = (owner: string) => [{ kind: "leaseFree", name: "settlement", owner }] as const;

/** Every kind of condition: holds when it should, and refuses with what it found. */
export const conditionPromises: Promises = {
  "an expected version holds when the stream has exactly that version": async ({ store }) => {
    await committed(store, unit("u1", { when: [{ kind: "version", stream: "order-1", is: 0 }], do: [facts("order-1", 2)] }));
    await committed(store, unit("u2", { when: [{ kind: "version", stream: "order-1", is: 2 }], do: [facts("order-1")] }));
    await committed(store, unit("u3", { when: [{ kind: "version", stream: "order-1", is: 3 }] }));
  },
  "an expected version below or above the stream's is refused with the stream's version": async ({ store }) => {
    await committed(store, unit("u1", { do: [facts("order-1", 2)] }));
    for (const is of [0, 1, 3]) {
      await refusedBy(store, unit(`u-${is}`, { when: [{ kind: "version", stream: "order-1", is }] }), 0, 2);
    }
    await refusedBy(store, unit("u-other", { when: [{ kind: "version", stream: "order-2", is: 1 }] }), 0, 0);
  },
  "versions of facts and of work under one name are apart in conditions": async ({ store }) => {
    await committed(store, unit("u1", { do: [facts("order-1", 2), work("order-1", 5)] }));
    const both = [
      { kind: "version", stream: "order-1", is: 2 },
      { kind: "version", stream: "order-1", as: "fact", is: 2 },
      { kind: "version", stream: "order-1", as: "work", is: 5 },
    ] as const;
    await committed(store, unit("u2", { when: both }));
    await refusedBy(store, unit("u3", { when: [{ kind: "version", stream: "order-1", as: "work", is: 2 }] }), 0, 5);
  },
  "exists holds for a stream with events and is refused with 0 without": async ({ store }) => {
    await committed(store, unit("u1", { do: [facts("order-1")] }));
    await committed(store, unit("u2", { when: [{ kind: "exists", stream: "order-1" }] }));
    await refusedBy(store, unit("u3", { when: [{ kind: "exists", stream: "order-2" }] }), 0, 0);
    await refusedBy(store, unit("u4", { when: [{ kind: "exists", stream: "order-1", as: "work" }] }), 0, 0);
  },
  "keyAbsent holds for an absent key and is refused with the value of a present one": async ({ store }) => {
    await committed(store, unit("u1", { when: [{ kind: "keyAbsent", key: "name/ada" }], do: [putKey("name/ada", "cus_1")] }));
    await refusedBy(store, unit("u2", { when: [{ kind: "keyAbsent", key: "name/ada" }] }), 0, "cus_1");
  },
  "keyPresent holds for a present key, also with an empty value, and is refused for an absent one": async ({ store }) => {
    await committed(store, unit("u1", { do: [putKey("a", "")] }));
    await committed(store, unit("u2", { when: [{ kind: "keyPresent", key: "a" }] }));
    await refusedBy(store, unit("u3", { when: [{ kind: "keyPresent", key: "b" }] }), 0, undefined);
    await refusedBy(store, unit("u4", { when: [{ kind: "keyAbsent", key: "a" }] }), 0, "");
  },
  "keyValue compares the text and is refused with the value found": async ({ store }) => {
    await committed(store, unit("u1", { do: [putKey("checkpoint", "7")] }));
    await committed(
      store,
      unit("u2", { when: [{ kind: "keyValue", key: "checkpoint", value: "7" }], do: [putKey("checkpoint", "8")] }),
    );
    await refusedBy(store, unit("u3", { when: [{ kind: "keyValue", key: "checkpoint", value: "7" }] }), 0, "8");
    await refusedBy(store, unit("u4", { when: [{ kind: "keyValue", key: "checkpoint", value: "8 " }] }), 0, "8");
    await refusedBy(store, unit("u5", { when: [{ kind: "keyValue", key: "other", value: "" }] }), 0, undefined);
  },
  "a due condition holds for the item's revision, 0 for absent, and is refused with the revision found": async ({ store }) => {
    await committed(
      store,
      unit("u1", { when: [{ kind: "due", queue: "q", id: "a", revision: 0 }], do: [schedule("q", "a", 1)] }),
    );
    await committed(
      store,
      unit("u2", { when: [{ kind: "due", queue: "q", id: "a", revision: 1 }], do: [schedule("q", "a", 2)] }),
    );
    await refusedBy(store, unit("u3", { when: [{ kind: "due", queue: "q", id: "a", revision: 1 }] }), 0, 2);
    await refusedBy(store, unit("u4", { when: [{ kind: "due", queue: "q", id: "b", revision: 1 }] }), 0, 0);
    await refusedBy(store, unit("u5", { when: [{ kind: "due", queue: "r", id: "a", revision: 2 }] }), 0, 0);
  },
  "leaseHeld holds under exactly the running lease's token and is refused with the token found": async ({ store }) => {
    await committed(
      store,
      unit("u1", { when: freeFor("a"), do: [{ kind: "takeLease", name: "settlement", owner: "a", ttlMs: 3_600_000 }] }),
    );
    await committed(store, unit("u2", { when: [{ kind: "leaseHeld", name: "settlement", token: 1 }] }));
    await refusedBy(store, unit("u3", { when: [{ kind: "leaseHeld", name: "settlement", token: 2 }] }), 0, 1);
    await refusedBy(store, unit("u4", { when: [{ kind: "leaseHeld", name: "settlement", token: 0 }] }), 0, 1);
    await refusedBy(store, unit("u5", { when: [{ kind: "leaseHeld", name: "other", token: 1 }] }), 0, undefined);
  },
  "leaseFree holds for nobody's and for the owner's own lease and is refused with another's name": async ({ store }) => {
    await committed(store, unit("u1", { when: freeFor("a") }));
    await committed(
      store,
      unit("u2", { when: freeFor("a"), do: [{ kind: "takeLease", name: "settlement", owner: "a", ttlMs: 3_600_000 }] }),
    );
    await committed(store, unit("u3", { when: freeFor("a") }));
    await refusedBy(store, unit("u4", { when: freeFor("b") }), 0, "a");
  },
  "the first condition that does not hold is the one that is named": async ({ store }) => {
    await committed(store, unit("u1", { do: [putKey("a", "x"), facts("order-1", 3)] }));
    const present = { kind: "keyPresent", key: "a" } as const;
    const wrong = { kind: "version", stream: "order-1", is: 9 } as const;
    const absent = { kind: "keyAbsent", key: "a" } as const;
    await refusedBy(store, unit("u2", { when: [present, wrong, absent] }), 1, 3);
    await refusedBy(store, unit("u3", { when: [present, present, absent, wrong] }), 2, "x");
  },
  "a condition sees the state before its own unit's effects": async ({ store }) => {
    const when = [
      { kind: "keyAbsent", key: "a" },
      { kind: "version", stream: "order-1", is: 0 },
    ] as const;
    await committed(store, unit("u1", { when, do: [putKey("a"), facts("order-1")] }));
    await refusedBy(store, unit("u2", { when: [{ kind: "keyPresent", key: "b" }], do: [putKey("b")] }), 0, undefined);
  },
};
