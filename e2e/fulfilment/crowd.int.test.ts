import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, beforeEach, describe, test } from "node:test";
import { judged, settled } from "./judge.ts";
import { killAll, killProgram, startProgram, verified, type Program } from "./program.ts";
import { allOrders, get, post, type Answer } from "./shop-client.ts";

const PIECES = 10;
const BUYERS = 64;
const REQUESTS = 1_000;
const payment = { kind: "card", token: "tok_ok" };

void describe("a crowd at the shop", () => {
  let data = "";
  let program: Program;
  beforeEach(async () => {
    data = await mkdtemp(join(tmpdir(), "daybook-crowd-"));
    program = await startProgram(data);
  });
  afterEach(async () => {
    await killProgram(program);
    await rm(data, { recursive: true });
  });
  after(killAll);

  void test(`${REQUESTS} requests under one key make one order, and are answered with the same bytes`, async () => {
    const before = await allOrders(program);
    const body = { items: [{ productId: "teapot", quantity: 1 }], payment };
    const answers = await Promise.all(Array.from({ length: REQUESTS }, () => post(program, "/orders", "one-key", body)));
    const [first] = answers;
    assert.equal(first?.status, 201);
    for (const answer of answers) assert.deepEqual(answer, first);
    const other = await post(program, "/orders", "one-key", { ...body, items: [{ productId: "teapot", quantity: 2 }] });
    assert.equal(other.status, 422, "another request under the key is refused");
    await settled(program, data, () => false);
    const orders = await judged(program, 0);
    assert.equal(orders.size, before.size + 1);
    assert.equal(orders.get(idOf(first))?.status, "shipped");
    assert.ok((await verified(data)).ok);
  });

  void test(`of ${BUYERS} buyers of the last ${PIECES} pieces ${PIECES} get theirs, and the others pay nothing`, async () => {
    const product = { productId: "last", name: "The last pieces", price: { amount: "3.50", currency: "GBP" } };
    assert.equal((await post(program, "/products", "last", product)).status, 200);
    assert.equal((await post(program, "/stock/last/receive", "last-stock", { quantity: PIECES })).status, 200);
    const body = { items: [{ productId: "last", quantity: 1 }], payment };
    const answers = await Promise.all(Array.from({ length: BUYERS }, (_, n) => post(program, "/orders", `buyer-${n}`, body)));
    const ids = new Set(answers.map(idOf));
    assert.equal(ids.size, BUYERS);
    await settled(program, data, ({ id }) => ids.has(id));
    const orders = [...(await judged(program, 0)).values()].filter(({ id }) => ids.has(id));
    const ends = Map.groupBy(orders, ({ status, failure }) => failure?.code ?? status);
    const counts = [...ends].map(([end, { length }]) => [end, length]);
    assert.deepEqual(Object.fromEntries(counts), { shipped: PIECES, "insufficient-stock": BUYERS - PIECES });
    const stock = await get<Readonly<Record<string, unknown>>>(program, "/stock/last");
    assert.deepEqual([stock["onHand"], stock["reserved"], stock["shipped"]], [0, 0, PIECES]);
    assert.ok((await verified(data)).ok);
  });
});

function idOf({ status, body }: Answer): string {
  assert.equal(status, 201, body);
  return (JSON.parse(body) as { id: string }).id; // of a 201
}
