import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../clock.ts";
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
  let isClosed = false;
  function close(): Promise<void> {
    isClosed = true;
    return world.close();
  }
  return {
    ...client(world.url),
    clock,
    sandbox: { ...world, close },
    data,
    async [Symbol.asyncDispose]() {
      if (!isClosed) await close();
      await rm(data, { recursive: true });
    },
  };
}

const PATIENCE_MS = 30_000;

/** Resolves once `isSo`; rejects when that does not come. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const end = systemClock.now() + PATIENCE_MS;
  while (!(await isSo())) {
    assert.ok(systemClock.now() < end, `this does not come: ${isSo.toString()}`);
    await new Promise((turn) => setImmediate(turn));
  }
}

export const CHARGE = { amountMinor: 1250, currency: "EUR", token: "tok_ok", reference: "order-1" };

export const PARCEL = {
  reference: "order-1",
  recipient: { name: "Ada Byron", lines: ["Weg 1"], city: "Bonn", postalCode: "53111", country: "DE" },
  items: [{ description: "Teapot", quantity: 2 }],
  weightGrams: 1200,
};
