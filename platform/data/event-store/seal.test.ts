import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { digestHex } from "@daybook/kernel/digest";
import { digestText } from "@daybook/data/store/encode";
import { added, CONTEXT, trialLog, type TrialLog } from "./conformance/trial.ts";
import { sealKey, sealText, type Seal, type SealRow } from "./seal-format.ts";
import { sealPending, startSealer } from "./seal.ts";
import { verifySeals, type RawFact, type Verification } from "./verify-seals.ts";

/** A log of 2,300 facts, sealed up to 2,200: ranges 1–1000, 1001–2000, 2001–2200. */
async function sealedLog(): Promise<{ readonly facts: RawFact[]; readonly seals: SealRow[] }> {
  const log = trialLog();
  for (let n = 0; n < 22; n++) await log.add(`sum-${n % 3}`, ...Array.from({ length: 100 }, (_, i) => n * 100 + i));
  assert.equal(await sealPending({ ...log, owner: "one" }, { isFinal: false }), 2_000);
  assert.equal(await sealPending({ ...log, owner: "one" }, { isFinal: true }), 2_200);
  await log.add("sum-late", ...Array.from({ length: 100 }, (_, i) => i));
  const taken = await takenOut(log);
  await log.store.close();
  return taken;
}

async function takenOut({ store }: TrialLog): Promise<{ readonly facts: RawFact[]; readonly seals: SealRow[] }> {
  const facts: RawFact[] = [];
  for (;;) {
    const after = facts.length;
    const [{ events }, digests] = await Promise.all([store.readLog({ after }), store.readDigests({ after })]);
    if (events.length === 0) break;
    facts.push(...events.map((event, index) => ({ ...event, digest: digests[index] ?? "" })));
  }
  const { rows } = await store.listRows({ collection: "seals" });
  return { facts, seals: rows.map(({ key, value }) => ({ key, value })) };
}

function verified(facts: readonly RawFact[], seals: readonly SealRow[], sealedTo?: number): Promise<Verification> {
  const read = (after: number, limit: number) => facts.filter((fact) => fact.position > after).slice(0, limit);
  return verifySeals(read, seals, sealedTo === undefined ? {} : { sealedTo });
}

/** `facts` with the one at `position` changed; its digest made to fit again when `isCovered`. */
function changed(facts: readonly RawFact[], position: number, change: Partial<RawFact>, isCovered = false): RawFact[] {
  return facts.map((fact) => {
    if (fact.position !== position) return fact;
    const other = { ...fact, ...change };
    return isCovered ? { ...other, digest: digestHex(digestText(other)) } : other;
  });
}

function altered(seals: readonly SealRow[], index: number, change: Partial<Seal>): SealRow[] {
  return seals.map((row, at) =>
    at === index ? { ...row, value: sealText({ ...(JSON.parse(row.value) as Seal), ...change }) } : row,
  );
}

