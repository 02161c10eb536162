import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { money } from "@daybook/kernel/money";
import { orderingService } from "./service.ts";
import { catalogueOf, outcomeOf, PRODUCTS, trialOrders, type TrialOrders } from "./conformance/trial.ts";
import { cancelOrder, countOrders, getWholeOrder, listOrders, orderStatusSchema, type ListOrders } from "./contract.ts";

const AROUND = { context: { correlationId: "cor_2", actor: "usr_2", tenant: "shop" } };
const amount = money(850n, "GBP");
const entry = [
  { account: "house:card-clearing", currency: "GBP", minor: "-850" },
  { account: "house:sales", currency: "GBP", minor: "850" },
];
const charged = { amount, paidBy: "card", chargeId: "ch_1", entry };
const parcel = { carrier: "Post", trackingNumber: "T1", estimatedDelivery: 86_400_000, parcelId: "pc_1" };

function whole({ service }: TrialOrders, orderId: string, asOf: object = {}) {
  return service.queries.dispatch(getWholeOrder, { orderId, ...asOf }, AROUND);
}

async function idsOf({ service }: TrialOrders, list: Partial<ListOrders>): Promise<readonly string[]> {
  return (await service.queries.dispatch(listOrders, { limit: 10, ...list }, AROUND)).orders.map(({ id }) => id);
}

void describe("an order's details", () => {
  void test("are its payment, its shipment and all that happened, in the order of the log", async () => {
    const orders = trialOrders();
    const orderId = await orders.place();
    await orders.record(orderId, "PaymentPending", { amount, chargeId: "ch_1" });
    await orders.record(orderId, "PaymentCompleted", charged);
    orders.clock.advance(5);
    await orders.record(orderId, "ShipmentCreated", parcel);
    await orders.record(orderId, "ShipmentHeld", { reason: "wet", by: "carrier" });
    const order = await whole(orders, orderId);
    const at = orders.clock.now();
    assert.deepEqual(order?.payment, {
      status: "completed",
      paymentId: `pay_${orderId}`,
      transactionId: "ch_1",
      amount,
      processedAt: at - 5,
    });
    const { parcelId: _, ...shown } = parcel;
    assert.deepEqual(order.shipping, { ...shown, shipmentId: `shp_${orderId}`, status: "held", changedAt: at });
    assert.deepEqual(
      order.timeline.map(({ step, reason }) => [step, reason]),
      [
        ["order-placed", undefined],
        ["payment-pending", undefined],
        ["payment-completed", undefined],
        ["shipment-created", undefined],
        ["shipment-held", "wet"],
      ],
    );
    assert.deepEqual([order.version, order.revision, order.timeline[3]?.at], [1, 4, at]);
  });

  void test("say why a payment failed, until another attempt succeeds; a dispute is beside the status", async () => {
    const orders = trialOrders();
    const orderId = await orders.place();
    await orders.record(orderId, "PaymentDeclined", { code: "insufficient-funds", reason: "Too little." });
    const failure = { code: "insufficient-funds", reason: "Too little." };
    const declined = (await whole(orders, orderId))?.payment;
    assert.deepEqual([declined?.status, declined?.failure], ["declined", failure]);
    await orders.record(orderId, "PaymentCompleted", charged);
    await orders.record(orderId, "PaymentDisputed", { chargeId: "ch_1", reason: "Not mine." });
    const { status, failure: none, isDisputed } = (await whole(orders, orderId))?.payment ?? {};
    assert.deepEqual([status, none, isDisputed], ["completed", undefined, true]);
    for (const minor of [100n, 250n]) {
      const part = { refundId: `ret_${minor}`, amount: money(minor, "GBP"), reason: "Broken.", entry: charged.entry };
      await orders.record(orderId, "PaymentGivenBack", part);
    }
    const { status: still, givenBack } = (await whole(orders, orderId))?.payment ?? {};
    assert.deepEqual([still, givenBack], ["completed", money(350n, "GBP")]);
  });

  void test("as of a version or a moment are what was known then", async () => {
    const orders = trialOrders();
    const orderId = await orders.place();
    orders.clock.advance(10);
    await orders.record(orderId, "PaymentCompleted", charged);
    const paidAt = orders.clock.now();
    orders.clock.advance(10);
    await outcomeOf(orders.service, cancelOrder, { orderId, reason: "late" });
    await orders.record(orderId, "PaymentRefunded", { amount, reason: "late", entry });
    const statusOf = async (asOf: object) => {
      const then = await whole(orders, orderId, asOf);
      return [then?.status, then?.payment?.status, then?.timeline.length];
    };
    assert.deepEqual(await statusOf({}), ["cancelled", "refunded", 4]);
    assert.deepEqual(await statusOf({ version: 1 }), ["placed", undefined, 1]);
    assert.deepEqual(await statusOf({ version: 2 }), ["cancelled", "completed", 3]);
    assert.deepEqual(await statusOf({ recordedAt: paidAt }), ["placed", "completed", 2]);
    assert.deepEqual(await statusOf({ recordedAt: paidAt - 1 }), ["placed", undefined, 1]);
    assert.equal(await whole(orders, "ord_0"), undefined);
  });

  void test("have the customer's present name and address for mails where the order has none, now only", async () => {
    const { events, clock, place } = trialOrders();
    const known = { firstName: "Zoë", lastName: "Quill", email: "zoe@example.org" };
    const customers = {
      standing: async () => ({ value: { isKnown: true, isActive: true } }),
      contactOf: async ({ customerId }: { readonly customerId: string }) => ({ value: customerId === "a" ? known : null }),
    };
    const ids = () => "unt_1";
    const catalogue = catalogueOf(PRODUCTS);
    const { queries } = orderingService({ events, clock, ids, catalogue, customers, searchSecret: new Uint8Array(32) });
    const contactOf = async (orderId: string, version?: number) =>
      (await queries.dispatch(getWholeOrder, { orderId, version }, AROUND))?.customer.contact;
    const orderId = await place({ customerId: "a" });
    assert.deepEqual(await contactOf(orderId), known);
    assert.equal(await contactOf(orderId, 1), undefined);
    const gift = { firstName: "Sam", email: "sam@example.org" };
    assert.deepEqual(await contactOf(await place({ customerId: "a", contact: gift })), gift);
    const named = await place({ customerId: "a", contact: { firstName: "Sam" } });
    assert.deepEqual(await contactOf(named), { firstName: "Sam", email: known.email });
    assert.equal(await contactOf(await place({ customerId: "b" })), undefined);
    assert.equal(await contactOf(await place()), undefined, "a guest's is the order's own");
  });
});

