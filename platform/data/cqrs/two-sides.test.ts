import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import { memoryStore } from "@daybook/data/store/memory";
import { compareSides, settledSides, type BookEntry, type Finding, type TwoSides } from "./two-sides.ts";

/** Notes here, and entries of somebody's book under `key-{id}`; what is compared says so. */
function trial() {
  const clock = virtualClock();
  const store = memoryStore({ clock });
  const book: BookEntry[] = [];
  const askedFor: number[] = [];
  const sides: TwoSides<BookEntry, number, Finding> = {
    store,
    category: "note",
    journal: async ({ from, to, after = "0" }) => {
      const all = book.filter(({ changedAt }) => changedAt >= from && changedAt < to);
      const end = Number(after) + 2;
      return { entries: all.slice(Number(after), end), ...(end < all.length && { next: String(end) }) };
    },
    booked: async (keys) => {
      askedFor.push(keys.length);
      return book.filter(({ key }) => keys.includes(key));
    },
    keyOf: (id) => `key-${id}`,
    streamOf: ({ key }) => (key.startsWith("key-") ? key.slice(4) : undefined),
    view: async (id) => (await store.readStream(`note-${id}`, { direction: "backwards", limit: 1 }))[0]?.recordedAt,
    changedAt: (at) => at,
    differences: ({ key }, view) => [{ cause: view === undefined ? "unknown" : "there", subject: key }],
    missing: (id) => [{ cause: "none", subject: id }],
  };
  async function note(id: string): Promise<void> {
    const effect = { kind: "append", stream: `note-${id}`, events: [{ type: "Noted", schemaVersion: 1, data: "{}" }] } as const;
    const cause = { correlation: "c", actor: "a", tenant: "t" };
    await store.commit({ id: `unt_${(await store.head()).position}`, cause, conditions: [], effects: [effect] });
  }
  async function compared(from: number, to: number) {
    const found: Finding[] = [];
    let cursor: string | undefined;
    let pages = 0;
    do {
      const page = await compareSides(sides, { from, to, cursor });
      found.push(...page.differences);
      cursor = page.cursor;
      pages++;
    } while (cursor !== undefined);
    return { found: found.map(({ cause, subject }) => `${cause} ${subject}`), pages };
  }
  return { clock, book, note, sides, compared, askedFor };
}

void describe("two sides", () => {
  void test("are compared by what changed there, then by what changed here, in a time", async () => {
    const { clock, book, note, compared } = trial();
    await note("early");
    clock.advance(10);
    const from = clock.now();
    for (const key of ["key-a", "key-b", "key-x"]) book.push({ key, changedAt: from });
    for (const id of ["a", "c", "a"]) await note(id);
    clock.advance(10);
    await note("late");
    const to = from + 10;
    const { found, pages } = await compared(from, to);
    assert.deepEqual(found, ["there key-a", "unknown key-b", "unknown key-x", "there key-a", "none c"]);
    assert.equal(pages, 3);
    assert.deepEqual((await compared(to + 1, to + 1)).found, []);
  });

  void test("are compared in pages of a hundred, whatever there is", async () => {
    const { clock, note, compared, askedFor } = trial();
    for (let n = 0; n < 250; n++) await note(String(n));
    clock.advance(1);
    assert.equal((await compared(0, clock.now())).found.length, 250);
    assert.deepEqual(askedFor, [100, 100, 50]);
  });

  void test("are not judged by what has not rested on both sides", async () => {
    const { clock, book, note, compared } = trial();
    const from = clock.now();
    book.push({ key: "key-a", changedAt: from });
    clock.advance(10);
    await note("a");
    await note("c");
    assert.deepEqual((await compared(from, from + 10)).found, []);
    assert.deepEqual((await compared(from, from + 11)).found, ["there key-a", "there key-a", "none c"]);
  });

  void test("are looked at again under the keys that are asked about; without a key nothing is known", async () => {
    const { sides, book } = trial();
    book.push({ key: "k1", changedAt: 0 });
    const questions = [
      { cause: "unknown", subject: "k1", key: "k1" },
      { cause: "there", subject: "k1", key: "k1" },
      { cause: "none", subject: "k2", key: "k2", streamId: "k2" },
      { cause: "unknown", subject: "k3", key: "k3" },
      { cause: "unknown", subject: "k4" },
    ];
    assert.deepEqual(await settledSides(sides, questions), [questions[1], questions[3]]);
  });
});
