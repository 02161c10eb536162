import { below, pick, type Random } from "@daybook/kernel/random";
import { sleep } from "@daybook/kernel/clock";
import { oneIn } from "@daybook/testing/simulation/world";
import type { PaymentMethod } from "../../shop/ordering/events.ts";
import { ask, type ClientParts } from "./client.ts";
import type { Operation, Request } from "./operation.ts";
import { TOKENS } from "./played-provider.ts";
import { PRICES } from "./prices.ts";
import { accountOf, LEAVERS } from "./seed-shop.ts";

/** Orders that a run has at least. */
export const ORDERS_MIN = 30;
const OPERATIONS = 9;
const OPERATIONS_MAX = 60;
const LATE_WISHES = 14;
const HOT_PRODUCT = "mug-blue";

/** What clients know of each other's orders: what was acknowledged. */
export interface Known {
  readonly orders: KnownOrder[];
  readonly placed: Set<string>;
}

interface KnownOrder {
  readonly orderId: string;
  readonly version: number;
}

/** One client's day: a seeded mix of requests, one after another, some of them twice. */
export async function clientDay(parts: ClientParts, client: string, known: Known): Promise<void> {
  const { world } = parts;
  const day = new Day(parts, client, known, world.random(client));
  for (let count = 0; count < OPERATIONS || (known.placed.size < ORDERS_MIN && count < OPERATIONS_MAX); count++) {
    await world.delay(world.random(`${client}/${count}`), 0, 60);
    await day.next();
  }
}

/** What people want of orders whose work is done: to cancel them, mostly in vain, and to send back what came, also twice. */
export async function lateWishes(parts: ClientParts, known: Known): Promise<void> {
  const random = parts.world.random("late wishes");
  for (let count = 0; count < LATE_WISHES && known.orders.length > 0; count++) {
    const { orderId } = pick(random, known.orders);
    const input = { orderId, reason: `too late ${count}` };
    await ask(parts, "operator", { kind: "cancel", input });
    for (let times = 1 + below(random, 2); times > 0; times--) {
      const { returned } = await ask(parts, "operator", { kind: "return", input });
      if (!returned || !("value" in returned)) continue;
      await ask(parts, "operator", {
        kind: "decide",
        returnId: returned.value.returnId,
        change: { type: "receive", writtenOff: [] },
      });
    }
  }
}

class Day {
  private readonly parts: ClientParts;
  private readonly client: string;
  private readonly known: Known;
  private readonly random: Random;
  /** Commands that were sent under a key. */
  private readonly keyed: { readonly key: string; readonly request: Request }[] = [];
  private count = 0;
  /** Whether pieces are also put aside: what is not fetched is kept for so long that few runs wait for it. */
  private readonly hasCounter: boolean;

  constructor(parts: ClientParts, client: string, known: Known, random: Random) {
    this.parts = parts;
    this.client = client;
    this.known = known;
    this.random = random;
    this.hasCounter = oneIn(parts.world.random("counter"), 5);
  }

  async next(): Promise<void> {
    const turn = below(this.random, 100);
    if (turn < 38) return this.place(this.order());
    if (turn < 44) return this.sendBack();
    if (turn < 46) return this.place(this.unknownProduct());
    if (turn < 50) return void (await this.command(this.imported()));
    if (turn < 55) return this.sendAgain();
    if (turn < 58) return this.reuseKey();
    if (turn < 68) return void (await this.command(this.cancellation()));
    if (turn < 77) return void (await this.command(this.choice()));
    if (turn < 84) return void (await this.command(this.change()));
    if (turn < 89) return this.receive();
    if (turn < 90) return void (await ask(this.parts, this.client, { kind: "leave", customerId: pick(this.random, LEAVERS) }));
    if (turn < 92 && this.hasCounter) return this.putAside();
    if (turn < 97) return this.read();
    await ask(this.parts, this.client, { kind: "list", customerId: this.client });
  }

