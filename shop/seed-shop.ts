import type { Executed } from "@daybook/data/cqrs/aggregates";
import type { Operation } from "@daybook/data/cqrs/handlers";
import { commitSettled } from "@daybook/data/event-store/commit-settled";
import { causeOf } from "@daybook/kernel/context";
import { digestHex } from "@daybook/kernel/digest";
import { assert } from "@daybook/kernel/errors";
import { newToken } from "@daybook/network/http/principals";
import { valueOf } from "@daybook/network/rpc/contract";
import { registerCustomer } from "@daybook/shop-customers/contract";
import { choosePayment, holdOrder, placeOrder, type PlacedOrRefused } from "@daybook/shop-ordering/contract";
import { SYSTEM_CONTEXT, type Shop } from "./service.ts";

/** Says whether the seed has begun, and is done. */
const MARK = "seed/shop";
const PIECES = 1_000_000;

const ADDRESS = { street: "1 Analytical Row", city: "London", postalCode: "W1", country: "United Kingdom" };
/** People who are not there. */
const CUSTOMERS = [
  { userName: "ada", firstName: "Ada", lastName: "Sample", email: "ada@example.com" },
  { userName: "charles", firstName: "Charles", lastName: "Sample", email: "charles@example.com" },
].map((customer) => ({ ...customer, addresses: [ADDRESS] }));

/**
 * Makes an empty shop one that can be looked at: products and stock; and, where `isWhole`, customers, an order under way
 * (on hold, ready to be released) and one that fails for its card and is undone. Killed on its way it goes on at the next
 * start; in a shop that has anything already, missing products and their stock only are added.
 */
export async function seedShop(shop: Shop, isWhole: boolean): Promise<void> {
  const { store, catalogue, inventory } = shop;
  const mark = await store.getKey(MARK);
  const isNew = mark === "begun" || (mark === undefined && (await store.head()).position === 0);
  if (isNew && mark === undefined) await putMark(shop, "begun");
  await catalogue.seed(SYSTEM_CONTEXT);
  for (const { productId } of await catalogue.products({ limit: 200 })) {
    const stock = valueOf(await inventory.operations.stock({ productId }, { context: SYSTEM_CONTEXT }));
    if (!stock) valueOf(await inventory.receive(productId, PIECES, SYSTEM_CONTEXT, "seed"));
  }
  if (isNew && isWhole) await seedPeople(shop);
  if (isNew) await putMark(shop, "done");
}

async function seedPeople(shop: Shop): Promise<void> {
  for (const profile of CUSTOMERS) {
    // Nobody knows the password; a name that is taken was registered before.
    const registration = { profile, password: newToken(shop.random) };
    await shop.customers.commands.dispatch(registerCustomer, registration, { context: SYSTEM_CONTEXT, render: () => null });
  }
  const items = [{ productId: "teapot", quantity: 1 }];
  const contact = { firstName: "Ada", lastName: "Sample", email: "ada@example.com", address: ADDRESS };
  const waiting = await ordered(shop, "under-way", placeOrder, { items, contact });
  await ordered(shop, "hold", holdOrder, { orderId: waiting, reason: "A gift: ask for the card to write." });
  await ordered(shop, "payment", choosePayment, { orderId: waiting, payment: { kind: "card", token: "tok_ok" } });
  await ordered(shop, "declined", placeOrder, { items, contact, payment: { kind: "card", token: "tok_declined" } });
}

/** Runs a command under a key of the seed; answers the order's id. */
async function ordered<Input>({ ordering }: Shop, key: string, operation: Operation<Input>, input: Input): Promise<string> {
  const idempotency = { principal: SYSTEM_CONTEXT.actor, operation: operation.name, key: `seed-${key}`, content: digestHex(key) };
  const render = (outcome: PlacedOrRefused) =>
    outcome.kind === "done" && "orderId" in outcome.state ? outcome.state.orderId : "";
  const execution = { context: SYSTEM_CONTEXT, idempotency, render };
  const executed = (await ordering.commands.dispatch(operation, input, execution)) as Executed<string>; // by `render`
  assert(executed.kind === "answered", "the seed's keys are its own");
  return executed.answer;
}

async function putMark({ store, clock, ids }: Shop, value: string): Promise<void> {
  const effects = [{ kind: "putKey", key: MARK, value }] as const;
  await commitSettled(store, { id: ids("unt"), cause: causeOf(SYSTEM_CONTEXT), conditions: [], effects }, { clock });
}
