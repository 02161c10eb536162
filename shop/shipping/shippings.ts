import { aggregates, type Aggregates, type Extra } from "@daybook/data/cqrs/aggregates";
import { refuse, type Refusal } from "@daybook/data/cqrs/decider";
import type { DomainEvent } from "@daybook/data/event-store/event";
import type { EventStore } from "@daybook/data/event-store/event-store";
import type { Condition, Effect } from "@daybook/data/store/unit";
import type { Clock } from "@daybook/kernel/clock";
import type { Context } from "@daybook/kernel/context";
import { assert } from "@daybook/kernel/errors";
import type { IdSource } from "@daybook/kernel/ids";
import { inbox } from "@daybook/messaging/bus/inbox";
import { valueOf, type Answer, type Operable } from "@daybook/network/rpc/contract";
import type { Carrier, Parcel, Recipient } from "./carrier.ts";
import type { shippingContract } from "./contract.ts";
import type { CountryCodes } from "./country-code.ts";
import { canonical } from "@daybook/kernel/canonical";
import type { Webhook } from "@daybook/network/http/webhooks";
import { FOUND_MAX, type Asking, type Difference } from "@daybook/shop-questions/contract";
import { isOurs, missingParcel, parcelDifferences } from "./parcel-differences.ts";
import type { ParcelWatch } from "./parcel-watch.ts";
import { recipientOf, type Contacts } from "./recipient.ts";
import { parcelKeyOf, shipmentIdOf } from "./shipment-id.ts";
import { shipmentView } from "./shipment-view.ts";
import { isOver, isUnderWay, shipmentDecider, type Shipment, type ShipmentCommand } from "./shipment.ts";

export interface ShippingsParts {
  readonly events: EventStore;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly carrier: Carrier;
  readonly ordering: Contacts;
  readonly countryCodes: CountryCodes;
  /** Where parcels of orders without an address wait for their customers; without it such an order is refused. */
  readonly collectAt?: Omit<Recipient, "name"> | undefined;
  /** Whom to ask about what does not fit. */
  readonly questions: Asking;
  readonly watch: ParcelWatch;
}

type Operations = Operable<(typeof shippingContract)["operations"]>;
type Done = Answer<Record<string, never>>;

/** What became of news: they are known (also what changed nothing), came before, or are somebody's question. */
export type Heard = "known" | "repeated" | "asked";

/** Who takes in the carrier's web hooks: each is taken in once. */
const CONSUMER = "carrier-hooks";
/** How long it is remembered that a web hook came: longer than carriers send one again. */
const REMEMBERED_MS = 30 * 24 * 60 * 60 * 1_000;

/**
 * Carries out `shippingContract`. The carrier makes one parcel for the key of an order, and what it says is recorded; it
 * decides between a parcel and its cancellation. It is told of nothing when a parcel is handed over: that is recorded here,
 * at once, and the carrier's own word for it comes later.
 */
export class Shippings implements Operations {
  private readonly shipments: Aggregates<Shipment, ShipmentCommand>;
  private readonly parts: ShippingsParts;

  constructor(parts: ShippingsParts) {
    this.parts = parts;
    this.shipments = aggregates({ ...parts, decider: shipmentDecider });
  }

  readonly create: Operations["create"] = async ({ orderId, pieces }, call) => {
    const { carrier, ordering, countryCodes, collectAt } = this.parts;
    const contact = valueOf(await ordering.contactOf({ orderId }, call));
    const recipient = recipientOf(orderId, contact, countryCodes, collectAt);
    if ("refusal" in recipient) return recipient;
    const order = { key: parcelKeyOf(orderId), reference: orderId, recipient, pieces };
    const answer = await carrier.create(order, call.context.deadline);
    if (answer.status === "refused") return refuse("shipment-refused", answer.reason);
    if (answer.status === "cancelled") return refuse("shipment-cancelled", "The shipment was cancelled.");
    const command = { type: "create", carrier: carrier.name, parcel: answer.parcel, ...aboutOf(orderId) } as const;
    const told = await this.tell(command, call.context, { isNew: true });
    if ("refusal" in told) return told;
    const { parcel } = told.value;
    assert(parcel, "what was created has a parcel");
    const { parcelId: _, ...created } = parcel;
    return { value: created };
  };

  readonly cancel: Operations["cancel"] = async ({ orderId, reason }, { context }) => {
    const { carrier } = this.parts;
    const { state } = await this.shipments.load(orderId);
    if (isUnderWay(state)) return underWay(state);
    if (state.status === "cancelled") return { value: {} };
    if ((await carrier.cancel(parcelKeyOf(orderId), context.deadline)) === "under-way") {
      return underWay(await this.lookedUp(orderId, state, context));
    }
    const told = await this.tell({ type: "cancel", reason, ...aboutOf(orderId) }, context);
    if (!("refusal" in told)) return { value: {} };
    // Handed over in the same moment: the carrier has given it back, and somebody has to send it anew.
    await this.lookedUp(orderId, state, context);
    return told;
  };

  readonly handOver: Operations["handOver"] = async ({ orderId }, { context }) =>
    doneBy(await this.tell({ type: "hand-over", ...aboutOf(orderId) }, context));

  /**
   * Keeps the shipment from being handed over: here at once, and at the carrier, or it rejects with `carrier-unavailable` and
   * may be asked again. Refused with `shipment-missing`, `shipment-cancelled`, `shipment-under-way`.
   */
  async hold(orderId: string, reason: string, context: Context): Promise<Done> {
    const told = await this.tell({ type: "hold", reason, ...aboutOf(orderId) }, context);
    if ("refusal" in told) return told;
    const held = await this.parts.carrier.hold(told.value.parcel?.parcelId ?? "", context.deadline);
    if (held !== "under-way") return { value: {} };
    return notHere(await this.lookedUp(orderId, told.value, context));
  }