  private async place(request: Request & { kind: "place" }): Promise<void> {
    const operation = await this.command(request);
    const position = operation?.executed?.kind === "answered" ? operation.executed.position : undefined;
    const done = doneAnswer(operation);
    const text = LEAVERS.includes(request.input.customerId ?? "") ? undefined : request.input.contact?.lastName;
    if (!done || position === undefined || text === undefined || !oneIn(this.random, 3)) return;
    await ask(this.parts, this.client, { kind: "search", text, orderId: done.orderId, position });
  }

  /** Sends a command, mostly under a key, sometimes twice at once; asks again when nobody knows what became of it. */
  private async command(request: Request): Promise<Operation | undefined> {
    const key = oneIn(this.random, 4) ? undefined : `key-${++this.count}`;
    if (key !== undefined) this.keyed.push({ key, request });
    if (key !== undefined && oneIn(this.random, 7)) {
      const [one] = await Promise.all([this.send(request, key), this.send(request, key)]);
      return one;
    }
    const operation = await this.send(request, key);
    if (operation.outcome === "ok" || key === undefined || oneIn(this.random, 6)) return operation;
    await sleep(this.parts.world.clock, below(this.random, 300));
    return this.send(request, key);
  }

  private async sendAgain(): Promise<void> {
    if (this.keyed.length === 0) return;
    const { key, request } = pick(this.random, this.keyed);
    await this.send(request, key);
  }

  private async reuseKey(): Promise<void> {
    const earlier = this.keyed.filter(({ request }) => request.kind === "place");
    if (earlier.length > 0) await this.send(this.order(), pick(this.random, earlier).key);
  }

  private async read(): Promise<void> {
    const order = this.someOrder();
    const isPast = order.version > 0 && oneIn(this.random, 5);
    await ask(this.parts, this.client, { kind: "read", orderId: order.orderId, ...(isPast && { version: 1 }) });
  }

  private async send(request: Request, key: string | undefined): Promise<Operation> {
    const operation = await ask(this.parts, this.client, request, key);
    const done = doneAnswer(operation);
    if (done) this.known.orders.push({ orderId: done.orderId, version: done.version });
    if (done) this.known.placed.add(done.orderId);
    return operation;
  }

  private order(): Request & { kind: "place" } {
    const products = Array.from({ length: 1 + below(this.random, 3) }, () => this.product());
    const items = products.map((productId) => ({ productId, quantity: 1 + below(this.random, 5) }));
    const customerId = oneIn(this.random, 4) ? undefined : oneIn(this.random, 6) ? pick(this.random, LEAVERS) : this.client;
    const about = { ...(customerId !== undefined && { customerId }), contact: this.contact(), items };
    return { kind: "place", input: { ...about, ...(!oneIn(this.random, 3) && { payment: this.payment() }) } };
  }

  /** Half of the cards are good; accounts are those of the client, with money for some orders only. */
  private payment(): PaymentMethod {
    if (oneIn(this.random, 5)) return { kind: "account", accountId: accountOf(this.client) };
    return { kind: "card", token: oneIn(this.random, 2) ? "tok_ok" : pick(this.random, TOKENS) };
  }

  private choice(): Request {
    return { kind: "choose", input: { orderId: this.someOrder().orderId, payment: this.payment() } };
  }

  private change(): Request {
    const { orderId } = this.someOrder();
    switch (below(this.random, 4)) {
      case 0: {
        const item = { productId: pick(this.random, Object.keys(PRICES)), quantity: 1 + below(this.random, 3) };
        return { kind: "add", input: { orderId, item } };
      }
      case 1:
        return { kind: "release", input: { orderId } };
      default:
        return { kind: "hold", input: { orderId, reason: `look ${below(this.random, 1_000)}` } };
    }
  }

