import { below, type Random } from "@daybook/kernel/random";
import type { FaultPlan } from "@daybook/testing/faults/fault-plan";
import type { Life } from "@daybook/testing/simulation/life";
import { oneIn, type World } from "@daybook/testing/simulation/world";
import type { CardProvider, ChargeAnswer, ChargeOrder, RefundAnswer, RefundOrder } from "../../shop/payments/card-provider.ts";
import { providerUnavailable } from "../../shop/payments/errors.ts";
import type { OutsideFault } from "./outside-faults.ts";
import { OutsideWay } from "./outside-way.ts";

/** A charge as the provider knows it; effects are counted. */
export interface PlayedCharge {
  readonly order: ChargeOrder;
  readonly chargeId: string;
  status: "pending" | "completed" | "declined" | "cancelled";
  charged: number;
  refunded: number;
  /** What went back in parts, in minor units by key. */
  readonly parts: Map<string, bigint>;
  /** The customer's bank takes it back, and says so. */
  isDisputed: boolean;
}

function partsOf({ parts }: PlayedCharge): bigint {
  return [...parts.values()].reduce((sum, minor) => sum + minor, 0n);
}

export type ChargeNews = "settled" | "declined" | "disputed";

/** What a card does, by its token; `pending` ones come out later. */
export const TOKENS = ["tok_ok", "tok_declined", "tok_pending_ok", "tok_pending_declined"] as const;

export interface PlayedProviderOptions {
  readonly world: World;
  readonly faults: FaultPlan<OutsideFault>;
  /** Tells the shop, by web hook. */
  readonly tell: (news: ChargeNews, charge: PlayedCharge) => void;
}

/** The card provider, played: it keeps its promises to a key for ever, whoever asks. */
export class PlayedProvider {
  /** By key. A key that was cancelled before it was charged has a tombstone instead. */
  readonly charges = new Map<string, PlayedCharge>();
  /** Disputes that are to come yet. */
  disputing = 0;
  private readonly tombstones = new Set<string>();
  private readonly options: PlayedProviderOptions;
  private readonly random: Random;
  private readonly way: OutsideWay;

  constructor(options: PlayedProviderOptions) {
    const { world, faults } = options;
    this.options = options;
    this.random = world.random("charges");
    this.way = new OutsideWay({ world, faults, partner: "provider", unavailable: providerUnavailable });
  }

  /** As one process of the shop reaches it. */
  port(caller: Life): CardProvider {
    return {
      charge: (order) => this.way.ask(caller, `charge ${order.key}`, () => this.charge(order)),
      cancel: (key) => this.way.ask(caller, `cancel ${key}`, () => this.cancel(key)),
      refund: (order) => this.way.ask(caller, `refund ${order.key}`, () => this.refund(order)),
      find: (key) => this.way.ask(caller, `find ${key}`, () => this.find(key)),
    };
  }

  private charge(order: ChargeOrder): ChargeAnswer {
    const { key, token } = order;
    if (this.tombstones.has(key)) return { status: "cancelled" };
    let charge = this.charges.get(key);
    if (!charge) {
      const chargeId = `ch_${this.charges.size}`;
      charge = { order, chargeId, status: statusOf(token), charged: 0, refunded: 0, parts: new Map(), isDisputed: false };
      this.charges.set(key, charge);
      if (charge.status === "completed") this.complete(charge);
      if (charge.status === "pending") this.settleLater(charge);
    }
    return answerOf(charge);
  }

  private cancel(key: string): { isRefunded: boolean } {
    const charge = this.charges.get(key);
    if (!charge) this.tombstones.add(key);
    else if (charge.status !== "cancelled") {
      if (charge.status === "completed") charge.refunded++;
      charge.status = "cancelled";
    }
    return { isRefunded: (charge?.refunded ?? 0) > 0 };
  }

  private refund({ key, chargeId, amount }: RefundOrder): RefundAnswer {
    const charge = [...this.charges.values()].find((each) => each.chargeId === chargeId);
    if (charge?.status !== "completed") return { status: "refused", reason: `The charge is ${charge?.status}.` };
    const known = charge.parts.has(key);
    if (!known && partsOf(charge) + BigInt(amount.minor) > BigInt(charge.order.amount.minor)) {
      return { status: "refused", reason: "So much is not left." };
    }
    charge.parts.set(key, BigInt(amount.minor));
    return { status: "refunded", refundId: `re_${key}` };
  }

  private find(key: string): ChargeAnswer | undefined {
    const charge = this.charges.get(key);
    if (charge) return answerOf(charge);
    return this.tombstones.has(key) ? { status: "cancelled" } : undefined;
  }

  /** One charge in six is disputed, sometimes before anybody has heard that it was made, and often said again. */
  private complete(charge: PlayedCharge): void {
    charge.status = "completed";
    charge.charged++;
    if (!oneIn(this.random, 6)) return;
    const { world, tell } = this.options;
    this.disputing++;
    world.clock.after(below(this.random, oneIn(this.random, 2) ? 20 : 20_000), () => {
      this.disputing--;
      charge.isDisputed = true;
      tell("disputed", charge);
      if (oneIn(this.random, 2)) tell("disputed", charge);
    });
  }

  /** Sometimes so soon that the news overtakes the answer. */
  private settleLater(charge: PlayedCharge): void {
    const { world, tell } = this.options;
    const delayMs = oneIn(this.random, 3) ? 0 : below(this.random, oneIn(this.random, 3) ? 20_000 : 500);
    world.clock.after(delayMs, () => {
      if (charge.status !== "pending") return;
      if (charge.order.token === "tok_pending_ok") this.complete(charge);
      else charge.status = "declined";
      world.trace.add(`provider: ${charge.chargeId} is ${charge.status}`);
      tell(charge.status === "declined" ? "declined" : "settled", charge);
    });
  }
}

function statusOf(token: string): PlayedCharge["status"] {
  if (token.startsWith("tok_pending")) return "pending";
  return token === "tok_ok" ? "completed" : "declined";
}

function answerOf({ status, chargeId }: PlayedCharge): ChargeAnswer {
  switch (status) {
    case "pending":
    case "completed":
      return { status, chargeId };
    case "declined":
      return { status, code: "payment-declined", reason: "The card was declined: declined." };
    case "cancelled":
      return { status };
  }
}
