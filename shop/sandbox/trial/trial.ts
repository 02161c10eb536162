import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sandbox, type Sandbox } from "../sandbox.ts";
import { client, type Client } from "./client.ts";
import { manualClock, type ManualClock } from "./manual-clock.ts";

/** A sandbox in this process, on a folder of its own, whose time stands still. */
export interface Trial extends Client, AsyncDisposable {
  readonly clock: ManualClock;
  readonly sandbox: Sandbox;
  readonly data: string;
}

export async function trial(): Promise<Trial> {
  const data = await mkdtemp(join(tmpdir(), "daybook-sandbox-"));
  const clock = manualClock();
  const world = await sandbox({ data, port: 0, smtpPort: 0, clock });
  return {
    ...client(world.url),
    clock,
    sandbox: world,
    data,
    async [Symbol.asyncDispose]() {
      await world.close();
      await rm(data, { recursive: true });
    },
  };
}

/** Resolves once `isSo`; the test's own time limit ends it otherwise. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((turn) => setImmediate(turn));
}

export const CHARGE = { amountMinor: 1250, currency: "EUR", token: "tok_ok", reference: "order-1" };

export const PARCEL = {
  reference: "order-1",
  recipient: { name: "Ada Byron", lines: ["Weg 1"], city: "Bonn", postalCode: "53111", country: "DE" },
  items: [{ description: "Teapot", quantity: 2 }],
  weightGrams: 1200,
};
