import type { NotificationKind } from "@daybook/shop-customers/contract";
import { CUSTOMER_CATEGORY, type CustomerEvent } from "@daybook/shop-customers/events";
import { ORDER_CATEGORY, type OrderEvent } from "@daybook/shop-ordering/events";

type Told = OrderEvent | CustomerEvent;

/** Which events are told of, and as what. */
export const OCCASIONS: Readonly<Partial<Record<Told["type"], NotificationKind>>> = {
  CustomerRegistered: "welcome",
  CustomerUpdated: "profile-changed",
  PasswordChanged: "profile-changed",
  OrderConfirmed: "order-confirmed",
  OrderCancelled: "order-cancelled",
  OrderShipped: "order-shipped",
  ItemsReturned: "order-returned",
};

/** Streams of these categories are named by whom their events are about. */
export const CATEGORIES = [ORDER_CATEGORY, CUSTOMER_CATEGORY] as const;
