import { below, type Random } from "@daybook/kernel/random";
import type { FaultPlan } from "@daybook/testing/faults/fault-plan";
import type { Life } from "@daybook/testing/simulation/life";
import { oneIn, type World } from "@daybook/testing/simulation/world";
import type { Carrier, CreateAnswer, Parcel, ParcelOrder, ParcelStatus } from "../../shop/shipping/carrier.ts";
import { carrierUnavailable } from "../../shop/shipping/errors.ts";
import type { OutsideFault } from "./outside-faults.ts";
import { OutsideWay } from "./outside-way.ts";

const NEWS_MS_MAX = 12_000;
const MOVING: ReadonlySet<ParcelStatus> = new Set(["in-transit", "delivered", "failed"]);

/** The carrier, played: one parcel a key for ever, and a key that was cancelled has none. What is handed over it carries. */
export class PlayedCarrier {
  /** By key. */
  readonly parcels = new Map<string, Parcel>();
  /** Parcels that are to come somewhere yet. */
  underWay = 0;
  private readonly tell: (parcel: Parcel) => void;
  private readonly tombstones = new Set<string>();
  private readonly refused = new Set<string>();
  private readonly world: World;
  private readonly random: Random;
  private readonly way: OutsideWay;

  /** `tell`: tells the shop, by web hook, what became of a parcel. */
  constructor(world: World, faults: FaultPlan<OutsideFault>, tell: (parcel: Parcel) => void) {
    this.world = world;
    this.tell = tell;
    this.random = world.random("parcels");
    this.way = new OutsideWay({ world, faults, partner: "carrier", unavailable: carrierUnavailable });
  }

  /** As one process of the shop reaches it. */
  port(caller: Life): Carrier {
    return {
      name: "Played Post",
      create: (order) => this.way.ask(caller, `create ${order.key}`, () => this.create(order)),
      cancel: (key) => this.way.ask(caller, `cancel ${key}`, () => this.cancel(key)),
      hold: (parcelId) => this.way.ask(caller, `hold ${parcelId}`, () => this.moved(parcelId, "held")),
      release: (parcelId) => this.way.ask(caller, `release ${parcelId}`, () => this.moved(parcelId, "created")),
      find: (key) => this.way.ask(caller, `find ${key}`, () => this.parcels.get(key)),
      journal: ({ from, to }) => this.way.ask(caller, "journal", () => ({ entries: this.booksOf(from, to) })),
      booked: (keys) => this.way.ask(caller, `books of ${keys.length}`, () => keys.flatMap((key) => this.parcels.get(key) ?? [])),
    };
  }

  private booksOf(from: number, to: number): readonly Parcel[] {
    return [...this.parcels.values()].filter(({ changedAt }) => changedAt >= from && changedAt < to);
  }

  /** The shop has brought the order's parcel: it leaves after a while, and arrives, or one in eight does not. */
  take(orderId: string): void {
    const { clock } = this.world;
    const parcel = [...this.parcels.values()].find(({ reference }) => reference === orderId);
    if (!parcel) return;
    this.underWay++;
    clock.after(below(this.random, NEWS_MS_MAX), () => {
      this.tell(this.move(parcel, "in-transit"));
      clock.after(below(this.random, NEWS_MS_MAX), () => {
        this.tell(this.move(parcel, oneIn(this.random, 8) ? "failed" : "delivered"));
        this.underWay--;
      });
    });
  }

  /** As the carrier's own people do. */
  move(parcel: Parcel, status: ParcelStatus): Parcel {
    const moved = { ...parcel, status, changedAt: this.world.clock.now() };
    this.parcels.set(parcel.key, moved);
    return moved;
  }

  /** One order in ten goes where nobody delivers. */
  private create({ key, reference }: ParcelOrder): CreateAnswer {
    if (this.tombstones.has(key)) return { status: "cancelled" };
    const known = this.parcels.get(key);
    if (known) return { status: "created", parcel: known };
    if (this.refused.has(key) || oneIn(this.random, 10)) {
      this.refused.add(key);
      return { status: "refused", reason: "Nobody goes there." };
    }
    const n = this.parcels.size + 1;
    const about = { parcelId: `pc_${n}`, key, reference, trackingNumber: `PP${n}` };
    const parcel: Parcel = { ...about, status: "created", changedAt: this.world.clock.now() };
    this.parcels.set(key, parcel);
    return { status: "created", parcel };
  }

  private cancel(key: string): "cancelled" | "under-way" {
    const parcel = this.parcels.get(key);
    if (parcel && MOVING.has(parcel.status)) return "under-way";
    this.tombstones.add(key);
    if (parcel && parcel.status !== "cancelled") this.move(parcel, "cancelled");
    return "cancelled";
  }

  private moved(parcelId: string, status: ParcelStatus): Parcel | "under-way" {
    const parcel = [...this.parcels.values()].find((each) => each.parcelId === parcelId);
    if (!parcel || parcel.status === "cancelled" || MOVING.has(parcel.status)) return "under-way";
    return parcel.status === status ? parcel : this.move(parcel, status);
  }
}
