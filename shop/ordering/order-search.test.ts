import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { outcomeOf, trialOrders, type TrialOrders } from "./conformance/trial.ts";
import { cancelOrder, importOrder, searchOrders } from "./contract.ts";
import { searchedTexts } from "./order-search.ts";

const AROUND = { context: { correlationId: "cor_2", actor: "usr_2", tenant: "shop" } };

async function found(orders: TrialOrders, text: string, limit = 10): Promise<readonly string[]> {
  return (await orders.service.queries.dispatch(searchOrders, { text, limit }, AROUND)).map(({ id }) => id);
}

function person(firstName: string, lastName: string, email = `${firstName}@example.org`) {
  return { firstName, lastName, email };
}

void describe("search by id", () => {
  void test("by its start or its end, in small or capital letters", async () => {
    const orders = trialOrders();
    const [first, second] = [await orders.place(), await orders.place()];
    assert.deepEqual(await found(orders, "ord_"), [first, second]);
    assert.deepEqual(await found(orders, second.slice(-5)), [second]);
    assert.deepEqual(await found(orders, second.slice(-5).toUpperCase()), [second]);
    assert.deepEqual(await found(orders, first), [first], "once, though it starts and ends with it");
    assert.deepEqual(await found(orders, "ord_", 1), [first]);
    assert.deepEqual(await found(orders, first.slice(4, 10)), [], "not by its middle");
  });

  void test("of an imported order, in the letters of its source or not", async () => {
    const orders = trialOrders();
    const lines = [{ productId: "mug", name: "Mug", quantity: 1, unitPrice: "1", amount: { minor: "100", currency: "GBP" } }];
    const origin = { source: "old", number: "C536365" };
    await outcomeOf(orders.service, importOrder, { orderId: "C536365", currency: "GBP", placedAt: 1, origin, lines });
    for (const text of ["C5363", "c5363", "365", "c536365"]) assert.deepEqual(await found(orders, text), ["C536365"], text);
  });

  void test("what cannot be in an id finds nothing, and harms nothing", async () => {
    const orders = trialOrders();
    await orders.place();
    for (const text of ["\u0000\u0000\u0000", "ord_ ", "%_%", "'; --", "😀😀", "\ud800aa"])
      assert.deepEqual(await found(orders, text), []);
  });
});

