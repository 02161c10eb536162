import type { Guard } from "@daybook/data/cqrs/aggregates";
import type { Refusal } from "@daybook/data/cqrs/decider";
import type { EventStore } from "@daybook/data/event-store/event-store";
import type { Effect } from "@daybook/data/store/unit";
import { canonical } from "@daybook/kernel/canonical";
import type { Clock } from "@daybook/kernel/clock";
import type { Context } from "@daybook/kernel/context";
import type { IdSource } from "@daybook/kernel/ids";
import { money } from "@daybook/kernel/money";
import { readWebhook, type Webhook } from "@daybook/network/http/webhooks";
import type { Received } from "@daybook/network/http/route";
import { z } from "zod";
import { FOUND_MAX, type Asking, type Difference } from "@daybook/shop-questions/contract";
import { inbox } from "@daybook/messaging/bus/inbox";
import { bookedCharge, declinedAnswer, readCharge, type ProviderCharge } from "../http-card-provider.ts";
import { paymentView } from "../payment-view.ts";
import { chargeDifferences, isOurs, orderOf } from "./charge-differences.ts";
import { type Heard, type Payments, type Recording } from "../payments.ts";

/** Takes in what the card provider tells by web hook. */
export interface CardHooks {
  /**
   * Applies a web hook once, however often and in whatever order they come; what speaks of no payment of ours, or against
   * what is known of it, is asked of a person. Rejects with `webhook-untrusted`: nothing happened.
   */
  receive(received: Received, context: Context): Promise<HookEnd>;
}

/** `kept`: as a question. */
export type HookEnd = "applied" | "repeated" | "kept";

export interface CardHooksParts {
  readonly payments: Payments;
  readonly events: EventStore;
  readonly questions: Asking;
  readonly clock: Clock;
  readonly ids: IdSource;
  /** Of the provider's signatures (`whsec_…`); several while one is exchanged. */
  readonly secrets: readonly string[];
}

/** Who takes them in: each is taken in once. */
const CONSUMER = "card-hooks";
/** Longer than a sender tries again. */
const REMEMBERED_MS = 30 * 24 * 60 * 60 * 1_000;
const REPEATED = "webhook-repeated";

const hookSchema = z.object({
  type: z.enum(["charge.settled", "charge.declined", "charge.disputed"]),
  data: z.unknown(),
});
type HookType = z.infer<typeof hookSchema>["type"];

export function cardHooks({ payments, events, questions, clock, ids, secrets }: CardHooksParts): CardHooks {
  const { store } = events;

  /** The hook is remembered in the unit that applies it. */
  function recording({ id }: Webhook): Recording {
    const key = `inbox/${CONSUMER}/${id}`;
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

  /** What does not fit is a person's; what is remembered was asked. */
  async function keep(hook: Webhook, differences: readonly Difference[], context: Context): Promise<HookEnd> {
    const taken = await inbox({ consumer: CONSUMER, store, clock, ids, rememberMs: REMEMBERED_MS }).receive(
      hook.id,
      context,
      async () => {
        for (const difference of differences) await questions.ask({ source: "payments", ...difference }, { context });
        return [];
      },
    );
    return taken === "applied" && differences.length > 0 ? "kept" : taken;
  }

  async function differencesOf(charge: ProviderCharge): Promise<readonly Difference[]> {
    const booked = bookedCharge(charge);
    const orderId = orderOf(booked);
    return chargeDifferences(booked, orderId === undefined ? undefined : await paymentView(events, orderId), clock.now());
  }

  return {
    async receive(received, context) {
      const hook = readWebhook(received, secrets, clock.now());
      const read = hookSchema.safeParse(hook.body).data;
      const charge = read && readCharge(read.data);
      if (!charge) return keep(hook, [unknownHook(hook)], context);
      if (!isOurs(charge)) return keep(hook, await differencesOf(charge), context);
      const refusal = await apply(read.type, charge, recording(hook), context);
      if (refusal?.code === REPEATED) return "repeated";
      // The provider has undone the charge with the payment, whatever became of it before.
      return !refusal || refusal.code === "payment-cancelled" ? "applied" : keep(hook, await differencesOf(charge), context);
    },
  };
}

function unknownHook({ id, body }: Webhook): Difference {
  return { cause: "hook-unknown", subject: id, found: `Nobody understands it: ${canonical(body)}`.slice(0, FOUND_MAX) };
}
