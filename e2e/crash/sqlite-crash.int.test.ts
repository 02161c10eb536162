import assert from "node:assert/strict";
import { mkdtempSync, mkdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, describe, test } from "node:test";
import { sqliteStore } from "@daybook/data/store/sqlite";
import { crashPlan } from "./crash-plan.ts";
import { faultPoints, most, sampleOf } from "./fault-points.ts";
import { violationsIn } from "./file-checker.ts";
import { readJournal, type JournalLine } from "./journal.ts";
import type { BugName } from "./planted-bugs.ts";
import { callsIn, earlyAnswers, requireStrace, traced, type Fault, type TracedCall } from "./strace.ts";

/**
 * Kills the store, or fails its disk, at the n-th write and sync of every kind on each of its files. DAYBOOK_CRASH_POINTS:
 * how many points are tried, or `all`.
 */
const POINTS = process.env["DAYBOOK_CRASH_POINTS"] ?? "200";
const AT_ONCE = 2;
const SCENARIO = join(import.meta.dirname, "sqlite-scenario.ts");
const plan = crashPlan().flat();
const root = mkdtempSync(join(tmpdir(), "daybook-crash-"));
let runs = 0;

interface Run {
  readonly folder: string;
  readonly file: string;
  readonly journalFile: string;
  readonly calls: readonly TracedCall[];
  readonly journal: readonly JournalLine[];
}

before(requireStrace);
after(() => rmSync(root, { recursive: true }));

