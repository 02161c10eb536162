import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import type { NoteRow } from "./clean-row.ts";
import { CreditNotes, type ReturnableOrder } from "./credit-notes.ts";

function order(number: string, placedAt: number, pieces: Readonly<Record<string, number>>, customerId?: string): ReturnableOrder {
  const lines = Object.entries(pieces).map(([productId, quantity]) => ({ productId, quantity }));
  return { orderId: `ord_${number}`, number, row: Number(number), placedAt, customerId, lines };
}

function note(row: number, time: number, quantity: number, more: Partial<NoteRow> = {}): NoteRow {
  return {
    kind: "note",
    row,
    number: `C${row}`,
    time,
    quantity,
    productId: "A",
    customerId: "cus_1",
    returnOf: undefined,
    ...more,
  };
}

/** Row → number of the order that it was matched with. */
function matchesOf(orders: readonly ReturnableOrder[], notes: readonly NoteRow[]): ReadonlyMap<number, string> {
  const { returns, rejected } = matched(orders, notes);
  const found = returns.flatMap(({ request, rows }) => rows.map((row) => [row, request.orderId.slice(4)] as const));
  assert.equal(found.length + rejected.length, notes.length);
  assert.ok(rejected.every(({ stage, reason }) => stage === "match" && reason === "no-matching-order"));
  return new Map(found);
}

function matched(orders: readonly ReturnableOrder[], notes: readonly NoteRow[]) {
  const credit = new CreditNotes();
  for (const each of notes) credit.add(each);
  for (const each of orders) credit.addOrder(each);
  return credit.matched("x");
}

describe("a credit note", () => {
  test("is of the latest earlier order of the customer with that much of the product left", () => {
    const orders = [
      order("1", 10, { A: 5 }, "cus_1"),
      order("2", 20, { A: 2, B: 9 }, "cus_1"),
      order("3", 30, { A: 9 }, "cus_1"),
    ];
    assert.deepEqual(matchesOf(orders, [note(7, 25, 2)]), new Map([[7, "2"]]));
    assert.deepEqual(matchesOf(orders, [note(7, 25, 3)]), new Map([[7, "1"]]), "not enough in the later one");
    assert.deepEqual(matchesOf(orders, [note(7, 30, 1)]), new Map([[7, "2"]]), "one of the same moment is not earlier");
    assert.deepEqual(matchesOf(orders, [note(7, 99, 9, { productId: "B" })]), new Map([[7, "2"]]));
    assert.deepEqual(matchesOf(orders, [note(7, 10, 1)]), new Map());
    assert.deepEqual(matchesOf(orders, [note(7, 99, 10)]), new Map());
    assert.deepEqual(matchesOf(orders, [note(7, 99, 1, { customerId: "cus_2" })]), new Map());
  });

  test("takes what it returns: the next one finds less; those of the file are taken by their time", () => {
    const orders = [order("1", 10, { A: 5 }, "cus_1"), order("2", 20, { A: 5 }, "cus_1")];
    const found = matchesOf(orders, [note(3, 40, 4), note(4, 30, 3), note(5, 50, 1), note(6, 60, 2)]);
    assert.deepEqual(
      found,
      new Map([
        [4, "2"],
        [3, "1"],
        [5, "2"],
      ]),
    );
  });

  test("of a guest matches nothing, unless it names its order", () => {
    const orders = [order("1", 10, { A: 5 })];
    assert.deepEqual(matchesOf(orders, [note(7, 20, 1, { customerId: undefined })]), new Map());
    const named = [note(7, 5, 1, { customerId: undefined, returnOf: "1" }), note(8, 20, 1, { returnOf: "2" })];
    assert.deepEqual(matchesOf(orders, named), new Map([[7, "1"]]));
  });

  test("with several rows is one return an order, under one key", () => {
    const orders = [order("1", 10, { A: 5, B: 5 }, "cus_1"), order("2", 20, { C: 1 }, "cus_1")];
    const of = { number: "C9" };
    const rows = [
      note(3, 30, 1, of),
      note(4, 30, 2, { ...of, productId: "B" }),
      note(5, 30, 1, { ...of, productId: "C" }),
      note(6, 30, 3, of),
    ];
    const { returns } = matched(orders, rows);
    const common = { reason: "Credit note C9", returnedAt: 30, origin: { source: "x", number: "C9" } };
    assert.deepEqual(returns, [
      {
        request: {
          ...common,
          key: "x/C9/ord_1",
          orderId: "ord_1",
          items: [
            { productId: "B", quantity: 2 },
            { productId: "A", quantity: 4 },
          ],
        },
        rows: [3, 4, 6],
      },
      { request: { ...common, key: "x/C9/ord_2", orderId: "ord_2", items: [{ productId: "C", quantity: 1 }] }, rows: [5] },
    ]);
  });

  test("is matched as a plain search of everything would, whatever the order of rows", () => {
    const customer = fc.constantFrom("cus_1", "cus_2", undefined);
    const someOrder = fc.record({ placedAt: fc.nat(30), customer, A: fc.integer({ min: 1, max: 6 }), B: fc.nat(6) });
    const product = fc.constantFrom("A", "B");
    const someNote = fc.record({
      time: fc.nat(30),
      quantity: fc.integer({ min: 1, max: 6 }),
      productId: product,
      customerId: customer,
    });
    let matches = 0;
    fc.assert(
      fc.property(fc.array(someOrder, { maxLength: 12 }), fc.array(someNote, { maxLength: 12 }), (some, asked) => {
        const orders = some.map(({ placedAt, customer: of, A, B }, at) => order(String(at), placedAt, { A, B }, of));
        const notes = asked.map(({ time, quantity, ...more }, at) => note(100 + at, time, quantity, more));
        const found = matchesOf(orders.toReversed(), notes);
        matches += found.size;
        assert.deepEqual(found, plainMatches(orders, notes));
      }),
    );
    assert.ok(matches > 50, `${matches} were matched`);
  });
});

/** The rule as it is written, by looking at every order for every credit note. */
function plainMatches(orders: readonly ReturnableOrder[], notes: readonly NoteRow[]): ReadonlyMap<number, string> {
  const returned: { readonly number: string; readonly productId: string; readonly quantity: number }[] = [];
  const matches = new Map<number, string>();
  for (const { row, time, quantity, productId, customerId } of notes.toSorted((a, b) => a.time - b.time || a.row - b.row)) {
    const left = ({ number, lines }: ReturnableOrder) =>
      [
        ...lines.filter((line) => line.productId === productId).map((line) => line.quantity),
        ...returned.filter((each) => each.number === number && each.productId === productId).map((each) => -each.quantity),
      ].reduce((a, b) => a + b, 0);
    const fits = orders.filter(
      (each) => customerId !== undefined && each.customerId === customerId && each.placedAt < time && left(each) >= quantity,
    );
    const latest = fits.toSorted((a, b) => b.placedAt - a.placedAt || b.row - a.row)[0];
    if (!latest) continue;
    returned.push({ number: latest.number, productId, quantity });
    matches.set(row, latest.number);
  }
  return matches;
}
