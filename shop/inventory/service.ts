import type { Executed } from "@daybook/data/cqrs/aggregates";
import { refuse, type Refusal } from "@daybook/data/cqrs/decider";
import { SerialQueue } from "@daybook/data/cqrs/serial-queue";
import { contention } from "@daybook/data/cqrs/errors";
import { recentlyUsed, type RecentlyUsed } from "@daybook/data/event-store/recently-used";
import type { Store } from "@daybook/data/store";
import type { Effect } from "@daybook/data/store/unit";
import type { Clock } from "@daybook/kernel/clock";
import type { Context } from "@daybook/kernel/context";
import { assert } from "@daybook/kernel/errors";
import type { IdSource } from "@daybook/kernel/ids";
import type { Random } from "@daybook/kernel/random";
import { levelName } from "@daybook/messaging/queue";
import { consume, type Consumer } from "@daybook/messaging/queue/consumer";
import { sender } from "@daybook/messaging/queue/send";
import type { Answer, Operable } from "@daybook/network/rpc/contract";
import { service, type Service } from "@daybook/network/rpc/server";
import type { Catalogue } from "@daybook/shop-catalog/contract";
import { inventoryContract, reservationExpiry, type ShortItem, type Stock, type StockItem } from "./contract.ts";
import {
  noReservation,
  putReservation,
  readAs,
  readReservation,
  reservationIs,
  type ReadReservation,
  type Reservation,
} from "./reservation.ts";
import { movedByHand, type ByHand, type MoveOptions } from "./by-hand.ts";
import { StockKeeper } from "./stock-keeper.ts";
import { tookBack } from "./take-back.ts";
import type { StockCommand } from "./stock.ts";

export interface InventoryParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly catalogue: Catalogue;
  /** How long a reservation is kept for an order that does not end; longer than orders are tried. 25 hours. */
  readonly reservedForMs?: number;
}

export interface InventoryService {
  /** Carries out `inventoryContract` for other contexts. */
  readonly calls: Service;
  /** Pieces arrive. Refused with `unknown-product`. */
  receive(productId: string, quantity: number, context: Context, reference?: string): Promise<Answer<Stock>>;
  /** Pieces on hand are lost. Refused with `insufficient-stock`. */
  writeOff(productId: string, quantity: number, reason: string, context: Context): Promise<Answer<Stock>>;
  /** One of both, under a key of the caller's: what was rendered first is answered again. */
  move<Rendered>(productId: string, command: ByHand, options: MoveOptions<Rendered>): Promise<Executed<Rendered>>;
  readonly operations: Operable<(typeof inventoryContract)["operations"]>;
  /** Starts what is done about messages: reservations that have expired are released. */
  startConsumers(random: Random): readonly Consumer[];
}

const RESERVED_FOR_MS = 25 * 60 * 60 * 1_000;
const TRIES = 5;

/** The inventory context, put together. */
export function inventoryService(parts: InventoryParts): InventoryService {
  const inventory = new Inventory(parts);

  async function plainly(productId: string, command: ByHand, context: Context): Promise<Answer<Stock>> {
    const moved = await inventory.move(productId, command, { context, render: (answer) => answer });
    assert(moved.kind === "answered", "no key was given");
    return moved.answer;
  }

  /** What was shipped or released before its time came is left as it is. The release finishes the message, too. */
  async function expire(orderId: string, context: Context): Promise<void> {
    await inventory.release({ orderId, reason: "expired" }, { context });
  }

  return {
    calls: service(inventoryContract, inventory),
    operations: inventory,
    receive: (productId, quantity, context, reference) => plainly(productId, { type: "receive", quantity, reference }, context),
    writeOff: (productId, quantity, reason, context) => plainly(productId, { type: "write-off", quantity, reason }, context),
    move: (productId, command, options) => inventory.move(productId, command, options),
    startConsumers: (random) => [
      consume({ ...parts, random, queue: reservationExpiry, handle: ({ orderId }, { context }) => expire(orderId, context) }),
    ],
  };
}

class Inventory implements Operable<(typeof inventoryContract)["operations"]> {
  /** What concerns one order is done one after another. */
  private readonly orders = new SerialQueue();
  /** What became of reservations lately, as the store was told. */
  private readonly last: RecentlyUsed<ReadReservation>;
  private readonly keeper: StockKeeper;
  private readonly parts: InventoryParts;
  private readonly expiry;

  constructor(parts: InventoryParts) {
    this.parts = parts;
    this.last = recentlyUsed(10_000, Infinity, parts.clock);
    this.keeper = new StockKeeper(parts.store, parts.ids);
    this.expiry = sender({ queue: reservationExpiry, store: parts.store, clock: parts.clock, ids: parts.ids });
  }

  readonly check = async ({ items }: { readonly items: readonly StockItem[] }) => {
    const short: ShortItem[] = [];
    for (const [productId, requested] of summed(items)) {
      const available = (await this.keeper.read(productId))?.stock.onHand ?? 0;
      if (available < requested) short.push({ productId, requested, available });
    }
    return { value: { allAvailable: short.length === 0, short } };
  };

  readonly stock = async ({ productId }: { readonly productId: string }) => {
    return { value: (await this.keeper.read(productId))?.stock ?? null };
  };