describe("the SQLite store under faults", () => {
  test("answers nothing before what it wrote is synced", async () => {
    const { calls, file, journalFile, journal } = await run();
    assert.ok(journal.some((entry) => entry.kind === "ended"));
    assert.ok(calls.filter(({ path, call }) => path === journalFile && call === "write").length > plan.length);
    assert.deepEqual(earlyAnswers(calls, journalFile, `${file}-wal`), []);
  });

  test("loses nothing acknowledged, does nothing refused, and resolves the unknown, at every fault", async (context) => {
    const points = pointsOf((await run()).calls);
    const tally = new Map<string, number>();
    const count = (what: string) => tally.set(what, (tally.get(what) ?? 0) + 1);
    const kinds = new Set<string>();
    let unfired = 0;
    const queue = [...points];
    const work = async () => {
      for (let point = queue.shift(); point; point = queue.shift()) {
        const tried = await tryNear(point);
        count(tried.hasFired ? `${point.effect} fired` : `no such call: ${point.call} of ${point.path}`);
        if (!tried.hasFired) unfired++;
        if (tried.hasFired) kinds.add(kindOf(point));
        for (const entry of tried.journal) count(entry.kind === "verdict" ? entry.verdict.outcome : entry.kind);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    context.diagnostic(`${points.length} points: ${JSON.stringify(Object.fromEntries(tally))}`);
    assert.ok(unfired <= points.length / 5, "four faults in five fired");
    assert.deepEqual(
      [...new Set(points.map(kindOf))].filter((kind) => !kinds.has(kind)),
      [],
      "each kind of fault fired",
    );
    for (const outcome of ["committed", "refused", "unknown", "rejected"]) assert.ok(tally.get(outcome), `some were ${outcome}`);
  });
});

describe("the checkers of the crash test", () => {
  test("pass a store that was not disturbed", async () => {
    const { file, journal } = await run();
    assert.deepEqual(violationsIn(file, plan, journal, true), []);
  });

  test("find a store that answers before its sync", async () => {
    const { calls, file, journalFile } = await run(undefined, "answers before the sync");
    assert.notDeepEqual(earlyAnswers(calls, journalFile, `${file}-wal`), []);
  });

  for (const bug of ["loses half of a unit", "does not check conditions"] as const) {
    test(`find a store that ${bug}`, async () => {
      const { file, journal } = await run(undefined, bug);
      assert.notDeepEqual(violationsIn(file, plan, journal, false), []);
    });
  }

  for (const [what, sql] of Object.entries(planted())) {
    test(`refuse a file in which ${what}`, async () => {
      const { file, journal } = await run();
      const db = new DatabaseSync(file);
      db.exec(sql);
      db.close();
      assert.notDeepEqual(violationsIn(file, plan, journal, false), []);
    });
  }

  test("find an answer before its sync in a trace", () => {
    const write = '7 pwrite64(25</d/x-wal>, "", 24, 0) = 24';
    const answer = '7 write(26</j>, "", 9) = 9';
    const sync = "8 fdatasync(27</d/x-wal>) = 0";
    const late = ["8 fdatasync(27</d/x-wal> <unfinished ...>", write, "8 <... fdatasync resumed>) = 0", answer];
    const early = (lines: readonly string[]) => earlyAnswers(callsIn(lines.join("\n")), "/j", "/d/x-wal").length;
    assert.equal(early([write, sync, answer]), 0);
    assert.equal(early([write, answer, sync]), 1);
    assert.equal(early(late), 1);
    assert.equal(early([write, `${sync.slice(0, -1)}-1 EIO`, answer]), 1);
  });
});

function planted(): Readonly<Record<string, string>> {
  return {
    "an acknowledged unit is lost": "DELETE FROM units WHERE id = 'unt_0015_1'",
    "an acknowledged unit has moved": "UPDATE units SET position = position + 1 WHERE id = 'unt_0003_4'",
    "a fact is lost": "DELETE FROM facts WHERE position = (SELECT max(position) FROM facts)",
    "a fact is there twice":
      "INSERT INTO facts SELECT position + 1000, stream, version + 1000, type, schema_version, unit, ordinal, recorded_at, digest, meta, data FROM facts WHERE position = 5",
    "half of a unit is missing": "DELETE FROM keys WHERE key = 'seen-0007'",
    "an index entry is left over": "INSERT INTO row_index VALUES ('orders', 'status', 'zzz', 'row-1', 1)",
    "a refused unit happened": "INSERT INTO units VALUES ('unt_0002_3', 1, 1)",
    "a lease's token fell": "UPDATE leases SET token = token - 1",
  };
}

function kindOf({ call, path, effect }: Fault): string {
  return `${effect} at ${call} of ${path}`;
}

/** Runs the scenario in a folder of its own; with a point, its path is relative to that folder. */
async function run(point?: Fault, bug?: BugName): Promise<Run> {
  const folder = join(root, String(runs++), "data");
  mkdirSync(folder, { recursive: true });
  const journalFile = join(folder, "..", "journal");
  const file = join(folder, "daybook.db");
  const fault = point && { ...point, path: join(folder, point.path) };
  const paths = fault ? [fault.path] : [...PATHS.map((path) => join(folder, path)), journalFile];
  const preload = bug ? ["--import", `${import.meta.resolve("./planted-bugs.ts")}?${encodeURIComponent(bug)}`] : [];
  const program = [process.execPath, ...preload, SCENARIO, folder, journalFile];
  const calls = await traced(program, join(folder, "..", "trace"), paths, fault);
  return { folder, file, journalFile, calls, journal: readJournal(journalFile) };
}

/** The files of the store, and its folder. */
const PATHS = ["daybook.db", "daybook.db-wal", "daybook.db-shm", "."] as const;

function pointsOf(calls: readonly TracedCall[]): readonly Fault[] {
  const relative = calls.map((call) => ({ ...call, path: nameIn(call.path) }));
  const points = faultPoints(relative, PATHS);
  return POINTS === "all" ? points : sampleOf(points, Number(POINTS));
}

function nameIn(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return name === "data" ? "." : name;
}

/** A busy machine gathers more units in a batch and makes fewer calls: a number that no call had is halved until one has it. */
async function tryNear(point: Fault): ReturnType<typeof tryPoint> {
  const tried = await tryPoint(point);
  return tried.hasFired || point.nth === 1 ? tried : tryNear({ ...point, nth: Math.ceil(point.nth / 2) });
}

async function tryPoint(point: Fault): Promise<{ readonly hasFired: boolean; readonly journal: readonly JournalLine[] }> {
  const { file, folder, calls, journal } = await run(point);
  const where = `${kindOf(point)}, number ${point.nth}`;
  await (await sqliteStore({ file })).close();
  assert.deepEqual(violationsIn(file, plan, journal, false), [], where);
  await commitAll(file, where);
  assert.deepEqual(violationsIn(file, plan, journal, true), [], `${where}, then all once more`);
  rmSync(join(folder, ".."), { recursive: true });
  const hasFired = calls.some((call) => call.isInjected);
  assert.ok(hasFired || most(calls.filter(({ call }) => call === point.call)) < point.nth, `${where}, fires where it can`);
  return { hasFired, journal };
}

/** Commits the whole plan once more under the same ids: what was unknown is known then. */
async function commitAll(file: string, where: string): Promise<void> {
  const store = await sqliteStore({ file });
  for (const round of crashPlan()) {
    const verdicts = await Promise.all(round.map(({ unit }) => store.commit(unit)));
    assert.deepEqual(
      verdicts.map((verdict) => verdict.outcome),
      round.map(({ expect }) => expect),
      where,
    );
  }
  await store.close();
}
