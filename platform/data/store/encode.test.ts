import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { canonical } from "@daybook/kernel/canonical";
import { errorCode } from "@daybook/kernel/errors";
import { event, facts, putKey, putRow, unit, work } from "./conformance/trial.ts";
import { categoryOf, digestText, encodeUnit } from "./encode.ts";
import type { EncodedAppend, EncodedUnit } from "./engine.ts";
import { LIMITS } from "./limits.ts";
import type { Condition, Effect, Unit } from "./unit.ts";

function refuses(code: string, submitted: Unit, message?: RegExp): void {
  assert.throws(
    () => encodeUnit(submitted),
    (error) => {
      assert.equal(errorCode(error), code, String(error));
      if (message) assert.match(String(error), message);
      return true;
    },
  );
}

function appendsOf(encoded: EncodedUnit): readonly EncodedAppend[] {
  return encoded.effects.filter((effect) => effect.kind === "append");
}

describe("encoding a unit", () => {
  test("numbers events over all appends of the unit", () => {
    const encoded = encodeUnit(unit("u1", { do: [facts("order-1", 2), putKey("k"), work("work-1"), facts("order-2")] }));
    assert.deepEqual(
      appendsOf(encoded).map((append) => append.events.map((each) => each.ordinal)),
      [[0, 1], [2], [3]],
    );
  });

  test("facts are the kind of an append that names none", () => {
    const [plain, work_] = appendsOf(encodeUnit(unit("u1", { do: [facts("order-1"), work("order-1")] })));
    assert.deepEqual([plain?.as, work_?.as], ["fact", "work"]);
  });

  test("a fact's digest is SHA-256 of its id, stream, type, schema version, data and meta, a line each; work has none", () => {
    const [fact, task] = appendsOf(encodeUnit(unit("u1", { do: [facts("order-1", 2), work("work-1")] }))).map(
      (append) => append.events,
    );
    const second = fact?.[1];
    assert.ok(second && task?.[0]);
    const text = `u1/1\norder-1\nHappened\n1\n{"n":1}\n${second.meta}`;
    assert.equal(digestText({ ...second, id: "u1/1", stream: "order-1" }), text);
    assert.equal(second.digest, createHash("sha256").update(text).digest("hex"));
    assert.equal(task[0].digest, "");
  });

  test("a digest changes with every part of its event", () => {
    const digestOfFirst = (submitted: Unit) => appendsOf(encodeUnit(submitted))[0]?.events[0]?.digest;
    const append = (stream: string, type = "T", data = "{}", schemaVersion = 1): Effect => ({
      kind: "append",
      stream,
      events: [{ type, data, schemaVersion }],
    });
    const variants = [
      unit("u1", { do: [append("order-1")] }),
      unit("u2", { do: [append("order-1")] }),
      unit("u1", { do: [append("order-2")] }),
      unit("u1", { do: [append("order-1", "U")] }),
      unit("u1", { do: [append("order-1", "T", "[]")] }),
      unit("u1", { do: [append("order-1", "T", "{}", 2)] }),
      unit("u1", { correlation: "cor_2", do: [append("order-1")] }),
    ];
    assert.equal(new Set(variants.map(digestOfFirst)).size, variants.length);
  });

  test("meta is canonical JSON of the cause, whatever its texts", () => {
    const text = fc.string({ unit: "grapheme" });
    const cause = fc.record(
      { causation: text, actor: text, tenant: text, trace: text, source: text },
      { requiredKeys: ["actor", "tenant"] },
    );
    const occurred = fc.option(fc.maxSafeInteger(), { nil: undefined });
    fc.assert(
      fc.property(cause, occurred, (parts, occurredAt) => {
        const happened = { ...event(), ...(occurredAt === undefined ? {} : { occurredAt }) };
        const effects = [{ kind: "append", stream: "order-1", events: [happened] }] as const;
        const encoded = encodeUnit({ id: "u1", cause: { correlation: "cor_1", ...parts }, conditions: [], effects });
        const expected = canonical({ causation: "u1", ...parts, correlation: "cor_1", occurredAt });
        assert.equal(appendsOf(encoded)[0]?.events[0]?.meta, expected);
      }),
    );
  });

  test("a unit's bytes are those of its names, values and metas", () => {
    const value = "é".repeat(100);
    assert.equal(
      encodeUnit(unit("u1", { do: [putKey("k", value), { ...putRow("things", "a"), value } as Effect] })).bytes,
      400 + "kthingsa".length,
    );
    const withEvent = encodeUnit(unit("u1", { do: [{ kind: "append", stream: "order-1", events: [event("T", `"${value}"`)] }] }));
    assert.equal(withEvent.bytes, 202 + "order-1T".length + (appendsOf(withEvent)[0]?.events[0]?.meta.length ?? 0));
  });

  test("what is submitted is not changed", () => {
    const submitted = unit("u1", {
      when: [{ kind: "keyAbsent", key: "k" }],
      do: [facts("order-1", 2), putRow("things", "a", { by: ["x"] })],
    });
    const copy = structuredClone(submitted);
    encodeUnit(submitted);
    assert.deepEqual(submitted, copy);
  });
});