  /** Lets it go again: at the carrier, then here. Refused as `hold` is. */
  async release(orderId: string, context: Context): Promise<Done> {
    const { state } = await this.shipments.load(orderId);
    const command = { type: "release", changedAt: 0, ...aboutOf(orderId) } as const;
    if (state.status !== "held") return doneBy(await this.tell(command, context));
    const released = await this.parts.carrier.release(state.parcel?.parcelId ?? "", context.deadline);
    if (released === "under-way") return notHere(await this.lookedUp(orderId, state, context));
    return doneBy(await this.tell({ ...command, changedAt: released.changedAt }, context));
  }

  /** Undefined when there is none. */
  async get(orderId: string): Promise<Shipment | undefined> {
    const { state } = await this.shipments.load(orderId);
    return state.status === "absent" ? undefined : state;
  }

  /** Takes in what the carrier says of a parcel; under one `newsId` once. What does not fit is asked of a person. */
  async hear(parcel: Parcel, context: Context, newsId?: string): Promise<Heard> {
    const { carrier, clock, events } = this.parts;
    const orderId = parcel.reference;
    if (!isOurs(parcel)) return this.asked(parcelDifferences(parcel, undefined, clock.now()), context, newsId);
    const command = { type: "report", carrier: carrier.name, parcel, ...aboutOf(orderId) } as const;
    const told = await this.tell(command, context, newsId === undefined ? {} : newsOf(newsId, clock.now()));
    if ("refusal" in told && told.refusal.code === REPEATED.code) return "repeated";
    if (!("refusal" in told) && parcel.status !== "failed") return "known";
    const differences = parcelDifferences(parcel, await shipmentView(events, orderId), clock.now());
    return "refusal" in told ? this.asked(differences, context, newsId) : this.asked(differences, context);
  }

  /** Keeps a web hook of parcels that nobody understands for a person: its sender would send it for ever. */
  puzzled({ id, body }: Webhook, context: Context): Promise<Heard> {
    const found = `Nobody understands it: ${canonical(body)}`.slice(0, FOUND_MAX);
    return this.asked([{ cause: "hook-unknown", subject: id, found }], context, id);
  }

  /** Asks the carrier what has become of the order's parcel; answers whether the shipment is over. */
  async lookUp(orderId: string, context: Context): Promise<boolean> {
    const { state } = await this.shipments.load(orderId);
    return isOver(state) || isOver(await this.lookedUp(orderId, state, context));
  }

  private async lookedUp(orderId: string, before: Shipment, context: Context): Promise<Shipment> {
    const { carrier, clock, events } = this.parts;
    const parcel = await carrier.find(parcelKeyOf(orderId), context.deadline);
    if (parcel) await this.hear(parcel, context);
    const view = await shipmentView(events, orderId);
    await this.asked(parcel ? parcelDifferences(parcel, view, clock.now()) : missingParcel(orderId, view), context);
    return view?.shipment ?? before;
  }

  /** Has a person look at it; under one `newsId` once. */
  private async asked(differences: readonly Difference[], context: Context, newsId?: string): Promise<Heard> {
    const { questions, events } = this.parts;
    const ask = async () => {
      for (const difference of differences) await questions.ask({ source: "shipping", ...difference }, { context });
      return [];
    };
    const end = differences.length > 0 ? "asked" : "known";
    if (newsId === undefined) {
      await ask();
      return end;
    }
    const news = inbox({ ...this.parts, consumer: CONSUMER, store: events.store, rememberMs: REMEMBERED_MS });
    return (await news.receive(newsId, context, ask)) === "repeated" ? "repeated" : end;
  }

  /** Tells the shipment, and answers what it is then. */
  private async tell(
    command: ShipmentCommand,
    context: Context,
    { unless, effects = [], isNew = false }: News & { readonly isNew?: boolean } = {},
  ): Promise<Answer<Shipment>> {
    const { orderId } = command;
    const about = { ...context, correlationId: orderId };
    const executed = await this.shipments.execute(orderId, command, {
      context: about,
      isNew,
      extra: (_, happened: readonly DomainEvent[]): Extra => ({
        guards: unless ? [{ condition: unless, refusal: REPEATED }] : [],
        effects: [...this.parts.watch.effects(happened, about), ...effects],
      }),
      render: (outcome): Answer<Shipment> =>
        outcome.kind === "refused" ? { refusal: outcome.refusal } : { value: outcome.state },
    });
    assert(executed.kind === "answered", "neither a key nor a version was given");
    return executed.answer;
  }
}

/** What news leave behind, and what holds unless they came before. */
interface News {
  readonly unless?: Condition;
  readonly effects?: readonly Effect[];
}

const REPEATED: Refusal = { code: "news-repeated", message: "These news came before." };

function newsOf(newsId: string, now: number): News {
  const key = `inbox/${CONSUMER}/${newsId}`;
  return {
    unless: { kind: "keyAbsent", key },
    effects: [{ kind: "putKey", key, value: "1", expiresAt: now + REMEMBERED_MS }],
  };
}

function aboutOf(orderId: string) {
  return { shipmentId: shipmentIdOf(orderId), orderId };
}

function doneBy(told: Answer<Shipment>): Done {
  return "refusal" in told ? told : { value: {} };
}

/** The carrier neither holds nor releases what has left, and what was taken back. */
function notHere(state: Shipment): { readonly refusal: Refusal } {
  return state.status === "cancelled" ? refuse("shipment-cancelled", "The shipment was cancelled.") : underWay(state);
}

function underWay({ status }: Shipment): { readonly refusal: Refusal } {
  return refuse("shipment-under-way", `The shipment is ${status}.`, { status });
}
