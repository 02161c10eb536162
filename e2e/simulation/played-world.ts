import { errorCode } from "@daybook/kernel/errors";
import { sleep } from "@daybook/kernel/clock";
import { webhookSignature } from "@daybook/network/http/webhooks";
import { runNotifications } from "@daybook/shop-notifications/service";
import { notificationSettingsSchema } from "@daybook/shop-notifications/settings";
import { notificationKindSchema } from "@daybook/shop-customers/contract";
import type { FaultPlan } from "@daybook/testing/faults/fault-plan";
import type { Life } from "@daybook/testing/simulation/life";
import type { World } from "@daybook/testing/simulation/world";
import { channelUnavailable } from "../../shop/notifications/errors.ts";
import type { Outside } from "../../shop/roles.ts";
import type { OutsideFault } from "./outside-faults.ts";
import { OutsideWay } from "./outside-way.ts";
import { PlayedCarrier } from "./played-carrier.ts";
import { PlayedProvider, type PlayedCharge } from "./played-provider.ts";
import type { ShopProcess } from "./shop-process.ts";

const HOOK_SECRET = `whsec_${Buffer.from("of the played card provider's hooks").toString("base64")}`;

/** The world outside the shop: it outlives every process, and counts what it was made to do. */
export class PlayedWorld {
  readonly provider: PlayedProvider;
  readonly carrier: PlayedCarrier;
  /** Letters by the id of their notification: how often they were sent. */
  readonly letters = new Map<string, number>();
  /** Web hooks that the shop has not taken yet. */
  hooksOnTheWay = 0;
  private readonly world: World;
  private readonly faults: FaultPlan<OutsideFault>;
  private readonly mail: OutsideWay;
  private readonly process: () => Promise<ShopProcess>;
  private hooks = 0;

  constructor(world: World, faults: FaultPlan<OutsideFault>, process: () => Promise<ShopProcess>) {
    this.world = world;
    this.faults = faults;
    this.process = process;
    this.mail = new OutsideWay({ world, faults, partner: "mail server", unavailable: channelUnavailable });
    this.provider = new PlayedProvider({ world, faults, tell: (charge) => this.tell(charge) });
    this.carrier = new PlayedCarrier(world, faults);
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

  /** Sent until it is taken; now and then twice, or not at all: then the shop has to ask. */
  private tell(charge: PlayedCharge): void {
    const id = `hook-${++this.hooks}`;
    if (this.faults.strikes("web hook lost")) return;
    void this.deliver(id, charge);
    if (this.faults.strikes("web hook sent twice")) void this.deliver(id, charge);
  }

  private async deliver(id: string, { order, chargeId, status }: PlayedCharge): Promise<void> {
    const { key, amount, reference } = order;
    const known = { id: chargeId, key, reference, amountMinor: Number(amount.minor), currency: amount.currency };
    const is = status === "completed" ? "succeeded" : "declined";
    const type = status === "completed" ? "charge.settled" : "charge.declined";
    const body = Buffer.from(JSON.stringify({ type, data: { ...known, status: is } }));
    this.hooksOnTheWay++;
    for (let delayMs = 500; !(await this.isTaken(id, body)); delayMs *= 2) await sleep(this.world.clock, delayMs);
    this.hooksOnTheWay--;
  }

  private async isTaken(id: string, body: Buffer): Promise<boolean> {
    const { life, shop, clock } = await this.process();
    const seconds = Math.floor(clock.now() / 1000);
    const signature = webhookSignature(HOOK_SECRET, id, seconds, body);
    const headers = { "webhook-id": id, "webhook-timestamp": String(seconds), "webhook-signature": signature };
    const context = { correlationId: id, causationId: id, actor: "sys_card-hooks", tenant: "default" };
    const told = shop.payments.hooks.receive({ headers, body }, context).catch((error: unknown) => errorCode(error) ?? "failed");
    const answer = await Promise.race([told, life.ended.then(() => "died")]);
    this.world.trace.add(`web hook ${id}: ${answer}`);
    return answer === "applied" || answer === "repeated";
  }
}
