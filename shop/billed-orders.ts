import { getOrder } from "@daybook/shop-ordering/contract";
import type { OrderingService } from "@daybook/shop-ordering/service";
import type { BilledOrders } from "@daybook/shop-payments/http";

/** What bills say of orders, as ordering knows them. */
export function billedOrders({ queries }: OrderingService): BilledOrders {
  return async (orderId, context) => {
    const order = await queries.dispatch(getOrder, { orderId }, { context });
    if (!order) return undefined;
    const { customer, lines, adjustments } = order;
    const { firstName, lastName, address } = customer.contact ?? {};
    const name = [firstName, lastName].filter((part) => part !== undefined).join(" ");
    const city = address && [address.postalCode, address.city].filter((part) => part !== undefined).join(" ");
    const recipient = [name, address?.street, city, address?.country].filter((line) => line !== undefined && line !== "");
    return { customerId: customer.id, recipient: recipient as readonly string[], lines, adjustments };
  };
}