void describe("seals", async () => {
  const { facts, seals } = await sealedLog();

  void test("are what the format says", () => {
    assert.deepEqual(
      seals.map((row) => row.key),
      [1_000, 2_000, 2_200].map(sealKey),
    );
    const [first, second] = seals.map((row) => JSON.parse(row.value) as Seal);
    assert.ok(first && second);
    assert.equal(first.previous, "0".repeat(64));
    assert.equal(second.previous, first.hash);
    const lines = facts.map((fact) => [fact.position, fact.version, fact.recordedAt, fact.digest].join(" "));
    const hashOf = (...text: readonly string[]) => createHash("sha256").update(text.join("\n")).digest("hex");
    assert.equal(first.hash, hashOf("0".repeat(64), "1", "1000", ...lines.slice(0, 1_000)));
    assert.equal(second.hash, hashOf(first.hash, "1001", "2000", ...lines.slice(1_000, 2_000)));
  });

  void test("of a sound log verify, and the tail is counted", async () => {
    assert.deepEqual(await verified(facts, seals, 2_200), { checked: 2_300, unsealed: 100, violations: [] });
    assert.deepEqual(await verified([], []), { checked: 0, unsealed: 0, violations: [] });
  });

  const at = (position: number): RawFact => {
    const fact = facts[position - 1];
    assert.ok(fact);
    return fact;
  };
  const planted: Readonly<Record<string, readonly [readonly RawFact[], readonly SealRow[], number, string]>> = {
    "a flipped byte of data": [changed(facts, 1_500, { data: '{"n":7777}' }), seals, 1_500, "record-changed"],
    "a flipped byte of meta in the tail": [changed(facts, 2_250, { meta: "{}" }), seals, 2_250, "record-changed"],
    "a record cut short": [changed(facts, 5, { data: at(5).data.slice(0, -1) }), seals, 5, "record-changed"],
    "a changed record with a new digest": [changed(facts, 1_500, { data: '{"n":7777}' }, true), seals, 1_001, "seal-mismatch"],
    "a changed time of recording": [changed(facts, 3, { recordedAt: at(3).recordedAt + 1 }), seals, 4, "time-goes-back"],
    "a changed version": [changed(facts, 2_001, { version: 9 }), seals, 2_001, "seal-mismatch"],
    "a dropped record": [facts.filter((fact) => fact.position !== 1_234), seals, 1_234, "record-missing"],
    "a dropped record at the end of a range": [facts.filter((fact) => fact.position !== 1_000), seals, 1_000, "record-missing"],
    "a dropped record, the others moved up": [
      facts.filter((fact) => fact.position !== 1_234).map((fact, index) => ({ ...fact, position: index + 1 })),
      seals,
      1_001,
      "seal-mismatch",
    ],
    "two swapped records": [
      facts.toSpliced(99, 2, { ...at(101), position: 100 }, { ...at(100), position: 101 }),
      seals,
      1,
      "seal-mismatch",
    ],
    "a log cut in the middle of what is sealed": [facts.slice(0, 2_100), seals, 2_101, "record-missing"],
    "a whole range gone from the middle": [[...facts.slice(0, 900), ...facts.slice(1_900)], seals, 901, "record-missing"],
    "a missing seal": [facts, seals.toSpliced(1, 1), 1_001, "seal-missing"],
    "a missing first seal": [facts, seals.slice(1), 1, "seal-missing"],
    "a missing last seal": [facts, seals.slice(0, 2), 2_001, "seal-missing"],
    "an altered hash": [facts, altered(seals, 1, { hash: "f".repeat(64) }), 1_001, "seal-mismatch"],
    "an altered previous hash": [facts, altered(seals, 1, { previous: "f".repeat(64) }), 1_001, "seal-chain-broken"],
    "an altered count": [facts, altered(seals, 1, { count: 999 }), 1_001, "seal-unreadable"],
    "a seal that is no JSON": [facts, seals.with(1, { key: sealKey(2_000), value: "{" }), 1_001, "seal-unreadable"],
    "a seal that is there twice": [facts, seals.toSpliced(1, 0, seals[0] ?? { key: "", value: "" }), 1_001, "seal-unreadable"],
  };
  for (const [name, [brokenFacts, brokenSeals, position, what]] of Object.entries(planted)) {
    void test(`find ${name}`, async () => {
      const { violations } = await verified(brokenFacts, brokenSeals, 2_200);
      assert.deepEqual(violations[0], { position, what }, JSON.stringify(violations.slice(0, 5)));
    });
  }

  void test("do not let a damaged range hide damage behind it", async () => {
    const broken = changed(changed(facts, 10, { data: "{}" }), 2_100, { data: "{}" });
    assert.deepEqual((await verified(broken, seals)).violations, [
      { position: 10, what: "record-changed" },
      { position: 2_100, what: "record-changed" },
    ]);
  });

  void test("of a log that is rubbish throughout give an answer that ends", async () => {
    const broken = facts.map((fact) => ({ ...fact, data: "{}" }));
    assert.equal((await verified(broken, seals)).violations.length, 1_000);
  });
});

