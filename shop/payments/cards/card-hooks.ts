import type { Guard } from "@daybook/data/cqrs/aggregates";
import type { Refusal } from "@daybook/data/cqrs/decider";
import { commitSettled } from "@daybook/data/event-store/commit-settled";
import type { Store } from "@daybook/data/store";
import type { Effect } from "@daybook/data/store/unit";
import { canonical } from "@daybook/kernel/canonical";
import type { Clock } from "@daybook/kernel/clock";
import { causeOf, type Context } from "@daybook/kernel/context";
import type { IdSource } from "@daybook/kernel/ids";
import { money } from "@daybook/kernel/money";
import { readWebhook, type Webhook } from "@daybook/network/http/webhooks";
import type { Received } from "@daybook/network/http/route";
import { z } from "zod";
import { declinedAnswer, readCharge, type ProviderCharge } from "../http-card-provider.ts";
import { chargeKey, type Heard, type Payments, type Recording } from "../payments.ts";

/** Takes in what the card provider tells by web hook. */
export interface CardHooks {
  /**
   * Applies a web hook once, however often and in whatever order they come; what speaks of no payment of ours, or against
   * what is known of it, is kept as a row of "card-hooks" for a person. Rejects with `webhook-untrusted`: nothing happened.
   */
  receive(received: Received, context: Context): Promise<"applied" | "repeated" | "kept">;
}

export interface CardHooksParts {
  readonly payments: Payments;
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: IdSource;
  /** Of the provider's signatures (`whsec_…`); several while one is exchanged. */
  readonly secrets: readonly string[];
}

/** The collection of web hooks that a person has to look at; listed by time. */
export const KEPT_HOOKS = "card-hooks";
/** Longer than a sender tries again. */
const REMEMBERED_MS = 30 * 24 * 60 * 60 * 1_000;
const REPEATED = "webhook-repeated";

const hookSchema = z.object({
  type: z.enum(["charge.settled", "charge.declined", "charge.disputed"]),
  data: z.unknown(),
});
type HookType = z.infer<typeof hookSchema>["type"];

export function cardHooks({ payments, store, clock, ids, secrets }: CardHooksParts): CardHooks {
  /** The hook is remembered in the unit that applies it. */
  function recording({ id }: Webhook): Recording {
    const key = `inbox/card-hooks/${id}`;
    const guard: Guard = {
      condition: { kind: "keyAbsent", key },
      refusal: { code: REPEATED, message: "The web hook was applied before." },
    };
    const remember: Effect = { kind: "putKey", key, value: "1", expiresAt: clock.now() + REMEMBERED_MS };
    return { guards: [guard], effects: [remember] };
  }

  async function apply(type: HookType, charge: ProviderCharge, once: Recording, context: Context): Promise<Refusal | undefined> {
    const { reference: orderId, id: chargeId } = charge;
    const call = { context };
    const amount = money(BigInt(charge.amountMinor), charge.currency);
    const settled: Heard = { status: "completed", chargeId };
    if (type === "charge.settled") return payments.hear(orderId, amount, settled, call, once);
    if (type === "charge.declined") return payments.hear(orderId, amount, declinedAnswer(charge), call, once);
    // A dispute may be heard of before the charge that it is about.
    await payments.hear(orderId, amount, settled, call);
    return payments.dispute(orderId, chargeId, call, once);
  }

  async function keep(hook: Webhook, why: string, context: Context): Promise<"kept" | "repeated"> {
    const { guards = [], effects = [] } = recording(hook);
    const at = clock.now();
    const value = canonical({ id: hook.id, why, at, body: hook.body });
    const index = { received: [String(at).padStart(15, "0")] };
    const unit = {
      id: ids("unt"),
      cause: causeOf(context),
      conditions: guards.map(({ condition }) => condition),
      effects: [...effects, { kind: "putRow", collection: KEPT_HOOKS, key: hook.id, value, index } as const],
    };
    const { outcome } = await commitSettled(store, unit, { clock });
    return outcome === "committed" ? "kept" : "repeated";
  }

  return {
    async receive(received, context) {
      const hook = readWebhook(received, secrets, clock.now());
      const read = hookSchema.safeParse(hook.body).data;
      const charge = read && readCharge(read.data);
      if (!charge || !isOurs(charge)) return keep(hook, "unknown", context);
      const refusal = await apply(read.type, charge, recording(hook), context);
      if (refusal?.code === REPEATED) return "repeated";
      // The provider has undone the charge with the payment, whatever became of it before.
      return !refusal || refusal.code === "payment-cancelled" ? "applied" : keep(hook, refusal.code, context);
    },
  };
}

/** Its key is the one under which the order's payment charges: nobody else has it. */
function isOurs({ key, reference }: ProviderCharge): boolean {
  return key === chargeKey(reference);
}
