import { eventStore } from "@daybook/data/event-store/event-store";
import { memoryKeys } from "@daybook/data/event-store/subject-keys";
import { memoryStore } from "@daybook/data/store/memory";
import { idSource } from "@daybook/kernel/ids";
import { seededRandom } from "@daybook/kernel/random";
import { virtualClock, type VirtualClock } from "@daybook/kernel/virtual-clock";
import type { BookPage, BookTime } from "@daybook/data/cqrs/two-sides";
import type { Asking } from "@daybook/shop-questions/contract";
import type { Contact } from "../recipient.ts";
import type { Carrier, CreateAnswer, Parcel, ParcelOrder, ParcelStatus, Recipient } from "../carrier.ts";
import { carrierUnavailable } from "../errors.ts";
import { shipmentEvents } from "../events.ts";
import { shippingService, type ShippingParts } from "../service.ts";

/** A carrier in memory that keeps its promises. */
class TrialCarrier implements Carrier {
  readonly name = "sb";
  isAway = false;
  /** Takes effect, but its answer is lost. */
  isLosing = false;
  readonly parcels = new Map<string, Parcel>();
  readonly recipients: Recipient[] = [];
  readonly tombstones = new Set<string>();
  private readonly clock: VirtualClock;

  constructor(clock: VirtualClock) {
    this.clock = clock;
  }

  create({ key, reference, recipient }: ParcelOrder): Promise<CreateAnswer> {
    return this.answer(() => {
      if (this.tombstones.has(key)) return { status: "cancelled" };
      const parcel = this.parcels.get(key) ?? this.made(key, reference, recipient);
      return { status: "created", parcel };
    });
  }

  cancel(key: string): Promise<"cancelled" | "under-way"> {
    return this.answer(() => {
      const parcel = this.parcels.get(key);
      if (parcel && MOVING.has(parcel.status)) return "under-way";
      this.tombstones.add(key);
      if (parcel) this.move(key, "cancelled");
      return "cancelled";
    });
  }

  hold = (parcelId: string) => this.moved(parcelId, "held");
  release = (parcelId: string) => this.moved(parcelId, "created");
  find = (key: string) => this.answer(() => this.parcels.get(key));
  booked = (keys: readonly string[]) => this.answer(() => keys.flatMap((key) => this.parcels.get(key) ?? []));

  journal({ from, to, after = "0" }: BookTime): Promise<BookPage<Parcel>> {
    return this.answer(() => {
      const all = [...this.parcels.values()].filter(({ changedAt }) => changedAt >= from && changedAt < to);
      const end = Number(after) + 2; // small pages
      return { entries: all.slice(Number(after), end), ...(end < all.length && { next: String(end) }) };
    });
  }

  /** As the carrier's own people do; answers what it would tell. */
  move(key: string, status: ParcelStatus): Parcel {
    const parcel = this.parcels.get(key);
    if (!parcel) throw carrierUnavailable(`there is no ${key}`);
    const moved = { ...parcel, status, changedAt: this.now() };
    this.parcels.set(key, moved);
    return moved;
  }

  private moved(parcelId: string, status: ParcelStatus): Promise<Parcel | "under-way"> {
    return this.answer(() => {
      const parcel = [...this.parcels.values()].find((each) => each.parcelId === parcelId);
      if (!parcel || parcel.status === "cancelled" || MOVING.has(parcel.status)) return "under-way";
      return parcel.status === status ? parcel : this.move(parcel.key, status);
    });
  }

  private made(key: string, reference: string, recipient: Recipient): Parcel {
    const n = this.parcels.size + 1;
    const parcel = {
      parcelId: `pc_${n}`,
      key,
      reference,
      trackingNumber: `SB${n}`,
      status: "created",
      changedAt: this.now(),
    } as const;
    this.parcels.set(key, parcel);
    this.recipients.push(recipient);
    return parcel;
  }

  private now(): number {
    this.clock.advance(1);
    return this.clock.now();
  }

  private async answer<T>(run: () => T): Promise<T> {
    if (this.isAway) throw carrierUnavailable("away");
    const answer = run();
    if (this.isLosing) throw carrierUnavailable("the answer was lost");
    return answer;
  }
}

const MOVING: ReadonlySet<ParcelStatus> = new Set(["in-transit", "delivered", "failed"]);

export const context = { correlationId: "cor_1", actor: "usr_1", tenant: "shop" };
export const SHOP = { lines: ["High Street 1"], city: "Bristol", country: "GB" };

type Asked = Parameters<Asking["ask"]>[0];

/** Shipping in memory, on a virtual clock; `open` is another process on the same store. */
export function trialShipping(options: Partial<ShippingParts> = {}) {
  const clock = virtualClock();
  const store = memoryStore({ clock: options.clock ?? clock, owners: { shipment: "shipping" } });
  const events = eventStore(store, shipmentEvents, memoryKeys());
  const random = seededRandom(1);
  const ids = idSource(clock, random);
  const carrier = new TrialCarrier(clock);
  const contacts = new Map<string, Contact>();
  const ordering = { contactOf: async ({ orderId }: { orderId: string }) => ({ value: contacts.get(orderId) ?? null }) };
  const asked: Asked[] = [];
  const questions: Asking = {
    ask: async (question) => {
      asked.push(question);
      return { value: { questionId: `qst_${asked.length}` } };
    },
  };
  const parts = { events, clock, ids, random, carrier, ordering, questions, collectAt: SHOP };
  const open = () => shippingService({ ...parts, ...options });
  const storyOf = async (orderId: string) =>
    (await events.read(`shipment-${orderId}`)).map(({ event }) => event.type.replace("Shipment", "")).join(" ");
  return { clock, store, events, ids, random, carrier, contacts, asked, open, storyOf, shipping: open() };
}
