import type { Log } from "@daybook/foundation/log";
import type { NotificationKind } from "@daybook/shop-customers/contract";
import type { Channel } from "./channel.ts";

/** A line in the log: of whom it is is told by id. */
export function logChannel(name: string, kinds: readonly NotificationKind[], log: Log): Channel {
  return {
    name,
    kinds,
    isPersonal: false,
    async send({ id, kind, about }) {
      log.info({ notification: id, kind, ...about }, "notified");
    },
    close: async () => undefined,
  };
}
