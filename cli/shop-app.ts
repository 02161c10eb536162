import { resolve } from "node:path";
import type { Log } from "@daybook/foundation/log";
import { app, type App, type AppOptions } from "@daybook/shop/app";
import { readPartners } from "@daybook/shop/partners";
import type { Invocation } from "./shell/command.ts";

/** The whole shop in this process, with the partners that the settings name. */
export async function shopApp(
  { settings, clock }: Invocation,
  log: Log,
  more: Pick<AppOptions, "port" | "host" | "isSeeded">,
): Promise<App> {
  const { data, store, partners, cold, archiveAfter } = settings;
  const isPlayed = partners === "sandbox";
  const named = isPlayed || partners === "none" ? undefined : await readPartners(partners);
  const world = isPlayed ? "sandbox" : "none";
  return app({ data: resolve(data), store, cold, archiveAfter, clock, log, world, partners: named, ...more });
}
