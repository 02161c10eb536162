import { errorCode } from "@daybook/kernel/errors";
import { interrupted } from "../errors.ts";
import type { Invocation } from "../shell/command.ts";
import type { Client } from "./client.ts";
import { ServerProblem } from "./server-problem.ts";

/** Waits until all read models show what stands at `position`, as long as it takes; says on stderr how far they are. */
export async function waitShown(
  { terminal, flags }: Invocation,
  client: Client,
  position: string,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await client.call({ path: "/api/v1/projections", headers: { "daybook-at-least": position } });
      return;
    } catch (error) {
      if (!(error instanceof ServerProblem) || errorCode(error) !== "position-not-reached") throw error;
      if (!flags.isSet("quiet")) terminal.err(`read models are ${String(error.details["lag"])} events behind\n`);
    }
  }
  throw interrupted("it was done; the read models do not show it yet");
}

/** The position of everything that is recorded by now. */
export async function latestPosition(client: Client): Promise<string> {
  const { body } = await client.call({ path: "/api/v1/log", query: { after: "latest" } });
  return String((body as { readonly next?: unknown }).next); // by the route's contract
}
