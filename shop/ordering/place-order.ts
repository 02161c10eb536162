import { refuse, type Refusal } from "@daybook/data/cqrs/decider";
import { add, decimalText, isSameMoney, lineAmount, money, type Money } from "@daybook/kernel/money";
import type { Catalogue, Product } from "@daybook/shop-catalog/contract";
import type { ImportOrder, Item, PlaceOrder } from "./contract.ts";
import type { Contact, Line, OrderPlaced } from "./events.ts";
import { mergedLine } from "./order.ts";

const QUANTITY_MAX = 1_000_000;

/** Prices a customer's order from the catalogue, as one currency's lines, a line a product; or says why not. */
export async function pricedOrder(
  orderId: string,
  input: PlaceOrder,
  catalogue: Catalogue,
  at: number,
): Promise<OrderPlaced | Refusal> {
  const products = await productsOf(input, catalogue);
  const lines = new Map<string, Line>();
  for (const item of input.items) {
    const product = products.get(item.productId);
    const refusal = product ? priceRefusal(item, product) : unknownProduct(item.productId);
    if (refusal || !product) return refusal ?? unknownProduct(item.productId);
    const quantity = (lines.get(item.productId)?.quantity ?? 0) + item.quantity;
    if (quantity > QUANTITY_MAX) return tooMany(item.productId);
    lines.set(item.productId, lineOf(product, quantity));
  }
  const [first] = lines.values();
  const order = placed(orderId, [...lines.values()], first?.amount.currency ?? "", at, input.customerId, input.contact);
  return "code" in order || !input.payment ? order : { ...order, payment: input.payment };
}

/** One item more, at the catalogue's price; or why not. */
export async function pricedItem(item: Item, catalogue: Catalogue): Promise<Line | Refusal> {
  const product = await catalogue.product(item.productId);
  if (!product) return unknownProduct(item.productId);
  return priceRefusal(item, product) ?? lineOf(product, item.quantity);
}

/** An imported order keeps its own prices and names; rows of one product at one price in one parcel are one line. */
export function importedOrder(input: ImportOrder): OrderPlaced | Refusal {
  const lines = new Map<string, Line>();
  for (const line of input.lines) {
    if (isMixed(line, input.currency)) return mixedCurrencies();
    const amount = lineAmount(line.quantity, line.unitPrice, input.currency);
    if (!isSameMoney(amount, line.amount)) return amountDiffers(line, amount);
    const key = `${line.productId}\n${line.unitPrice}\n${line.parcel ?? ""}`;
    const before = lines.get(key);
    const merged = before ? mergedLine(before, line) : line;
    if (merged.quantity > QUANTITY_MAX) return tooMany(line.productId);
    lines.set(key, merged);
  }
  const order = placed(input.orderId, [...lines.values()], input.currency, input.placedAt, input.customerId);
  if ("code" in order) return order;
  const { country, origin, payment } = input;
  return { ...order, country, origin, ...(payment && { payment }) };
}

async function productsOf({ items }: PlaceOrder, catalogue: Catalogue): Promise<ReadonlyMap<string, Product | undefined>> {
  const distinct = [...new Set(items.map((item) => item.productId))];
  return new Map(await Promise.all(distinct.map(async (id) => [id, await catalogue.product(id)] as const)));
}

function isMixed({ amount, tax }: Line, currency: string): boolean {
  return amount.currency !== currency || (tax !== undefined && tax.currency !== currency);
}

function tooMany(productId: string): Refusal {
  return refuse("quantity-too-large", `At most 1,000,000 pieces of ${productId}.`, { productId }).refusal;
}

function mixedCurrencies(): Refusal {
  return refuse("mixed-currencies", "An order has one currency.").refusal;
}

function amountDiffers({ productId, unitPrice }: Line, amount: Money): Refusal {
  const details = { productId, unitPrice, amount: decimalText(amount) };
  return refuse("amount-differs", `The amount of ${productId} is not quantity × unit price.`, details).refusal;
}

function priceRefusal(item: Item, product: Product): Refusal | undefined {
  if (item.unitPrice === undefined || isSameNumber(item.unitPrice, decimalText(product.price))) return undefined;
  const details = { productId: item.productId, price: decimalText(product.price), currency: product.price.currency };
  return refuse("price-differs", `${item.productId} costs ${details.price} ${details.currency}.`, details).refusal;
}

/** Of decimal texts: 8.5 is 8.50. */
function isSameNumber(a: string, b: string): boolean {
  return plain(a) === plain(b);
}

function plain(decimal: string): string {
  const [whole = "", fraction = ""] = decimal.split(".");
  return `${whole.replace(/^0+/, "")}.${fraction.replace(/0+$/, "")}`;
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
  currency: string,
  placedAt: number,
  customerId: string | undefined,
  contact?: Contact,
): OrderPlaced | Refusal {
  if (lines.some((line) => isMixed(line, currency))) return mixedCurrencies();
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
  const none = money(0n, currency);
  return lines.reduce((total, line) => add(add(total, line.amount), line.tax ?? none), none);
}
