import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { z } from "zod";
import { canonical } from "./canonical.ts";
import { errorCode } from "./errors.ts";
import { isSealed, personal, type Personal } from "./personal.ts";
import { reveal } from "./sealed.ts";
import { recordType } from "./record-type.ts";
import { decodeRecord, encodeRecord, subjectsOf } from "./record-codec.ts";

const KEY = new Uint8Array(32).fill(7);
const KEYS = new Map([["cus_1", KEY]]);
const person = z.strictObject({ name: z.string() });
const registered = recordType({
  name: "CustomerRegistered",
  schema: z.object({ customerId: z.string(), profile: personal(person).optional(), note: z.string().optional() }),
  subject: (data) => data.customerId,
});
const renamed = ({ sum, ...rest }: { readonly sum: string }) => ({ ...rest, total: sum });

/** Version 1 had `sum` as a number, version 2 as text, version 3 calls it `total`. */
const placed = recordType({
  name: "OrderPlaced",
  version: 3,
  schema: z.object({ total: z.string() }),
  upcasters: {
    1: (data) => ({ ...(data as object), sum: String((data as { sum: number }).sum) }), // version 1 by its own schema
    2: (data) => renamed(data as { sum: string }), // version 2, likewise
  },
});

describe("encoding a record", () => {
  test("gives canonical text, and decoding gives the data back", () => {
    const type = recordType({ name: "Plain", schema: z.object({ text: z.string(), list: z.array(z.number()) }) });
    const data = fc.record({ text: fc.string({ unit: "grapheme" }), list: fc.array(fc.integer()) }, { noNullPrototype: true });
    fc.assert(
      fc.property(data, (value) => {
        const encoded = encodeRecord(type, value, "evt_1", new Map());
        assert.equal(encoded.text, canonical(value));
        assert.deepEqual(decodeRecord(type, 1, encoded.text), value);
      }),
    );
  });

  test("seals the personal field, which opens under the subject's key only", async () => {
    const encoded = encodeRecord(registered, { customerId: "cus_1", profile: { name: "Ada" }, note: "vip" }, "evt_1", KEYS);
    assert.ok(!encoded.text.includes('"Ada"') && encoded.text.includes("vip"));
    const stored = decodeRecord(registered, 1, encoded.text);
    assert.ok(isSealed(stored.profile));
    assert.deepEqual(stored, encoded.data);
    const keys = { get: async (subject: string) => KEYS.get(subject), ensure: async () => KEYS, erase: async () => {} };
    assert.deepEqual(await reveal<Personal<z.infer<typeof person>>>(keys, stored.profile), { name: "Ada" });
  });

  test("does not seal again what is sealed, nor what is absent", () => {
    const once = encodeRecord(registered, { customerId: "cus_1", profile: { name: "Ada" } }, "evt_1", KEYS);
    assert.equal(encodeRecord(registered, once.data, "evt_2", new Map()).text, once.text);
    assert.equal(encodeRecord(registered, { customerId: "cus_1" }, "evt_3", new Map()).text, '{"customerId":"cus_1"}');
  });

  test("asks for the keys of the subjects that it will need", () => {
    const data = { customerId: "cus_1", profile: { name: "Ada" } };
    assert.deepEqual(subjectsOf(registered, data), ["cus_1"]);
    assert.deepEqual(subjectsOf(registered, { customerId: "cus_1" }), []);
    assert.deepEqual(subjectsOf(registered, encodeRecord(registered, data, "evt_1", KEYS).data), []);
    assert.throws(() => encodeRecord(registered, data, "evt_1", new Map()), /the key of cus_1 is ready/);
  });

  test("refuses data that does not fit the schema", () => {
    assert.throws(() => encodeRecord(placed, { total: 1 } as never, "evt_1", new Map()), /OrderPlaced v3 fits its schema/);
  });
});

describe("decoding a record", () => {
  test("brings every older version to the current one, step by step", () => {
    assert.deepEqual(decodeRecord(placed, 1, '{"sum":5}'), { total: "5" });
    assert.deepEqual(decodeRecord(placed, 2, '{"sum":"5"}'), { total: "5" });
    assert.deepEqual(decodeRecord(placed, 3, '{"total":"5"}'), { total: "5" });
  });

  test("keeps fields that this program does not know, and reads a newer version as it is", () => {
    assert.deepEqual(decodeRecord(placed, 1, '{"sum":5,"colour":"red"}'), { total: "5", colour: "red" });
    assert.deepEqual(decodeRecord(placed, 9, '{"total":"5","grand":true}'), { total: "5", grand: true });
  });

  test("of text that is no JSON is unreadable-record", () => {
    for (const text of ["", "{", "undefined"])
      assert.throws(
        () => decodeRecord(placed, 3, text),
        (error) => errorCode(error) === "unreadable-record",
      );
  });
});
