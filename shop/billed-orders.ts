import type { Handlers } from "@daybook/data/cqrs/handlers";
import type { Context } from "@daybook/kernel/context";
import { getOrder } from "@daybook/shop-ordering/contract";

/** What bills say of orders, as ordering's queries know them. */
export function billedOrders(queries: Handlers) {
  return async (orderId: string, context: Context) => {
    const order = await queries.dispatch(getOrder, { orderId }, { context });
    if (!order) return undefined;
    const { customer, lines, adjustments } = order;
    const { firstName, lastName, address } = customer.contact ?? {};
    const name = [firstName, lastName].filter((part) => part !== undefined).join(" ");
    const city = [address?.postalCode, address?.city].filter((part) => part !== undefined).join(" ");
    const recipient = [name, address?.street ?? "", city, address?.country ?? ""].filter((line) => line !== "");
    return { customerId: customer.id, recipient, lines, adjustments };
  };
}