void describe("search by person", () => {
  void test("by parts of name and e-mail, without regard to case and accents", async () => {
    const orders = trialOrders();
    const zoe = await orders.place({ customerId: "a", contact: person("Zoë", "Müller-Łukasz", "Z.M@Example.org") });
    const jose = await orders.place({ customerId: "b", contact: person("José", "Núñez", "jose@example.org") });
    await orders.project();
    for (const text of ["zoe", "ZOË", "oë m", "zoe müller", "MULLER", "z.m@ex", "łukasz"])
      assert.deepEqual(await found(orders, text), [zoe], text);
    assert.deepEqual(await found(orders, "nunez"), [jose]);
    assert.deepEqual([...(await found(orders, "example.org"))].toSorted(), [zoe, jose].toSorted());
  });

  void test("the whole text must be there, not only its parts", async () => {
    const orders = trialOrders();
    await orders.place({ customerId: "a", contact: person("Anna", "Nan") });
    await orders.project();
    assert.deepEqual(await found(orders, "nann"), [], "nan and ann are there");
    assert.deepEqual(await found(orders, "an"), [], "fewer than three characters are not looked for in names");
  });

  void test("all orders of a person who used the name, newest first, cancelled ones too", async () => {
    const orders = trialOrders();
    const contact = person("Ada", "King");
    const [first, second] = [await orders.place({ customerId: "a", contact }), await orders.place({ customerId: "a", contact })];
    const other = await orders.place({ customerId: "a", contact: person("Augusta", "Byron") });
    await orders.project();
    await outcomeOf(orders.service, cancelOrder, { orderId: first, reason: "late" });
    assert.deepEqual(await found(orders, "ada king"), [second, first]);
    assert.deepEqual(await found(orders, "byron"), [other]);
  });

  void test("guests are found by the contact of their one order", async () => {
    const orders = trialOrders();
    const guest = await orders.place({ contact: person("Ada", "King") });
    const nobody = await orders.place();
    await orders.project();
    assert.deepEqual(await found(orders, "king"), [guest]);
    assert.ok(nobody !== guest);
  });

  void test("the one sought is found among hundreds who share a part of the name", async () => {
    const orders = trialOrders();
    for (let n = 0; n < 300; n++)
      await orders.place({ customerId: `c${n}`, contact: person("Ann", `Smith${n}`, "ann@example.org") });
    const sought = await orders.place({ customerId: "z", contact: person("Ann", "Quill", "ann@example.org") });
    await orders.project();
    assert.deepEqual(await found(orders, "ann quill", 3), [sought]);
    assert.equal((await found(orders, "ann", 5)).length, 5);
  });

  void test("many orders and many people that only look alike do not hide those sought", async () => {
    const orders = trialOrders();
    // "Anna Nan" has every part of "nannan", but does not contain it.
    const alike = person("Anna", "Nan", "x@example.org");
    const oldest = await orders.place({ customerId: "a", contact: person("Nannan", "A", "x@example.org") });
    for (let n = 0; n < 120; n++) {
      await orders.place({ customerId: "a", contact: alike });
      await orders.place({ customerId: `b${n}`, contact: alike });
    }
    const sought = await orders.place({ customerId: "z", contact: person("Nannan", "Or", "y@example.org") });
    await orders.project();
    assert.deepEqual(await found(orders, "nannan", 2), [oldest, sought]);
  });

  void test("an erased person is not found; the order is, by its id, marked", async () => {
    const orders = trialOrders();
    const orderId = await orders.place({ customerId: "a", contact: person("Ada", "King") });
    await orders.project();
    assert.deepEqual(await found(orders, "king"), [orderId]);
    await orders.events.keys.erase("a");
    assert.deepEqual(await found(orders, "king"), []);
    const [shown] = await orders.service.queries.dispatch(searchOrders, { text: orderId, limit: 1 }, AROUND);
    assert.deepEqual(shown?.customer, { id: "a", contact: undefined, isErased: true });
  });

  void test("a person erased before the search saw them leaves no tokens", async () => {
    const orders = trialOrders();
    await orders.place({ customerId: "a", contact: person("Ada", "King") });
    await orders.events.keys.erase("a");
    await orders.project();
    assert.deepEqual((await orders.store.listRows({ collection: "order-search.1" })).rows, []);
  });

  void test("a customer who was deleted is not found any more, and leaves no tokens; others are", async () => {
    const orders = trialOrders();
    await orders.place({ customerId: "a", contact: person("Ada", "King") });
    const other = await orders.place({ customerId: "b", contact: person("Ben", "King") });
    await orders.project();
    const events = [{ type: "CustomerDeleted", data: { customerId: "a" } }];
    await orders.events.append({ unitId: "unt_1", stream: "customer-a", events, context: AROUND.context });
    await orders.project();
    assert.deepEqual(await found(orders, "king"), [other]);
    const { rows } = await orders.store.listRows({ collection: "order-search.1" });
    assert.deepEqual(
      rows.map(({ key }) => key),
      ["b"],
    );
  });

  void test("nothing personal is in the read model, and it changes only with what is known of a person", async () => {
    const orders = trialOrders();
    await orders.place({ customerId: "a", contact: person("Ada", "King") });
    await orders.project();
    const row = () => orders.store.getRow("order-search.1", "a");
    const before = await row();
    assert.match(before?.value ?? "", /^\{"tokens":\["[0-9a-f]{16}"(,"[0-9a-f]{16}")*\]\}$/);
    await orders.place({ customerId: "a", contact: person("Ada", "King") });
    await orders.place({ customerId: "a" });
    await orders.project();
    assert.equal((await row())?.revision, before?.revision, "the same contact again");
    await orders.place({ customerId: "a", contact: person("Ada", "Byron") });
    await orders.project();
    assert.equal((await row())?.revision, (before?.revision ?? 0) + 1);
  });

  void test("names and e-mail are what people are found by; addresses are not", () => {
    const address = { street: "1 Road", city: "Town", country: "GB" };
    assert.deepEqual(searchedTexts({ ...person("Ada", "King", "a@b.org"), address }), ["Ada King", "a@b.org"]);
    assert.deepEqual(searchedTexts({ lastName: "King" }), ["King"]);
    assert.deepEqual([searchedTexts(undefined), searchedTexts({ address })], [[], []]);
  });
});