void describe("lists by payment and shipment", () => {
  async function shop() {
    const orders = trialOrders();
    const ids: string[] = [];
    for (let n = 0; n < 6; n++) ids.push(await orders.place({ customerId: n % 2 === 0 ? "a" : "b" }));
    const [one = "", two = "", three = "", four = "", five = "", six = ""] = ids;
    for (const id of [one, two, three, four]) await orders.record(id, "PaymentCompleted", charged);
    for (const id of [two, three, five]) await orders.record(id, "ShipmentCreated", parcel);
    await orders.record(three, "ShipmentHandedOver");
    await orders.record(four, "PaymentRefunded", { amount, reason: "late", entry });
    await outcomeOf(orders.service, cancelOrder, { orderId: two, reason: "late" });
    await orders.project();
    return { orders, ids: { one, two, three, four, five, six } };
  }

  void test("are newest first, and go together with each other, the customer, the status and the time", async () => {
    const { orders, ids } = await shop();
    const { one, two, three, four, five, six } = ids;
    assert.deepEqual(await idsOf(orders, { payment: "completed" }), [three, two, one]);
    assert.deepEqual(await idsOf(orders, { payment: "refunded" }), [four]);
    assert.deepEqual(await idsOf(orders, { shipment: "created" }), [five, two]);
    assert.deepEqual(await idsOf(orders, { shipment: "delivered" }), []);
    assert.deepEqual(await idsOf(orders, { payment: "completed", shipment: "created" }), [two]);
    assert.deepEqual(await idsOf(orders, { payment: "completed", customerId: "a" }), [three, one]);
    assert.deepEqual(await idsOf(orders, { payment: "completed", status: "placed" }), [three, one]);
    assert.deepEqual(await idsOf(orders, { shipment: "created", status: "cancelled", customerId: "b" }), [two]);
    const { placedAt } = (await whole(orders, three)) ?? { placedAt: 0 };
    assert.deepEqual(await idsOf(orders, { placedFrom: placedAt }), [six, five, four, three]);
    assert.deepEqual(await idsOf(orders, { placedBefore: placedAt }), [two, one]);
    assert.deepEqual(await idsOf(orders, { placedFrom: placedAt, placedBefore: placedAt + 1 }), [three]);
    assert.deepEqual(await idsOf(orders, { payment: "completed", placedBefore: placedAt }), [two, one]);
    assert.deepEqual(await idsOf(orders, { status: "placed", customerId: "a", placedFrom: placedAt }), [five, three]);
  });

  void test("show what both have come to, with every order", async () => {
    const { orders, ids } = await shop();
    const { orders: listed } = await orders.service.queries.dispatch(listOrders, { limit: 10 }, AROUND);
    const shown = Object.fromEntries(listed.map((order) => [order.id, [order.paymentStatus, order.shipmentStatus]]));
    assert.deepEqual(shown, {
      [ids.one]: ["completed", undefined],
      [ids.two]: ["completed", "created"],
      [ids.three]: ["completed", "in-transit"],
      [ids.four]: ["refunded", undefined],
      [ids.five]: [undefined, "created"],
      [ids.six]: [undefined, undefined],
    });
  });

  void test("follow page by page without gap or overlap, and are counted", async () => {
    const { orders, ids } = await shop();
    const { placedAt } = (await whole(orders, ids.two)) ?? { placedAt: 0 };
    const filters: readonly Partial<ListOrders>[] = [
      { payment: "completed" },
      { payment: "completed", customerId: "a" },
      { payment: "completed", status: "placed" },
      { placedFrom: placedAt, placedBefore: placedAt + 3 },
      ...orderStatusSchema.options.map((status) => ({ status })),
    ];
    for (const list of filters) {
      const all = await idsOf(orders, list);
      const seen: string[] = [];
      let after: ListOrders["after"];
      do {
        const page = await orders.service.queries.dispatch(listOrders, { ...list, limit: 1, after }, AROUND);
        seen.push(...page.orders.map(({ id }) => id));
        after = page.next;
      } while (after);
      assert.ok(all.length > 1 || "status" in list, JSON.stringify(list));
      assert.deepEqual(seen, all, JSON.stringify(list));
      const counted = await orders.service.queries.dispatch(countOrders, { ...list, cap: 10 }, AROUND);
      assert.deepEqual(counted, { count: all.length, isCapped: false });
      if (all.length < 2) continue;
      const capped = await orders.service.queries.dispatch(countOrders, { ...list, cap: 1 }, AROUND);
      assert.deepEqual(capped, { count: 1, isCapped: true });
    }
  });

  void test("look at a thousand orders for a page, and no further: a page may be empty and have a next one", async () => {
    const orders = trialOrders();
    const first = await orders.place();
    await outcomeOf(orders.service, cancelOrder, { orderId: first, reason: "late" });
    await orders.record(first, "PaymentCompleted", charged);
    for (let n = 0; n < 1_000; n++) await orders.record(await orders.place(), "PaymentCompleted", charged);
    await orders.project();
    const list = { payment: "completed", status: "cancelled", limit: 10 } as const;
    const page = await orders.service.queries.dispatch(listOrders, list, AROUND);
    assert.deepEqual([page.orders, page.next !== undefined], [[], true]);
    const rest = await orders.service.queries.dispatch(listOrders, { ...list, after: page.next }, AROUND);
    assert.deepEqual([rest.orders.map(({ id }) => id), rest.next], [[first], undefined]);
  });
});
