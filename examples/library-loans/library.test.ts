import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { test } from "node:test";
import { memoryStore } from "@daybook/data/store/memory";
import type { Store } from "@daybook/data/store";
import { seededRandom } from "@daybook/kernel/random";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import type { CopyCommand } from "./copy.ts";
import { openLibrary } from "./library.ts";
import { loansOf, overdueLoans } from "./loans.ts";

const DAY = 86_400_000;
const LOAN = "copy-moby-loan-1";

/** A library on a clock that the test moves, and the letters that it sent. */
function trial() {
  const clock = virtualClock();
  const store = memoryStore({ clock });
  const sent: string[] = [];
  const context = { correlationId: "cor_1", actor: "usr_librarian", tenant: "library" };
  const open = (on: Store = store) =>
    openLibrary({
      store: on,
      clock,
      random: seededRandom(1),
      owner: "library-1",
      post: ({ kind, reader }) => void sent.push(`${kind} to ${reader}`),
    });
  const command = (library: ReturnType<typeof open>, what: CopyCommand) =>
    library.command("moby", what, { context, render: ({ kind }) => kind });
  const until = async (holds: () => boolean | Promise<boolean>) => {
    for (let turn = 0; !(await holds()); turn++) {
      assert.ok(turn < 5_000, "it came to that");
      await setImmediate();
      if (turn % 10 === 9) clock.advance(100);
    }
  };
  /** Days pass at once; then what is due gets a few seconds. */
  const pass = async (days: number) => {
    clock.advance(days * DAY);
    const settledAt = clock.elapsed() + 5_000;
    await until(() => clock.elapsed() >= settledAt);
  };
  const close = async (library: ReturnType<typeof open>) => {
    let isClosed = false;
    void library.close().then(() => (isClosed = true));
    await until(() => isClosed);
    await store.close();
  };
  return { clock, store, sent, open, command, until, pass, close };
}

async function lent() {
  const stage = trial();
  const library = stage.open();
  await stage.command(library, { kind: "register", title: "Moby Dick" });
  await stage.command(library, { kind: "lend", reader: "ann", dueAt: library.dueAt() });
  return { ...stage, library };
}

test("loans are found by their reader, and when they are overdue", async () => {
  const { library, clock, until, command, pass, close } = await lent();
  await until(async () => (await loansOf(library.loans, "ann")).length === 1);
  assert.deepEqual(await overdueLoans(library.loans, clock.now()), []);
  await pass(15);
  assert.deepEqual(
    (await overdueLoans(library.loans, clock.now())).map(({ title }) => title),
    ["Moby Dick"],
  );
  await command(library, { kind: "return" });
  await until(async () => (await loansOf(library.loans, "ann")).length === 0);
  await close(library);
});

test("a reader is reminded after eleven days, and pays after fourteen", async () => {
  const { library, store, pass, sent, close } = await lent();
  await pass(10);
  assert.deepEqual(sent, []);
  await pass(1);
  assert.deepEqual(sent, ["reminder to ann"]);
  await pass(3);
  assert.deepEqual(sent, ["reminder to ann", "overdue to ann"]);
  assert.equal((await store.listRows({ collection: "fees" })).rows.length, 1);
  await pass(28);
  assert.equal((await library.workflows.get(LOAN))?.status, "completed");
  await close(library);
});

test("who returns in time hears nothing", async () => {
  const { library, command, until, pass, sent, close } = await lent();
  await pass(5);
  await command(library, { kind: "return" });
  await until(async () => (await library.workflows.get(LOAN))?.status === "completed");
  await pass(60);
  assert.deepEqual(sent, []);
  await close(library);
});

test("a loan that is cancelled takes back its fee; one that ends late keeps it", async () => {
  for (const [isCancelled, fees] of [
    [true, 0],
    [false, 1],
  ] as const) {
    const { library, store, command, until, pass, close } = await lent();
    await pass(14);
    if (isCancelled) void library.workflows.cancel(LOAN, "our mistake");
    else await command(library, { kind: "return" });
    await until(async () => (await library.workflows.get(LOAN))?.status !== "running");
    await until(async () => (await store.listRows({ collection: "fees" })).rows.length === fees);
    await close(library);
  }
});

test("a loan goes on after a crash, and its letter is not sent twice", async () => {
  const stage = trial();
  const { store, command, pass, sent, open, close } = stage;
  const life = { isOver: false };
  const dying = open(mortal(store, life));
  await command(dying, { kind: "register", title: "Moby Dick" });
  await command(dying, { kind: "lend", reader: "ann", dueAt: dying.dueAt() });
  await pass(11);
  life.isOver = true; // from here on nothing reaches the store, as after kill -9
  const library = open();
  await pass(3);
  assert.deepEqual(sent, ["reminder to ann", "overdue to ann"]);
  await close(library);
});

/** `store` as a process sees it that may die: then no call is ever answered. */
function mortal(store: Store, life: { readonly isOver: boolean }): Store {
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function" || name === "watch" || name === "status") return member;
      return (...words: readonly unknown[]) =>
        life.isOver ? new Promise(() => undefined) : (Reflect.apply(member, target, words) as unknown);
    },
  });
}
