import { readConfig } from "@daybook/foundation/config";
import { z } from "zod";

/** What flags and variables (`DAYBOOK__PORT`, `DAYBOOK__LOG_LEVEL`, …) set alike. */
export const settingsSchema = z.strictObject({
  port: z.coerce.number().int().min(0).max(65_535).default(8_080),
  host: z.string().min(1).max(255).default("127.0.0.1"),
  data: z.string().min(1).max(4_000).default("data"),
  store: z.string().min(1).max(2_000).default("sqlite"),
  /** Folder of the segments of old facts. */
  cold: z.string().min(1).max(4_000).optional(),
  /** Days, or `never`. */
  archiveAfter: z
    .union([z.literal("never"), z.coerce.number().int().min(1).max(36_500)], "a whole number of days from 1 to 36500, or never")
    .default(90),
  /** `sandbox`, `none`, or a file that names them. */
  partners: z.string().min(1).max(4_000).default("sandbox"),
  logLevel: z.enum(["error", "warn", "info", "debug", "silent"]).default("warn"),
  url: z.url({ protocol: /^https?$/ }).optional(),
  token: z.string().min(1).max(4_000).optional(),
});
export type Settings = z.infer<typeof settingsSchema>;

/** Flags win over variables, those over defaults. Throws `config-invalid` with every fault. */
export function readSettings(
  environment: Readonly<Record<string, string | undefined>>,
  flags: Readonly<Record<string, string | undefined>>,
): Settings {
  return readConfig(settingsSchema, { environment, flags }).value;
}
