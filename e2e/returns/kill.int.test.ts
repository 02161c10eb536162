import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { after, test } from "node:test";
import { below, pick, seededRandom, type Random } from "@daybook/kernel/random";
import { settled } from "../fulfilment/judge.ts";
import { killAll, killProgram, startProgram, verified, type Program } from "../fulfilment/program.ts";
import { behave, charges, journal } from "../fulfilment/sandbox-client.ts";
import { allOrders, get, post } from "../fulfilment/shop-client.ts";
import { nothingDiffers } from "../questions/asked.ts";
import { allReturns, finish, sendingBack, type Asked, type ShownReturn } from "./return-traffic.ts";

const SEED = Number(process.env["DAYBOOK_TEST_SEED"] ?? 1);
const KILLS = process.env["DAYBOOK_TEST_FORM"] === "long" ? 100 : 12;
const ORDERS = KILLS * 4;
const SENDERS = 4;

after(killAll);

const UNKIND = {
  card: { latencyMs: { from: 0, to: 20 }, errorRate: 0.1, loseRate: 0.2 },
  mail: { errorRate: 0.05, loseRate: 0.1 },
};
const KIND = { latencyMs: 0, errorRate: 0, loseRate: 0, away: "no" };

test(`returns bring money back exactly once, and no piece is lost, through ${KILLS} kills (seed ${SEED})`, async (t) => {
  const random = seededRandom(SEED);
  const data = await mkdtemp(join(tmpdir(), "daybook-returns-"));
  let program = await startProgram(data);
  const orders = await sentOrders(program, data);
  const asked: Asked = [];
  const before = await shippedPieces(program);
  await behave(program, UNKIND);
  for (let kill = 0; kill < KILLS; kill++) {
    for (let n = 0; n < SENDERS; n++)
      void sendingBack(program, `k${kill}-${n}`, orders.all, seededRandom(below(random, 1e9)), asked);
    await moment(program, random);
    await killProgram(program, below(random, 4) === 0);
    program = await startProgram(data);
  }
  await behave(program, { card: KIND, mail: KIND });
  const cutOff = asked.filter(({ answer }) => !answer).length;
  await finish(program, asked);
  await settled(program, data, ({ id }) => orders.all.includes(id));
  const returns = await allReturns(program);
  const counts = Object.groupBy(returns, ({ status }) => status);
  t.diagnostic(
    `${cutOff} requests cut off, ${Object.entries(counts)
      .map(([status, each]) => `${each?.length} ${status}`)
      .join(", ")}`,
  );
  assert.deepEqual(Object.keys(counts).sort(), ["completed", "rejected"], "every return is over");
  assert.ok((counts.completed?.length ?? 0) > KILLS && cutOff > 0, "there is something to judge");
  await judgeMoney(program, returns, orders.byCard);
  await judgeStock(program, returns, before);
  await judgeMails(program);
  await nothingDiffers(program);
  const found = await verified(data);
  assert.ok(found.ok, JSON.stringify(found.checks.filter(({ violations }) => violations.length > 0)));
  await killProgram(program);
  await rm(data, { recursive: true });
});

/** Now and then the card provider is away. */
async function moment(program: Program, random: Random): Promise<void> {
  await setTimeout(30 + below(random, 250));
  if (below(random, 3) > 0) return;
  await behave(program, { card: { away: pick(random, ["refused", "unavailable"]) } });
  await setTimeout(below(random, 200));
  await behave(program, { card: { away: "no" } });
}

/** Orders of three teapots and a clock, every third paid from an account, all sent. */
async function sentOrders(program: Program, data: string) {
  const opened = await post(program, "/accounts", "open", { ownerId: "cus_returns", currency: "GBP" });
  const account = (JSON.parse(opened.body) as { id: string }).id; // of a 201
  await post(program, `/accounts/${account}/deposit`, "fill", { amount: "100000.00", currency: "GBP", reason: "for the trial" });
  const all: string[] = [];
  const byCard = new Set<string>();
  const items = [
    { productId: "teapot", quantity: 3 },
    { productId: "clock", quantity: 1 },
  ];
  for (let n = 0; n < ORDERS; n++) {
    const isByCard = n % 3 > 0;
    const payment = isByCard ? { kind: "card", token: "tok_ok" } : { kind: "account", accountId: account };
    const contact = { firstName: "Ada", email: `return-${n}@example.com` };
    const { status, body } = await post(program, "/orders", `order-${n}`, { customerId: "cus_returns", contact, items, payment });
    assert.equal(status, 201, body);
    const { id } = JSON.parse(body) as { id: string }; // of a 201
    all.push(id);
    if (isByCard) byCard.add(id);
  }
  await settled(program, data, ({ id }) => all.includes(id));
  const shown = await allOrders(program);
  assert.ok(all.every((id) => shown.get(id)?.status === "shipped"));
  return { all, byCard };
}

