import type { Log } from "@daybook/foundation/log";
import { isBehindFence } from "@daybook/foundation/resilience/fence";
import type { Host } from "./host.ts";

/** The part of node's `process` that a host's life depends on. */
export interface ProcessLife {
  on(event: string, listener: (argument: unknown) => void): unknown;
  exit(code: number): unknown;
  exitCode?: number | string | null | undefined;
}

const SIGNALS: Readonly<Record<string, number>> = { SIGINT: 2, SIGTERM: 15 };

/**
 * Runs `host` as the life of `process`: SIGTERM and SIGINT stop it in order, a second signal exits at once (128 + its
 * number), an exception that nobody caught is logged, stops it and exits with
 * 1, unless it is a rejection from behind a fence. Resolves when it is ready.
 */
export async function runInProcess(host: Host, process: ProcessLife, log: Log): Promise<void> {
  const end = async (reason: string, code: number) => {
    process.exitCode = 1; // should nothing keep the process alive while it stops
    const stopCode = await host.stop(reason);
    log.flush();
    process.exit(Math.max(code, stopCode));
  };
  for (const [signal, number] of Object.entries(SIGNALS)) {
    process.on(signal, () => {
      if (host.state === "stopping" || host.state === "stopped") process.exit(128 + number);
      else void end(signal, 0);
    });
  }
  for (const event of ["uncaughtException", "unhandledRejection"]) {
    process.on(event, (error) => {
      if (event === "unhandledRejection" && isBehindFence()) return;
      log.error({ error }, event);
      void end(event, 1);
    });
  }
  await host.start();
}