  /** All of an order, or a piece of it; then the warehouse has it, or it is rejected. What was not sent is refused. */
  private async sendBack(): Promise<void> {
    const orderId = this.known.orders.length === 0 ? "ord_missing" : pick(this.random, this.known.orders).orderId;
    const items = [{ productId: pick(this.random, Object.keys(PRICES)), quantity: 1 + below(this.random, 2) }];
    const input = { orderId, reason: `because ${below(this.random, 1_000)}`, ...(oneIn(this.random, 2) && { items }) };
    const key = oneIn(this.random, 3) ? undefined : `key-${++this.count}`;
    const asked = await this.sentBack({ kind: "return", input }, key);
    if (!asked.returned || !("value" in asked.returned) || oneIn(this.random, 5)) return;
    const { returnId, lines } = asked.returned.value;
    const writtenOff = oneIn(this.random, 3) ? lines.slice(0, 1).map(({ line }) => line) : [];
    const received = { type: "receive", writtenOff } as const;
    const change = oneIn(this.random, 6) ? ({ type: "reject", reason: "worn" } as const) : received;
    await ask(this.parts, this.client, { kind: "decide", returnId, change });
  }

  /** Asks again under the key when nobody knows what became of it, and sometimes anyway. */
  private async sentBack(request: Request, key: string | undefined): Promise<Operation> {
    const first = await ask(this.parts, this.client, request, key);
    if (key === undefined || (first.outcome === "ok" && !oneIn(this.random, 6))) return first;
    return ask(this.parts, this.client, request, key);
  }

  /** One product is asked for more than others: many meet at its stock. */
  private product(): string {
    return oneIn(this.random, 2) ? HOT_PRODUCT : pick(this.random, Object.keys(PRICES));
  }

  private async receive(): Promise<void> {
    const productId = this.product();
    await ask(this.parts, this.client, { kind: "receive", productId, quantity: 1 + below(this.random, 9) });
  }

  private async putAside(): Promise<void> {
    await ask(this.parts, this.client, { kind: "putAside", productId: this.product(), quantity: 1 + below(this.random, 3) });
  }

  private contact() {
    const letters = Array.from({ length: 6 }, () => String.fromCharCode(97 + below(this.random, 26))).join("");
    return { firstName: "Ada", lastName: `${letters}son`, email: `${letters}@example.org` };
  }

  private unknownProduct(): Request & { kind: "place" } {
    return { kind: "place", input: { customerId: this.client, items: [{ productId: "no-such-thing", quantity: 1 }] } };
  }

  /** A few ids that clients share: the same order comes twice, from several at once. */
  private imported(): Request {
    const number = String(below(this.random, 6));
    const line = (productId: string, quantity: number) => {
      const amount = { minor: String(100 * quantity), currency: "GBP" };
      return { productId, name: productId, quantity, unitPrice: "1.00", amount };
    };
    const input = {
      orderId: `imp-${number}`,
      currency: "GBP",
      placedAt: 1_700_000_000_000 + Number(number),
      origin: { source: "ledger", number },
      lines: [line("mug-blue", 2), line("teapot", 1), line("mug-blue", 3)],
    };
    return { kind: "import", input };
  }

  private cancellation(): Request {
    const { orderId, version } = this.someOrder();
    const expected = oneIn(this.random, 3) ? { expectedVersion: oneIn(this.random, 3) ? version + 1 : version } : {};
    const isCustomer = oneIn(this.random, 5);
    return {
      kind: "cancel",
      input: { ...(isCustomer && { customerId: this.client }), orderId, reason: `because ${below(this.random, 1_000)}` },
      ...expected,
    };
  }

  private someOrder(): KnownOrder {
    const recent = this.known.orders.slice(-10);
    return recent.length === 0 || oneIn(this.random, 12) ? { orderId: "ord_missing", version: 0 } : pick(this.random, recent);
  }
}

/** The answer of a command that was carried out. */
function doneAnswer(operation: Operation | undefined) {
  if (operation?.outcome !== "ok" || operation.executed?.kind !== "answered") return undefined;
  return operation.executed.answer.status === "done" ? operation.executed.answer : undefined;
}
