import assert from "node:assert/strict";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import { judged, settled } from "./judge.ts";
import { killAll, killProgram, sandboxEnds, startProgram, verified, type Program } from "./program.ts";
import { post, type Answer } from "./shop-client.ts";

const IS_LONG = process.env["DAYBOOK_TEST_FORM"] === "long";
const MODES = IS_LONG ? (["before", "after"] as const) : (["before"] as const);
/** Every commit takes minutes: the short form kills at every third. */
const STEP = IS_LONG ? 1 : 3;
const KILLS_MIN = IS_LONG ? 24 : 8;
const COMMITS_MAX = 80;

/** Orders, by the country that they go to: nobody carries anything to the other one, and everything is undone. */
const ORDERS = [
  { country: "United Kingdom", end: "shipped" },
  { country: "Atlantis", end: "failed" },
];

after(killAll);

for (const when of MODES) {
  for (const { country, end } of ORDERS) {
    test(`an order to ${country} ends ${end}, whichever of its commits the program is killed ${when}`, async (t) => {
      const folder = await mkdtemp(join(tmpdir(), "daybook-commits-"));
      const seed = join(folder, "shop");
      await seeded(seed);
      const kills = await killedAtEach({ seed, when, country, end });
      assert.ok(kills >= KILLS_MIN, `the kills hit the order on its way: ${kills}`);
      t.diagnostic(`killed ${when} ${kills} commits, ${STEP} apart`);
      await rm(folder, { recursive: true });
    });
  }
}

interface Trial {
  /** The data folder of a shop with its seed done, of which each trial takes a copy. */
  readonly seed: string;
  readonly when: "before" | "after";
  readonly country: string;
  readonly end: string;
}

/** Side by side: a message that was taken when the program died is not delivered again for half a minute. */
const AT_ONCE = 6;

/** Kills at one commit after the other, `STEP` apart, until nothing is left to be done before the next; answers at how many. */
async function killedAtEach(trial: Trial): Promise<number> {
  for (let kills = 0; kills * STEP < COMMITS_MAX; kills += AT_ONCE) {
    const numbers = Array.from({ length: AT_ONCE }, (_, n) => 1 + (kills + n) * STEP);
    const isOver = await Promise.all(numbers.map((n) => killedAt(n, trial)));
    const first = isOver.indexOf(true);
    if (first >= 0) return kills + first;
  }
  throw new assert.AssertionError({ message: "an order takes a bounded number of commits" });
}

/** Places an order in a program that dies at its `n`th commit, and has it carried out by another; whether all was done before the kill came. */
async function killedAt(n: number, { seed, when, country, end }: Trial): Promise<boolean> {
  const [data, armed] = [`${seed}-${n}`, `${seed}-${n}.armed`];
  await cp(seed, data, { recursive: true });
  await writeFile(armed, String(count(data, "SELECT count(*) AS count FROM facts WHERE type = 'OrderPlaced'")));
  const program = await startProgram(data, {
    file: join(import.meta.dirname, "kill-at-commit.ts"),
    env: { DAYBOOK_KILL_WHEN: when, DAYBOOK_KILL_AT: String(n), DAYBOOK_KILL_ARMED: armed },
  });
  const answer = await place(program, country).catch(() => undefined);
  const isOver = await survives(program, data, answer);
  const next = await startProgram(data);
  const again = await place(next, country);
  if (answer) assert.deepEqual(again, answer, "what was answered is answered again");
  await settled(next, data, ({ id }) => id === idOf(again));
  const orders = await judged(next, 1);
  assert.equal(orders.get(idOf(again))?.status, end, `killed ${when} commit ${n}`);
  const found = await verified(data);
  assert.ok(found.ok, `commit ${n}: ${JSON.stringify(found.checks.filter(({ violations }) => violations.length > 0))}`);
  await killProgram(next);
  return isOver;
}

/** Whether nothing is left to be done before the kill came. */
async function survives(program: Program, data: string, answer: Answer | undefined): Promise<boolean> {
  const died = program.ended.then(() => false);
  const rested = answer && settled(program, data, ({ id }) => id === idOf(answer)).then(() => true);
  const isOver = await Promise.race([died, ...(rested ? [rested.catch(() => died)] : [])]);
  if (isOver) await killProgram(program);
  else await sandboxEnds(program.sandboxPid);
  return isOver;
}

/** A shop whose seed has been carried out, as far as it goes. */
async function seeded(data: string): Promise<void> {
  const program = await startProgram(data);
  await settled(program, data, ({ status }) => status === "placed");
  await killProgram(program);
}

function place(program: Program, country: string) {
  const address = { street: "1 Analytical Row", city: "London", postalCode: "W1", country };
  const contact = { firstName: "Ada", lastName: "Sample", email: "ada@example.com", address };
  const payment = { kind: "card", token: "tok_ok" };
  return post(program, "/orders", "one", { items: [{ productId: "teapot", quantity: 1 }], contact, payment });
}

function count(data: string, sql: string): number {
  const db = new DatabaseSync(join(data, "daybook.db"), { readOnly: true });
  const found = Number(db.prepare(sql).get()?.["count"]);
  db.close();
  return found;
}

function idOf({ body }: Answer): string {
  return (JSON.parse(body) as { id: string }).id; // of a placed order
}
