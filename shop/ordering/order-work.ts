import type { Folded } from "@daybook/data/event-store/fold";
import type { Effect } from "@daybook/data/store/unit";
import type { Context } from "@daybook/kernel/context";
import type { Sender } from "@daybook/messaging/queue/send";
import type { z } from "zod";
import type { orderWork } from "./contract.ts";
import type { Order, OrderCommand } from "./order.ts";

export type OrderWork = z.infer<(typeof orderWork)["message"]["schema"]>;

/**
 * What an accepted command leaves to be done: an order is carried out once it is known how it is paid; one that is
 * cancelled after that is undone. All may be said twice.
 */
function workOf(type: OrderCommand["type"], { state }: Folded<Order>): OrderWork | undefined {
  if (state.status === "absent" || !state.payment) return undefined;
  const { orderId } = state;
  switch (type) {
    case "place":
    case "choose-payment":
      return { type: "fulfil", orderId };
    case "cancel":
      return { type: "cancel", orderId, reason: state.cancellation?.reason ?? "" };
    case "release":
    case "leave":
      return { type: "released", orderId };
    default:
      return undefined;
  }
}

/** The same as effects of the command's unit. */
export function workEffects(
  sender: Sender<OrderWork>,
  type: OrderCommand["type"],
  folded: Folded<Order>,
  context: Context,
): readonly Effect[] {
  const work = workOf(type, folded);
  return work ? [sender.effect(work, { context })] : [];
}