const minorOf = ({ amount }: ShownReturn) => Math.round(Number(amount.amount) * 100);
const sum = (numbers: readonly number[]) => numbers.reduce((all, each) => all + each, 0);

/** The provider's journal has each refund once, of the return's amount; the account has the rest. */
async function judgeMoney(program: Program, returns: readonly ShownReturn[], byCard: ReadonlySet<string>): Promise<void> {
  const completed = returns.filter(({ status }) => status === "completed");
  const entries = (await journal(program)).filter(
    ({ partner, operation, effect }) => partner === "card" && operation === "refund" && effect,
  );
  const expected = completed.filter(({ orderId }) => byCard.has(orderId)).map((each) => [`refund-${each.id}`, minorOf(each)]);
  assert.deepEqual(new Map(entries.map(({ key, amountMinor }) => [key, amountMinor])), new Map(expected as [string, number][])); // pairs
  assert.equal(entries.length, expected.length, "each once");
  for (const { reference, refundedMinor, amountMinor } of await charges(program)) {
    const own = sum(completed.filter(({ orderId }) => orderId === reference).map(minorOf));
    assert.deepEqual([refundedMinor, refundedMinor <= amountMinor], [own, true], reference);
  }
  const { accounts } = await get<{ accounts: { balance: { amount: string } }[] }>(program, "/accounts?owner=cus_returns");
  const charged = 15_800 * (ORDERS - byCard.size);
  const back = sum(completed.filter(({ orderId }) => !byCard.has(orderId)).map(minorOf));
  assert.equal(Math.round(Number(accounts[0]?.balance.amount) * 100), 10_000_000 - charged + back);
  const notes = completed.map(({ creditNote }) => creditNote);
  assert.ok(new Set(notes).size === notes.length && !notes.includes(undefined), "each has a credit note of its own");
}

const PRODUCTS = ["teapot", "clock"] as const;
type Pieces = Readonly<Record<"received" | "onHand" | "reserved" | "shipped" | "writtenOff", number>>;

function stockOf(program: Program, productId: string): Promise<Pieces> {
  return get<Pieces>(program, `/stock/${productId}`);
}

async function shippedPieces(program: Program): Promise<ReadonlyMap<string, number>> {
  return new Map(await Promise.all(PRODUCTS.map(async (id) => [id, (await stockOf(program, id)).shipped] as const)));
}

/** What came back is no longer away, and on hand unless it was written off. */
async function judgeStock(program: Program, returns: readonly ShownReturn[], before: ReadonlyMap<string, number>): Promise<void> {
  const completed = returns.filter(({ status }) => status === "completed");
  const back = completed.flatMap(({ lines, writtenOff = [] }) =>
    lines.map((line) => ({ ...line, isLost: writtenOff.includes(line.line) })),
  );
  for (const productId of PRODUCTS) {
    const lines = back.filter((line) => line.productId === productId);
    const { received, onHand, reserved, shipped, writtenOff } = await stockOf(program, productId);
    const quantity = (some: typeof lines) => sum(some.map((line) => line.quantity));
    assert.equal(received, onHand + reserved + shipped + writtenOff);
    const lost = quantity(lines.filter(({ isLost }) => isLost));
    assert.deepEqual([shipped, writtenOff], [(before.get(productId) ?? 0) - quantity(lines), lost], productId);
  }
}

/** A mail is sent again only when it is not known whether it was accepted. */
async function judgeMails(program: Program): Promise<void> {
  const accepted = (await journal(program)).filter(({ partner, effect, key }) => partner === "mail" && effect && key !== null);
  for (const [messageId, each] of Map.groupBy(accepted, ({ key }) => key)) {
    assert.ok(
      each.length <= 1 + KILLS + each.filter(({ lost }) => lost).length,
      `${String(messageId)} came ${each.length} times`,
    );
  }
}
