import { createTransport } from "nodemailer";
import { assert, messageOf } from "@daybook/kernel/errors";
import type { NotificationKind } from "@daybook/shop-customers/contract";
import type { Channel } from "./channel.ts";
import { channelUnavailable, notificationRefused } from "./errors.ts";

export interface SmtpChannelOptions {
  readonly name: string;
  readonly kinds: readonly NotificationKind[];
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte; otherwise STARTTLS where the server offers it. */
  readonly isSecure: boolean;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** Whose address the mails come from; its domain ends their Message-IDs. */
  readonly from: { readonly name: string; readonly address: string };
  readonly connections: number;
  /** For connecting, greeting, and each silence on the way. */
  readonly timeoutMs: number;
}

/** E-mail by SMTP over kept connections. A mail's Message-ID is its notification's id: sent again, it is seen as the same. */
export function smtpChannel(options: SmtpChannelOptions): Channel {
  const { name, kinds, host, port, isSecure, user, password, from, connections, timeoutMs } = options;
  const domain = from.address.slice(from.address.lastIndexOf("@") + 1);
  const transport = createTransport({
    pool: true,
    host,
    port,
    secure: isSecure,
    ...(user !== undefined && password !== undefined && { auth: { user, pass: password } }),
    maxConnections: connections,
    maxRequeues: 0, // what is tried again, and when, is the queue's
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    name,
    kinds,
    isPersonal: true,
    async send({ id, at, letter }) {
      assert(letter, "a mail has a letter");
      const { to, subject, text } = letter;
      const mail = { from, to: { name: to.name ?? "", address: to.address }, subject, text };
      try {
        await transport.sendMail({ ...mail, messageId: `<${id}@${domain}>`, date: new Date(at) });
      } catch (error) {
        throw failureOf(error);
      }
    },
    close: async () => transport.close(),
  };
}

/** Refused for good only what the server says so of, or what is no address: wrong settings of ours may be put right. */
function failureOf(cause: unknown): Error {
  const { code, responseCode } = cause as { readonly code?: unknown; readonly responseCode?: unknown }; // nodemailer's errors carry them
  const isRefused = typeof responseCode === "number" ? responseCode >= 500 : code === "EENVELOPE";
  const failure = isRefused && code !== "EAUTH" ? notificationRefused : channelUnavailable;
  return failure(`the mail was not taken: ${messageOf(cause)}`, { cause });
}