  readonly reserve: Operable<(typeof inventoryContract)["operations"]>["reserve"] = ({ orderId, items }, { context }) =>
    this.decided(
      orderId,
      async (read) => {
        const { reservation } = read;
        if (reservation?.status === "released") return refuse("reservation-released", "The order's reservation was released.");
        if (reservation) return { value: shown(reservation) };
        const unknown = await this.unknownProduct(items);
        if (unknown) return { refusal: unknown };
        const made: Reservation = { ...this.newReservation(), status: "reserved", items: [...items] };
        const command = (rest: ForOrder) => ({ type: "reserve", ...rest }) as const;
        const moved = await this.become(read, made, context, command, this.expiring(orderId, context));
        return moved === "done" ? { value: shown(made) } : moved;
      },
      noReservation(orderId),
    );

  readonly release: Operable<(typeof inventoryContract)["operations"]>["release"] = ({ orderId, reason }, { context }) =>
    this.decided(orderId, (read) => {
      const { reservation = { ...this.newReservation(), items: [] } } = read;
      if (read.reservation?.status === "released") return Promise.resolve({ value: {} });
      if (read.reservation?.status === "shipped") return Promise.resolve(refuse("reservation-shipped", "The pieces have left."));
      const released = { ...reservation, status: "released" } as const;
      return this.ended(read, released, context, (rest) => ({ type: "release", reason, ...rest }));
    });

  readonly ship: Operable<(typeof inventoryContract)["operations"]>["ship"] = ({ orderId }, { context }) =>
    this.decided(orderId, (read) => {
      const { reservation } = read;
      if (reservation?.status === "shipped") return Promise.resolve({ value: {} });
      if (reservation?.status !== "reserved") {
        return Promise.resolve(refuse("reservation-missing", "Nothing is reserved for the order."));
      }
      return this.ended(read, { ...reservation, status: "shipped" }, context, (rest) => ({ type: "ship", ...rest }));
    });

  readonly takeBack: Operable<(typeof inventoryContract)["operations"]>["takeBack"] = (back, { context }) =>
    this.orders.run(back.orderId, () => tookBack({ ...this.parts, keeper: this.keeper }, back, context));

  /** One product's pieces come or go. */
  async move<Rendered>(productId: string, command: ByHand, options: MoveOptions<Rendered>): Promise<Executed<Rendered>> {
    const refusal = await this.unknownProduct([{ productId, quantity: 1 }]);
    if (refusal) return { kind: "answered", answer: options.render({ refusal }), isReplayed: false, position: 0 };
    return movedByHand({ ...this.parts, keeper: this.keeper }, productId, command, options);
  }

  /** Decides on the order's reservation: as it was left last or is assumed to be, then, while that is not how it is, as the store has it. */
  private decided<Value>(
    orderId: string,
    decide: (read: ReadReservation) => Promise<Answer<Value> | undefined>,
    assumed?: ReadReservation,
  ): Promise<Answer<Value>> {
    return this.orders.run(orderId, async () => {
      const last = this.last.get(orderId) ?? assumed;
      this.last.delete(orderId);
      const answer = last && (await decide(last));
      if (answer) return answer;
      for (let attempt = 0; attempt < TRIES; attempt++) {
        const answer = await decide(await readReservation(this.parts.store, orderId));
        if (answer) return answer;
      }
      throw contention(`others change the reservation of ${orderId} all the time`);
    });
  }

  /** Moves what the reservation holds; undefined when it was not as it was read. */
  private async become(
    read: ReadReservation,
    after: Reservation,
    context: Context,
    command: (rest: ForOrder) => StockCommand,
    timer: Effect,
  ): Promise<"done" | { readonly refusal: Refusal } | undefined> {
    const { orderId } = read;
    const { items, reservationId } = after;
    const quantities = [...summed(items)];
    const moved = await this.keeper.move({
      context: { ...context, correlationId: orderId },
      conditions: [reservationIs(read)],
      commands: new Map(quantities.map(([product, quantity]) => [product, command({ quantity, reservationId, orderId })])),
      effects: [putReservation(orderId, after, this.parts.clock.now()), timer],
    });
    if (moved === "done") this.last.set(orderId, readAs(orderId, after));
    return moved === "conditions" ? undefined : moved;
  }

  private async ended(
    read: ReadReservation,
    after: Reservation,
    context: Context,
    command: (rest: ForOrder) => StockCommand,
  ): Promise<Answer<Record<string, never>> | undefined> {
    const timer: Effect = { kind: "finish", queue: levelName(reservationExpiry, 0), id: read.orderId };
    const moved = await this.become(read, after, context, command, timer);
    return moved === "done" ? { value: {} } : moved;
  }

  private newReservation() {
    return { reservationId: this.parts.ids("res"), reservedAt: this.parts.clock.now() };
  }

  private expiring(orderId: string, context: Context): Effect {
    const delayMs = this.parts.reservedForMs ?? RESERVED_FOR_MS;
    return this.expiry.effect({ orderId }, { context: { ...context, correlationId: orderId }, id: orderId, delayMs });
  }

  /** A product of which there was stock is known; any other, when the catalogue has it. */
  private async unknownProduct(items: readonly StockItem[]): Promise<Refusal | undefined> {
    for (const { productId } of items) {
      if ((await this.keeper.isKnown(productId)) || (await this.parts.catalogue.product(productId))) continue;
      return refuse("unknown-product", `There is no product "${productId}".`, { productId }).refusal;
    }
    return undefined;
  }
}

interface ForOrder {
  readonly quantity: number;
  readonly reservationId: string;
  readonly orderId: string;
}

/** The same product twice is one movement; in order of product, so that equal orders make equal units. */
function summed(items: readonly StockItem[]): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const { productId, quantity } of items) sums.set(productId, (sums.get(productId) ?? 0) + quantity);
  return new Map([...sums].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function shown({ reservationId, status, reservedAt }: Reservation) {
  return { reservationId, status: status === "shipped" ? ("shipped" as const) : ("reserved" as const), reservedAt };
}
