import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";

const PROGRAM = resolve(import.meta.dirname, "../../cli/daybook.ts");
const ROUNDS = process.env["DAYBOOK_TEST_FORM"] === "long" ? 20 : 4;
const CLIENTS = 16;

interface Running {
  readonly url: string;
  readonly token: string;
  readonly child: ChildProcess;
}

const running = new Set<ChildProcess>();
after(() => running.forEach((child) => child.kill("SIGKILL")));

async function start(data: string): Promise<Running> {
  const child = spawn(process.execPath, [PROGRAM, "start", "--port", "0", "--data", data, "--partners", "none", "--json"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  running.add(child);
  for await (const line of createInterface({ input: child.stdout })) {
    const { url, token } = JSON.parse(line) as { url: string; token: string };
    return { url, token, child };
  }
  throw new Error("the program ended before it was ready");
}

async function kill({ child }: Running): Promise<void> {
  const ended = new Promise((done) => child.once("exit", done));
  child.kill("SIGKILL");
  await ended;
  running.delete(child);
}

interface Sent {
  readonly key: string;
  readonly quantity: number;
  answer?: { readonly status: number; readonly body: string };
}

async function send({ url, token }: Running, sent: Sent): Promise<{ status: number; body: string }> {
  const response = await fetch(`${url}/api/v1/orders`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json", "idempotency-key": sent.key },
    body: JSON.stringify({ customerId: "cus_walk", items: [{ productId: "teapot", quantity: sent.quantity }] }),
  });
  return { status: response.status, body: await response.text() };
}

/** Places orders until the program dies; what was sent last has no answer. */
async function client(shop: Running, name: string, sent: Sent[]): Promise<void> {
  for (let n = 0; ; n++) {
    const one: Sent = { key: `${name}-${n}`, quantity: 1 + (n % 9) };
    sent.push(one);
    try {
      one.answer = await send(shop, one);
    } catch {
      return; // cut off by the kill: whether it happened is not known
    }
  }
}

async function listed({ url, token }: Running): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  for (let cursor: string | undefined = ""; cursor !== undefined;) {
    const query = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const response = await fetch(`${url}/api/v1/orders?limit=200${query}`, { headers: { authorization: `Bearer ${token}` } });
    const page = (await response.json()) as { orders: { id: string }[]; next?: string };
    for (const { id } of page.orders) ids.add(id);
    cursor = page.next;
  }
  return ids;
}

test("after kill -9 under load every answered order is there, once, and a repeated request gets the same bytes", async () => {
  const data = await mkdtemp(join(tmpdir(), "daybook-kill-"));
  const sent: Sent[] = [];
  let unanswered = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const shop = await start(data);
    const mine: Sent[] = [];
    const clients = Array.from({ length: CLIENTS }, (_, n) => client(shop, `r${round}c${n}`, mine));
    while (mine.filter((one) => one.answer).length < 40 * (round + 1)) await new Promise((turn) => setImmediate(turn));
    await kill(shop);
    await Promise.all(clients);
    unanswered += mine.filter((one) => !one.answer).length;
    sent.push(...mine);
  }
  assert.ok(unanswered > 0, "the kills cut requests off");

  const shop = await start(data);
  const ids = new Set<string>();
  for (const one of sent) {
    const again = await send(shop, one);
    assert.equal(again.status, 201, again.body);
    if (one.answer) assert.deepEqual(again, one.answer);
    ids.add((JSON.parse(again.body) as { id: string }).id);
  }
  assert.equal(ids.size, sent.length, "each request made one order");
  assert.deepEqual(await listed(shop), ids, "and there is no other order");
  await kill(shop);
  await rm(data, { recursive: true });
});
