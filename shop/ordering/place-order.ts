import { refuse, type Refusal } from "@daybook/data/cqrs/decider";
import { add, decimalText, lineAmount, money, type Money } from "@daybook/kernel/money";
import type { Catalogue, Product } from "@daybook/shop-catalog/contract";
import type { ImportOrder, PlaceOrder } from "./contract.ts";
import type { Contact, Line, OrderPlaced } from "./events.ts";

/** Prices a customer's order from the catalogue, as one currency's lines, a line a product; or says why not. */
export async function pricedOrder(
  orderId: string,
  input: PlaceOrder,
  catalogue: Catalogue,
  at: number,
): Promise<OrderPlaced | Refusal> {
  const lines = new Map<string, Line>();
  for (const item of input.items) {
    const product = await catalogue.product(item.productId);
    const refusal = product ? priceRefusal(item, product) : unknownProduct(item.productId);
    if (refusal || !product) return refusal ?? unknownProduct(item.productId);
    const quantity = (lines.get(item.productId)?.quantity ?? 0) + item.quantity;
    if (quantity > 1_000_000) return refuse("quantity-too-large", `At most 1,000,000 pieces of ${item.productId}.`).refusal;
    lines.set(item.productId, lineOf(product, quantity));
  }
  return placed(orderId, [...lines.values()], at, input.customerId, input.contact);
}

/** An imported order keeps its own prices and names; rows of one product at one price are one line. */
export function importedOrder(input: ImportOrder): OrderPlaced | Refusal {
  const lines = new Map<string, Line>();
  for (const line of input.lines) {
    const key = `${line.productId}\n${line.unitPrice}`;
    const before = lines.get(key);
    lines.set(
      key,
      before ? { ...before, quantity: before.quantity + line.quantity, amount: add(before.amount, line.amount) } : line,
    );
  }
  const order = placed(input.orderId, [...lines.values()], input.placedAt, input.customerId);
  return "code" in order ? order : { ...order, country: input.country, origin: input.origin };
}

function priceRefusal(item: PlaceOrder["items"][number], product: Product): Refusal | undefined {
  if (item.unitPrice === undefined || item.unitPrice === decimalText(product.price)) return undefined;
  const details = { productId: item.productId, price: decimalText(product.price), currency: product.price.currency };
  return refuse("price-differs", `${item.productId} costs ${details.price} ${details.currency}.`, details).refusal;
}

function unknownProduct(productId: string): Refusal {
  return refuse("unknown-product", `There is no product "${productId}".`, { productId }).refusal;
}

function lineOf(product: Product, quantity: number): Line {
  const unitPrice = decimalText(product.price);
  const amount = lineAmount(quantity, unitPrice, product.price.currency);
  return { productId: product.productId, name: product.name, quantity, unitPrice, amount };
}

function placed(
  orderId: string,
  lines: readonly Line[],
  placedAt: number,
  customerId: string | undefined,
  contact?: Contact,
): OrderPlaced | Refusal {
  const currency = lines[0]?.amount.currency ?? "";
  if (lines.some((line) => line.amount.currency !== currency))
    return refuse("mixed-currencies", "An order has one currency.").refusal;
  return {
    orderId,
    customer: { id: customerId, contact },
    currency,
    lines: [...lines],
    adjustments: [],
    total: sum(lines, currency),
    placedAt,
  };
}

function sum(lines: readonly Line[], currency: string): Money {
  return lines.reduce((total, line) => add(total, line.amount), money(0n, currency));
}
