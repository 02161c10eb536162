import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import { memoryStore } from "@daybook/data/store/memory";
import { compareSides, recheckSides, type TwoSides } from "./two-sides.ts";

interface Entry {
  readonly key: string;
  readonly changedAt: number;
}

/** Notes here, and entries of somebody's book under `key-{id}`; what is compared says so. */
function trial() {
  const clock = virtualClock();
  const store = memoryStore({ clock });
  const book: Entry[] = [];
  const askedFor: number[] = [];
  const sides: TwoSides<Entry, string> = {
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
    keyIn: ({ key }) => key,
    keyOf: (id) => `key-${id}`,
    ofEntry: async ({ key }, to) => [`there ${key} ${to}`],
    ofNone: async (id, to) => [`none ${id} ${to}`],
  };
  async function note(id: string): Promise<void> {
    const effect = { kind: "append", stream: `note-${id}`, events: [{ type: "Noted", schemaVersion: 1, data: "{}" }] } as const;
    const cause = { correlation: "c", actor: "a", tenant: "t" };
    await store.commit({ id: `unt_${(await store.head()).position}`, cause, conditions: [], effects: [effect] });
  }
  async function compared(from: number, to: number) {
    const found: string[] = [];
    let cursor: string | undefined;
    let pages = 0;
    do {
      const page = await compareSides(sides, { from, to, cursor });
      found.push(...page.differences);
      cursor = page.cursor;
      pages++;
    } while (cursor !== undefined);
    return { found, pages };
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
    assert.deepEqual(found, [`there key-a ${to}`, `there key-b ${to}`, `there key-x ${to}`, `there key-a ${to}`, `none c ${to}`]);
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

  void test("are looked at again under the keys that are asked about; without a key nothing is known", async () => {
    const { sides, book } = trial();
    book.push({ key: "k1", changedAt: 0 });
    const questions = [{ key: "k1" }, { key: "k2" }, {}];
    const gone = await recheckSides(sides, questions, async (_, entries) => entries.length > 0);
    assert.deepEqual(gone, [{ key: "k2" }]);
  });
});
