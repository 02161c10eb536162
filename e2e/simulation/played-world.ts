import type { Context } from "@daybook/kernel/context";
import { errorCode } from "@daybook/kernel/errors";
import { sleep } from "@daybook/kernel/clock";
import type { Random } from "@daybook/kernel/random";
import { webhookSignature } from "@daybook/network/http/webhooks";
import { runNotifications } from "@daybook/shop-notifications/service";
import { notificationSettingsSchema } from "@daybook/shop-notifications/settings";
import { notificationKindSchema } from "@daybook/shop-customers/contract";
import type { FaultPlan } from "@daybook/testing/faults/fault-plan";
import type { Life } from "@daybook/testing/simulation/life";
import { oneIn, type World } from "@daybook/testing/simulation/world";
import { channelUnavailable } from "../../shop/notifications/errors.ts";
import type { Outside } from "../../shop/roles.ts";
import type { Parcel } from "../../shop/shipping/carrier.ts";
import type { OutsideFault } from "./outside-faults.ts";
import { OutsideWay } from "./outside-way.ts";
import { PlayedCarrier } from "./played-carrier.ts";
import { PlayedProvider, type ChargeNews, type PlayedCharge } from "./played-provider.ts";
import type { ShopProcess } from "./shop-process.ts";

const HOOK_SECRET = `whsec_${Buffer.from("of the played card provider's hooks").toString("base64")}`;

/** The world outside the shop: it outlives every process, and counts what it was made to do. */
export class PlayedWorld {
  readonly provider: PlayedProvider;
  readonly carrier: PlayedCarrier;
  /** Letters by the id of their notification: how often they were sent. */
  readonly letters = new Map<string, number>();
  /** Web hooks that the shop has not taken yet. */
  private hooksOnTheWay = 0;
  private readonly world: World;
  private readonly faults: FaultPlan<OutsideFault>;
  private readonly mail: OutsideWay;
  private readonly process: () => Promise<ShopProcess>;
  private readonly random: Random;
  private hooks = 0;

  constructor(world: World, faults: FaultPlan<OutsideFault>, process: () => Promise<ShopProcess>) {
    this.world = world;
    this.faults = faults;
    this.process = process;
    this.random = world.random("parcels' news");
    this.mail = new OutsideWay({ world, faults, partner: "mail server", unavailable: channelUnavailable });
    this.provider = new PlayedProvider({ world, faults, tell: (news, charge) => this.tellOfCharge(news, charge) });
    this.carrier = new PlayedCarrier(world, faults, (parcel) => this.tellOfParcel(parcel));
  }

  /** Whether nothing more comes from it by itself. */
  get isQuiet(): boolean {
    return this.hooksOnTheWay === 0 && this.carrier.underWay === 0 && this.provider.disputing === 0;
  }

  /** As one process of the shop reaches it. */
  outside(caller: Life): Outside {
    const send = (id: string) =>
      this.mail.ask(caller, `letter ${id}`, () => void this.letters.set(id, (this.letters.get(id) ?? 0) + 1));
    const channel = {
      name: "email",
      isPersonal: true,
      kinds: notificationKindSchema.options,
      send: ({ id }: { readonly id: string }) => send(id),
      close: async () => undefined,
    };
    return {
      provider: this.provider.port(caller),
      hookSecrets: [HOOK_SECRET],
      carrier: this.carrier.port(caller),
      startNotifications: (parts) => runNotifications({ ...parts, settings: notificationSettingsSchema.parse({}) }, [channel]),
      close: async () => undefined,
    };
  }

  /** Sent until it is taken; now and then twice, or not at all: then the shop has to ask. Of disputes it could not. */
  private tellOfCharge(news: ChargeNews, { order, chargeId }: PlayedCharge): void {
    if (news !== "disputed" && this.faults.strikes("web hook lost")) return;
    const { key, amount, reference } = order;
    const known = { id: chargeId, key, reference, amountMinor: Number(amount.minor), currency: amount.currency };
    const data = { ...known, status: news === "settled" ? "succeeded" : news };
    const body = Buffer.from(JSON.stringify({ type: `charge.${news}`, data }));
    this.send((process, id, context) => {
      const seconds = Math.floor(process.clock.now() / 1000);
      const signature = webhookSignature(HOOK_SECRET, id, seconds, body);
      const headers = { "webhook-id": id, "webhook-timestamp": String(seconds), "webhook-signature": signature };
      return process.shop.payments.hooks.receive({ headers, body }, context);
    });
  }

  /** One report in ten is never sent, also when all is calm: most parcels move only then. */
  private tellOfParcel(parcel: Parcel): void {
    if (oneIn(this.random, 10)) return this.faults.note("parcel's news lost");
    this.send(({ shop }, id, context) => shop.shipping.operations.hear(parcel, context, id));
  }

  private send(deliver: Delivery): void {
    const id = `hook-${++this.hooks}`;
    void this.untilTaken(id, deliver);
    if (this.faults.strikes("web hook sent twice")) void this.untilTaken(id, deliver);
  }

  private async untilTaken(id: string, deliver: Delivery): Promise<void> {
    this.hooksOnTheWay++;
    for (let delayMs = 500; !(await this.isTaken(id, deliver)); delayMs *= 2) await sleep(this.world.clock, delayMs);
    this.hooksOnTheWay--;
  }

  /** What the shop keeps for a person it has taken, too. */
  private async isTaken(id: string, deliver: Delivery): Promise<boolean> {
    const process = await this.process();
    const context = { correlationId: id, causationId: id, actor: "sys_hooks", tenant: "default" };
    const told = process.life
      .through(() => deliver(process, id, context))
      .catch((error: unknown) => errorCode(error) ?? "failed");
    const answer = await Promise.race([told, process.life.ended.then(() => "died")]);
    this.world.trace.add(`web hook ${id}: ${answer}`);
    return TAKEN.includes(answer);
  }
}

/** Brings a web hook to a process of the shop, and answers what became of it. */
type Delivery = (process: ShopProcess, id: string, context: Context) => Promise<string>;

const TAKEN = ["applied", "known", "repeated", "kept", "asked"];
