import { accept, refuse, type Decider, type Decision } from "@daybook/data/cqrs/decider";
import type { Stock } from "./contract.ts";
import { STOCK_CATEGORY, type StockEvent } from "./events.ts";

/** What moves and how much; a reservation names its order. */
interface Movement {
  readonly quantity: number;
}
interface ForOrder extends Movement {
  readonly reservationId: string;
  readonly orderId: string;
}

export type StockCommand =
  | ({ readonly type: "receive"; readonly reference?: string | undefined } & Movement)
  | ({ readonly type: "reserve" } & ForOrder)
  | ({ readonly type: "release"; readonly reason: string } & ForOrder)
  | ({ readonly type: "ship" } & ForOrder)
  | ({ readonly type: "write-off"; readonly reason: string } & Movement)
  /** `writtenOff` of them are not on hand again. */
  | ({
      readonly type: "take-back";
      readonly orderId: string;
      readonly returnId: string;
      readonly writtenOff: number;
      readonly reason: string;
    } & Movement);

/** So many pieces, no more, can be counted exactly. */
const PIECES_MAX = 1_000_000_000_000;

/** The stock of one product: what is there is on hand or reserved; nothing of it is ever less than none. */
export function stockDecider(productId: string): Decider<Stock, StockCommand, StockEvent> {
  return {
    category: STOCK_CATEGORY,
    version: 1,
    initial: { productId, onHand: 0, reserved: 0, shipped: 0, writtenOff: 0, received: 0 },
    decide: decideStock,
    evolve: evolveStock,
  };
}

export function decideStock(command: StockCommand, stock: Stock): Decision<StockEvent> {
  const { productId, onHand, reserved, received, shipped } = stock;
  const { quantity } = command;
  switch (command.type) {
    case "receive":
      if (received + quantity > PIECES_MAX) return refuse("stock-too-large", "More pieces than can be counted.");
      return accept({ type: "StockReceived", data: { productId, quantity, reference: command.reference } });
    case "reserve":
      if (quantity > onHand) return short(stock, quantity);
      return accept({ type: "StockReserved", data: { productId, quantity, ...orderOf(command) } });
    case "release":
      if (quantity > reserved) return unreserved(stock);
      return accept({ type: "StockReleased", data: { productId, quantity, reason: command.reason, ...orderOf(command) } });
    case "ship":
      if (quantity > reserved) return unreserved(stock);
      return accept({ type: "StockShipped", data: { productId, quantity, ...orderOf(command) } });
    case "write-off":
      if (quantity > onHand) return short(stock, quantity);
      return accept({ type: "StockWrittenOff", data: { productId, quantity, reason: command.reason } });
    case "take-back": {
      if (quantity > shipped) return refuse("not-shipped", `${shipped} of ${productId} have left.`);
      const { orderId, returnId, writtenOff, reason } = command;
      return accept({ type: "StockReturned", data: { productId, quantity, orderId, returnId, writtenOff, reason } });
    }
  }
}

function orderOf({ reservationId, orderId }: ForOrder) {
  return { reservationId, orderId };
}

function short({ productId, onHand }: Stock, requested: number): Decision<StockEvent> {
  const missing = { productId, requested, available: onHand };
  return refuse("insufficient-stock", `${onHand} of ${productId} are available.`, { short: [missing] });
}

function unreserved({ productId, reserved }: Stock): Decision<StockEvent> {
  return refuse("not-reserved", `${reserved} of ${productId} are reserved.`);
}

export function evolveStock(stock: Stock, event: StockEvent): Stock {
  const { onHand, reserved, shipped, writtenOff, received } = stock;
  const { quantity } = event.data;
  switch (event.type) {
    case "StockReceived":
      return { ...stock, onHand: onHand + quantity, received: received + quantity };
    case "StockReserved":
      return { ...stock, onHand: onHand - quantity, reserved: reserved + quantity };
    case "StockReleased":
      return { ...stock, onHand: onHand + quantity, reserved: reserved - quantity };
    case "StockShipped":
      return { ...stock, reserved: reserved - quantity, shipped: shipped + quantity };
    case "StockWrittenOff":
      return { ...stock, onHand: onHand - quantity, writtenOff: writtenOff + quantity };
    case "StockReturned": {
      const lost = event.data.writtenOff;
      return { ...stock, shipped: shipped - quantity, onHand: onHand + quantity - lost, writtenOff: writtenOff + lost };
    }
  }
}