describe("owners", () => {
  const owners = { order: "ordering", orderline: "ordering", bill: "payments" };
  const appending = (...effects: readonly Effect[]) => unit("u1", { do: effects });

  test("facts of one context go into one unit, those of two do not", () => {
    assert.equal(encodeUnit(appending(facts("order-1"), facts("orderline-1")), owners).effects.length, 2);
    assert.throws(() => encodeUnit(appending(facts("order-1"), facts("bill-1")), owners), /facts of ordering and of payments/);
  });

  test("a category that nobody owns is refused", () => {
    assert.throws(() => encodeUnit(appending(facts("stranger-1")), owners), /no context owns streams of category "stranger"/);
  });

  test("work is nobody's: it goes with facts of any context", () => {
    assert.equal(encodeUnit(appending(facts("order-1"), work("bill-1"), work("stranger-1")), owners).effects.length, 3);
  });
});

describe("names", () => {
  test("a category is what stands before the first hyphen", () => {
    assert.deepEqual(["order-1", "order-1-2", "order", "-1"].map(categoryOf), ["order", "order", "order", ""]);
  });

  test("a stream is named by a category in lower camel case, a hyphen and an id without white space", () => {
    for (const stream of ["order-1", "orderLine-a/b:c", "o-😀", "order--"]) {
      assert.equal(encodeUnit(unit("u1", { do: [facts(stream)] })).effects.length, 1, stream);
    }
    for (const stream of ["order", "order-", "-1", "Order-1", "1order-1", "or_der-1", "order-1 2", "order-1\t", "order-\u00a0"]) {
      refuses("unit-invalid", unit("u1", { do: [facts(stream)] }));
    }
  });

  test("a name is not empty, has no control characters and is well-formed", () => {
    for (const name of ["", "a\u0000", "\n", "a\u007f", "a\ud800", "\udc00a"]) {
      refuses("unit-invalid", unit(name));
      refuses("unit-invalid", unit("u1", { do: [putKey(name)] }));
      refuses("unit-invalid", unit("u1", { do: [putRow("things", "a", { by: [name] })] }));
    }
  });
});

describe("limits", () => {
  test("each refusal names its line of the table", () => {
    const long = "x".repeat(LIMITS.rowBytes + 1);
    const row = { ...putRow("things", "a"), value: long.slice(1) } as Effect; // a putRow with another value
    const beyond: Readonly<Record<string, Unit>> = {
      eventBytes: unit("u", { do: [{ kind: "append", stream: "order-1", events: [event("T", long)] }] }),
      rowBytes: unit("u", { do: [putKey("k", long)] }),
      messageBytes: unit("u", { do: [{ kind: "schedule", queue: "q", id: "a", at: 1, payload: long }] }),
      unitEffects: unit("u", { do: Array.from({ length: LIMITS.unitEffects + 1 }, () => putKey("k")) }),
      unitBytes: unit("u", { do: [row, row, row, row, putKey("k", "1")] }),
      keyBytes: unit("u", { do: [putKey("k".repeat(256))] }),
      indexEntries: unit("u", { do: [putRow("things", "a", { by: Array.from({ length: 513 }, (_, n) => `e${n}`) })] }),
    };
    for (const [limit, submitted] of Object.entries(beyond)) refuses("limit-exceeded", submitted, new RegExp(`\\(${limit}\\)`));
  });
});

const LEASE_FREE: Condition = { kind: "leaseFree", name: "l", owner: "a" };
const take = (owner: string, ttlMs: number): Effect => ({ kind: "takeLease", name: "l", owner, ttlMs });

/** What the contract cannot mean, by what it would do further down. */
const NONSENSE: Readonly<Record<string, Unit>> = {
  "a condition's name that no engine stores": unit("u", { when: [{ kind: "keyAbsent", key: "a\u0000b" }] }),
  "an expected value that is not well-formed": unit("u", { when: [{ kind: "keyValue", key: "k", value: "\ud800" }] }),
  "a condition on half a revision": unit("u", { when: [{ kind: "due", queue: "q", id: "a", revision: 0.5 }] }),
  "a condition on half a token": unit("u", { when: [{ kind: "leaseHeld", name: "l", token: 0.5 }] }),
  "a row's value that PostgreSQL cannot store": unit("u", {
    do: [{ kind: "putRow", collection: "c", key: "a", value: "\u0000" }],
  }),
  "a key's value that is not well-formed": unit("u", { do: [putKey("k", "\ud800")] }),
  "a message that is not well-formed": unit("u", { do: [{ kind: "schedule", queue: "q", id: "a", at: 1, payload: "\udc00" }] }),
  "an expiry that is no time": unit("u", { do: [{ kind: "putKey", key: "k", value: "1", expiresAt: NaN }] }),
  "a lifetime that is no time": unit("u", { when: [LEASE_FREE], do: [take("a", Infinity)] }),
  "a lease taken by another than the owner that it is free for": unit("u", { when: [LEASE_FREE], do: [take("b", 1)] }),
  "a lease's owner without a name": unit("u", { when: [{ ...LEASE_FREE, owner: "" }], do: [take("", 1)] }),
  "half a schema version": unit("u", {
    do: [{ kind: "append", stream: "order-1", events: [{ ...event(), schemaVersion: 1.5 }] }],
  }),
  "a business time that is no time": unit("u", {
    do: [{ kind: "append", stream: "order-1", events: [{ ...event(), occurredAt: NaN }] }],
  }),
  "a deleted row's collection without a name": unit("u", { do: [{ kind: "deleteRow", collection: "", key: "a" }] }),
  "a finished item without a name": unit("u", { do: [{ kind: "finish", queue: "q", id: "" }] }),
  "deleted work without a name": unit("u", { do: [{ kind: "deleteWork", stream: "" }] }),
};

describe("nonsense is refused before it reaches an engine", () => {
  for (const [what, submitted] of Object.entries(NONSENSE)) {
    test(what, () => refuses("unit-invalid", submitted));
  }
});
