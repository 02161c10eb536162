import type { NotificationKind } from "@daybook/shop-customers/contract";

/** A way to tell people, or programs, of something. Adapters reject with `channel-unavailable` and `notification-refused`. */
export interface Channel {
  readonly name: string;
  /** Whether it needs the person's address, so that it asks what they want. */
  readonly isPersonal: boolean;
  /** Kinds that it is used for. */
  readonly kinds: readonly NotificationKind[];
  /** May be called again for one id when it is not known whether it succeeded. */
  send(notification: Notification, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

export interface Notification {
  /** The same whenever it is sent again. */
  readonly id: string;
  readonly kind: NotificationKind;
  readonly about: { readonly orderId: string } | { readonly customerId: string };
  /** When it was recorded what it tells of, epoch milliseconds. */
  readonly at: number;
  /** For personal channels. */
  readonly letter?: Letter;
}

export interface Letter {
  readonly to: { readonly name?: string; readonly address: string };
  readonly subject: string;
  readonly text: string;
}
