import { givenId } from "@daybook/kernel/ids";
import { notificationKindSchema } from "@daybook/shop-customers/contract";
import { z } from "zod";

const kinds = z.array(notificationKindSchema).default([...notificationKindSchema.options]);
const timeoutMs = z.int().min(1).max(20_000).default(10_000);

const email = z.strictObject({
  channel: z.literal("email"),
  name: givenId.default("email"),
  kinds,
  host: z.string().min(1),
  port: z.int().min(1).max(65_535),
  isSecure: z.boolean().default(false),
  user: z.string().optional(),
  password: z.string().optional(),
  from: z.strictObject({ name: z.string().max(100), address: z.email() }),
  connections: z.int().min(1).max(100).default(5),
  timeoutMs,
});

const webHook = z.strictObject({
  channel: z.literal("web-hook"),
  name: givenId.default("web-hook"),
  kinds,
  url: z.url({ protocol: /^https?$/ }),
  secret: z.string().regex(/^whsec_[A-Za-z0-9+/]{16,}={0,2}$/),
  timeoutMs,
});

const log = z.strictObject({ channel: z.literal("log"), name: givenId.default("log"), kinds });

/** By which channels people are told, and of what. Names are kept: what waits for a channel waits for its name. */
export const notificationSettingsSchema = z.strictObject({
  channels: z
    .array(z.discriminatedUnion("channel", [email, webHook, log]))
    .max(20)
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, "channels have different names")
    .default([]),
  /** What is older when it is come to is not told any more: 3 days. */
  staleAfterMs: z
    .int()
    .min(1)
    .default(3 * 24 * 60 * 60 * 1_000),
});

export type NotificationSettings = z.infer<typeof notificationSettingsSchema>;
export type ChannelSettings = NotificationSettings["channels"][number];
