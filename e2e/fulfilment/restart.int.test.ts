import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { after, test } from "node:test";
import { killAll, killProgram, sandboxEnds, startProgram, type Program } from "./program.ts";
import { behave, journal } from "./sandbox-client.ts";
import { get, post, type ShownOrder } from "./shop-client.ts";

/** Longer than any test waits. */
const SLOW = { latencyMs: 600_000 };
const QUICK = { latencyMs: 0 };
/** A message's visibility timeout, and the time of a lease, are 30 s. */
const WELL_BEFORE_A_TIMEOUT_MS = 15_000;

after(killAll);

interface UnderWay {
  /** Whose charge is under way. */
  readonly order: string;
  /** Messages whose mails are. */
  readonly mails: number;
}

/** Has a charge and a mail under way that will not end, where the next ones would be quick. */
async function underWay(program: Program): Promise<UnderWay> {
  await until(async () => (await messages(program)) === 0);
  await behave(program, { mail: SLOW });
  await ended(program, await placed(program, "first"));
  await until(async () => (await messages(program)) > 0);
  await behave(program, { card: SLOW });
  const order = await placed(program, "second");
  await until(async () => (await waits(program, order)).includes("attempt 1/5 of charge-payment"));
  const mails = await messages(program);
  await behave(program, { card: QUICK, mail: QUICK });
  return { order, mails };
}

async function placed(program: Program, key: string): Promise<string> {
  const address = { street: "1 Analytical Row", city: "London", postalCode: "W1", country: "United Kingdom" };
  const contact = { firstName: "Ada", lastName: "Sample", email: `${key}@example.com`, address };
  const order = { items: [{ productId: "candle", quantity: 1 }], contact, payment: { kind: "card", token: "tok_ok" } };
  const { status, body } = await post(program, "/orders", key, order);
  assert.equal(status, 201, body);
  return (JSON.parse(body) as { id: string }).id;
}

async function ended(program: Program, order: string): Promise<void> {
  await until(async () => (await get<ShownOrder>(program, `/orders/${order}`)).status === "shipped");
}

async function waits(program: Program, order: string): Promise<readonly string[]> {
  const run = await get<{ waits?: { text: string }[] }>(program, `/workflows/order-processing-${order}`);
  return (run.waits ?? []).map(({ text }) => text);
}

async function messages(program: Program): Promise<number> {
  const page = await get<{ messages: unknown[] }>(program, "/queues/notifications/messages");
  return page.messages.length;
}

/** The order is shipped and its mails are sent, soon. */
async function goesOn(program: Program, { order }: UnderWay): Promise<void> {
  const late = AbortSignal.timeout(WELL_BEFORE_A_TIMEOUT_MS);
  await until(async () => {
    assert.ok(!late.aborted, `${JSON.stringify(await waits(program, order))}, ${await messages(program)} mails wait`);
    const { status } = await get<ShownOrder>(program, `/orders/${order}`);
    return status === "shipped" && (await messages(program)) === 0;
  });
  const sent = (await journal(program)).filter(({ partner, effect }) => partner === "mail" && effect);
  assert.ok(sent.length >= 2, "both mails are sent");
}

interface Entry {
  readonly kind: string;
  readonly attempts?: { readonly recent: readonly { readonly outcome: string }[] };
}

async function lostAttempts(program: Program, order: string): Promise<number> {
  const { entries } = await get<{ entries: Entry[] }>(program, `/workflows/order-processing-${order}/history`);
  const notes = entries.filter(({ kind }) => kind === "retry");
  return notes.flatMap(({ attempts }) => attempts?.recent ?? []).filter(({ outcome }) => outcome === "lost").length;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let look = 0; !(await holds()); look++) {
    assert.ok(look < 600, "it does not come to that");
    await setTimeout(50);
  }
}

test("after SIGKILL steps and messages that were under way go on at once, each as one more attempt", async () => {
  const data = await mkdtemp(join(tmpdir(), "daybook-restart-"));
  const first = await startProgram(data);
  const left = await underWay(first);
  assert.ok(left.mails > 0);
  await killProgram(first);
  const second = await startProgram(data);
  await goesOn(second, left);
  assert.equal(await lostAttempts(second, left.order), 1);
  await killProgram(second);
  await rm(data, { recursive: true });
});

test("SIGTERM ends the program in order while steps and messages are under way, and uses up no attempt", async () => {
  const data = await mkdtemp(join(tmpdir(), "daybook-restart-"));
  const first = await startProgram(data);
  const left = await underWay(first);
  first.child.kill("SIGTERM");
  await first.ended;
  assert.equal(first.child.exitCode, 0);
  await sandboxEnds(first.sandboxPid);
  const second = await startProgram(data);
  await goesOn(second, left);
  assert.equal(await lostAttempts(second, left.order), 0);
  await killProgram(second);
  await rm(data, { recursive: true });
});

test("a sandbox that is killed comes back where it was, and the orders that wait for it go on", async () => {
  const data = await mkdtemp(join(tmpdir(), "daybook-restart-"));
  const program = await startProgram(data);
  process.kill(program.sandboxPid, "SIGKILL");
  const order = await placed(program, "alone");
  await ended(program, order);
  const charges = (await journal(program)).filter(({ partner, effect }) => partner === "card" && effect);
  assert.ok(charges.length > 0, "the one that came back is asked, with what it knew");
  program.child.kill("SIGINT");
  await program.ended;
  assert.equal(program.child.exitCode, 0);
  await rm(data, { recursive: true });
});