void describe("the sealer", () => {
  void test("writes the hashes that the format's examples say", async () => {
    const log = trialLog();
    await log.events.append({ unitId: "unt_1", stream: "sum-a", events: [added(1)], context: CONTEXT });
    await sealPending({ ...log, owner: "one" }, { isFinal: true });
    const { facts, seals } = await takenOut(log);
    assert.equal(facts[0]?.recordedAt, 1767225600000);
    const written = [facts[0].digest, (JSON.parse(seals[0]?.value ?? "") as Seal).hash];
    const format = readFileSync(new URL("../../../docs/format.md", import.meta.url), "utf8");
    assert.deepEqual(
      [...format.matchAll(/^`([0-9a-f]{64})`/gm)].map(([, hash]) => hash),
      written,
    );
    await log.store.close();
  });

  void test("seals whole ranges as they fill and the rest once nothing is appended", async () => {
    const log = trialLog();
    for (let n = 0; n < 11; n++) await log.add("sum-a", ...Array.from({ length: 100 }, (_, i) => i));
    const sealer = startSealer({ ...log, owner: "one" });
    await log.until(() => sealer.status().position === 1_000, 100);
    await log.until(() => sealer.status().position === 1_100, 100);
    await log.add("sum-a", 1);
    await sealer.stop();
    assert.equal(await log.store.getKey("checkpoint/sealer"), "1101", "stopping seals what is there");
    assert.equal((await log.store.getLease("sealer"))?.isRunning, false);
    const { facts, seals } = await takenOut(log);
    assert.deepEqual(await verified(facts, seals, 1_101), { checked: 1_101, unsealed: 0, violations: [] });
    await log.store.close();
  });

  void test("of several, one seals; the other takes over when its lease has run out", async () => {
    const log = trialLog();
    await log.store.commit({
      id: log.ids("unt"),
      cause: { correlation: "x", actor: "x", tenant: "x" },
      conditions: [{ kind: "leaseFree", name: "sealer", owner: "dead" }],
      effects: [{ kind: "takeLease", name: "sealer", owner: "dead", ttlMs: 30_000 }],
    });
    await log.add("sum-a", 1);
    assert.equal(await sealPending({ ...log, owner: "one" }, { isFinal: true }), 0);
    log.clock.advance(30_000);
    assert.deepEqual(
      await Promise.all(["one", "two"].map((owner) => sealPending({ ...log, owner }, { isFinal: true }))).then((ends) =>
        Math.max(...ends),
      ),
      1,
    );
    assert.equal((await log.store.listRows({ collection: "seals" })).rows.length, 1);
    await log.store.close();
  });

  void test("lets others run while it reads a range", async () => {
    const log = trialLog();
    for (let n = 0; n < 10; n++) await log.add("sum-a", ...Array.from({ length: 100 }, (_, i) => i));
    let turns = 0;
    let isOver = false;
    const count = () => {
      turns++;
      if (!isOver) setImmediate(count);
    };
    setImmediate(count);
    const turnOfRead: number[] = [];
    const store = {
      ...log.store,
      readLog: (options: Parameters<typeof log.store.readLog>[0]) => (turnOfRead.push(turns), log.store.readLog(options)),
    };
    assert.equal(await sealPending({ ...log, store, owner: "one" }, { isFinal: false }), 1_000);
    isOver = true;
    assert.deepEqual([turnOfRead.length, new Set(turnOfRead).size], [10, 10]);
    await log.store.close();
  });

  void test("does not seal a record that is not what its digest says, and tells", async () => {
    const log = trialLog();
    await log.add("sum-a", 1, 2);
    const store = {
      ...log.store,
      readLog: async (options: Parameters<typeof log.store.readLog>[0]) => {
        const page = await log.store.readLog(options);
        return { ...page, events: page.events.map((event) => ({ ...event, data: '{"n":0}' })) };
      },
    };
    await assert.rejects(sealPending({ ...log, store, owner: "one" }, { isFinal: true }), { code: "log-changed-after-sealing" });
    const sealer = startSealer({ ...log, store, owner: "one" });
    await log.until(() => sealer.status().error !== undefined, 1_000);
    await sealer.stop();
    assert.equal(await log.store.getKey("checkpoint/sealer"), undefined);
    await log.store.close();
  });
});
