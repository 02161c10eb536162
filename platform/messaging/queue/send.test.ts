import assert from "node:assert/strict";
import { test } from "node:test";
import { idSource } from "@daybook/kernel/ids";
import { seededRandom } from "@daybook/kernel/random";
import { recordType } from "@daybook/kernel/record-type";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import { DEFAULT_POLICY } from "@daybook/foundation/resilience/policy";
import { memoryStore } from "@daybook/data/store/memory";
import { z } from "zod";
import { deadLetters } from "./dead-letters.ts";
import { queue } from "./queue.ts";
import { receiver } from "./receiver.ts";
import { sender } from "./send.ts";

const NOTE = recordType<{ text: string }>({ name: "Note", schema: z.strictObject({ text: z.string() }) });
const CONTEXT = { correlationId: "c".repeat(200), actor: "usr_1", tenant: "shop" };
const BODY_BYTES_MAX = 216 * 1024;

function trial() {
  const clock = virtualClock();
  const store = memoryStore({ clock });
  const notes = queue({ name: "notes", message: NOTE, policy: { ...DEFAULT_POLICY, attemptsMax: 12, jitter: 0 } });
  const common = { queue: notes, store, clock, ids: idSource(clock, seededRandom(1)), random: seededRandom(2) };
  return { clock, sends: sender(common), receives: receiver(common), dead: deadLetters(common) };
}

const noteOf = (bytes: number) => ({ text: "x".repeat(bytes - '{"text":""}'.length) });

test("a body may have 216 kB, and no byte more", async () => {
  const { sends, receives } = trial();
  await assert.rejects(sends.send(noteOf(BODY_BYTES_MAX + 1), { context: CONTEXT }), { code: "message-too-large" });
  await sends.send(noteOf(BODY_BYTES_MAX), { context: CONTEXT });
  assert.equal((await receives.receive({ max: 9 })).length, 1);
});

test("the largest message is still tried and parked with the longest record of attempts", async () => {
  const { clock, sends, receives, dead } = trial();
  await sends.send(noteOf(BODY_BYTES_MAX), { context: CONTEXT, headers: { note: "\u0001".repeat(600) } });
  for (let number = 1; number <= 12; number++) {
    const [delivery] = await receives.receive({ max: 1 });
    assert.equal(await delivery?.reject(new TypeError("\u0001".repeat(5_000))), number < 12 ? "retried" : "parked");
    clock.advance(100_000);
  }
  const [letter] = (await dead.list()).letters;
  assert.deepEqual([letter?.header?.attempts.count, letter?.header?.attempts.recent.length], [12, 10]);
});

test("large messages are taken in parts that fit into a unit", async () => {
  const { sends, receives } = trial();
  for (let n = 0; n < 30; n++) await sends.send(noteOf(BODY_BYTES_MAX), { context: CONTEXT });
  const taken = [];
  for (let rounds = 0; rounds < 30 && taken.length < 30; rounds++) taken.push(...(await receives.receive({ max: 30 })));
  assert.equal(new Set(taken.map(({ id }) => id)).size, 30);
});
