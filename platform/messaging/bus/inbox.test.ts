import assert from "node:assert/strict";
import { test } from "node:test";
import { idSource } from "@daybook/kernel/ids";
import { seededRandom } from "@daybook/kernel/random";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import { memoryStore } from "@daybook/data/store/memory";
import type { Effect } from "@daybook/data/store/unit";
import { inbox, type InboxOptions } from "./inbox.ts";

const CONTEXT = { correlationId: "cor_1", actor: "usr_1", tenant: "shop" };

function trial(options: Partial<InboxOptions> = {}) {
  const clock = virtualClock();
  const store = memoryStore({ clock });
  const ids = idSource(clock, seededRandom(1));
  const receives = inbox({ consumer: "mail", store, clock, ids, ...options });
  const note = (n: number): Effect => ({
    kind: "append",
    stream: "note-1",
    as: "work",
    events: [{ type: "Noted", schemaVersion: 1, data: `${n}` }],
  });
  const receive = (id: string, n: number) => receives.receive(id, CONTEXT, () => [note(n)]);
  const notes = async () => (await store.readStream("note-1", { as: "work" })).map(({ data }) => Number(data));
  return { clock, store, ids, receives, receive, notes };
}

test("a message that comes again, and one that comes twice at once, is applied once", async () => {
  const { receive, notes } = trial();
  assert.equal(await receive("m1", 1), "applied");
  assert.equal(await receive("m1", 2), "repeated");
  const both = await Promise.all([receive("m2", 3), receive("m2", 4)]);
  assert.deepEqual(both.toSorted(), ["applied", "repeated"]);
  assert.equal((await notes()).length, 2);
});

test("each consumer applies a message", async () => {
  const { store, clock, ids, receive, notes } = trial();
  await receive("m1", 1);
  const other = inbox({ consumer: "ledger", store, clock, ids });
  assert.equal(await other.receive("m1", CONTEXT, () => []), "applied");
  assert.deepEqual(await notes(), [1]);
});

test("a message whose handling failed, or whose conditions did not hold, can be applied later", async () => {
  const { receives, receive, notes } = trial();
  await assert.rejects(
    receives.receive("m1", CONTEXT, () => Promise.reject(new TypeError("no"))),
    TypeError,
  );
  const conditions = [{ kind: "keyPresent", key: "never" } as const];
  await assert.rejects(
    receives.receive("m1", CONTEXT, () => ({ conditions, effects: [] })),
    { code: "effects-refused" },
  );
  assert.equal(await receive("m1", 1), "applied");
  assert.deepEqual(await notes(), [1]);
});

test("an id is forgotten after its time", async () => {
  const { clock, receive } = trial({ rememberMs: 1_000 });
  await receive("m1", 1);
  clock.advance(999);
  assert.equal(await receive("m1", 1), "repeated");
  clock.advance(1);
  assert.equal(await receive("m1", 1), "applied");
});
