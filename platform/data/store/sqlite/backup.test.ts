import assert from "node:assert/strict";
import { appendFileSync, chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { systemClock, type Clock } from "@daybook/kernel/clock";
import { seededRandom } from "@daybook/kernel/random";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import { archivedStore } from "../archive/archived-store.ts";
import { archiving } from "../archive/archiving-trial.ts";
import type { Store } from "../port.ts";
import { positionToken, readPosition } from "../position.ts";
import { committed, facts, rejectsWith, unit } from "../conformance/trial.ts";
import { backup, restore } from "./backup.ts";
import { sqliteFactRemoval } from "./fact-removal.ts";
import { segmentFolder } from "./segment-folder.ts";
import { sqliteStore } from "./sqlite-store.ts";

describe("a backup", () => {
  let root: string;
  let folder: string;
  let store: Store;
  const databases = ["daybook.db"];

  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), "daybook-backup-"));
    folder = join(root, "data");
    mkdirSync(folder);
    writeFileSync(join(folder, "master.key"), "secret", { mode: 0o600 });
    store = await sqliteStore({ file: join(folder, "daybook.db") });
    for (let n = 1; n <= 20; n++) await committed(store, unit(`unt_${n}`, { do: [facts(`order-${n}`, 3)] }));
  });

  afterEach(async () => {
    await store.close();
    rmSync(root, { recursive: true });
  });

  test("holds the store as of one moment, while commits go on, and says where its log ends", async () => {
    const made = backup({ folder, to: join(root, "copy"), databases, files: ["master.key"] });
    for (let n = 100; n < 200; n++) await committed(store, unit(`unt_${n}`, { do: [facts("ledger-main", 2)] }));
    const manifest = await made;
    assert.equal(manifest.files[0]?.name, "master.key");
    const copy = await sqliteStore({ file: join(root, "copy", "daybook.db"), readOnly: true });
    const head = await copy.head();
    await copy.close();
    assert.equal(head.position, manifest.databases[0]?.position);
    assert.ok(head.position >= 60 && head.position <= (await store.head()).position);
  });

  test("has the archive's files, each as it was recorded, and is refused without one of them", async () => {
    const [place, removal] = [segmentFolder(join(folder, "cold")), sqliteFactRemoval(join(folder, "daybook.db"))];
    const archived = async (data: string) => {
      const hot = await sqliteStore({ file: join(data, "daybook.db"), readOnly: true });
      return archivedStore({ hot, place: segmentFolder(join(data, "cold")), clock: systemClock });
    };
    const trial = archiving({
      store: await archivedStore({ hot: store, place, clock: systemClock }),
      removal,
      random: seededRandom(2),
    });
    for (let n = 0; n < 10; n++) await committed(trial, unit(`unt_more_${n}`, { do: [facts("order-1")] }));
    const names = readdirSync(join(folder, "cold"));
    assert.ok(names.length >= 1);
    const manifest = await backup({ folder, to: join(root, "copy"), databases });
    assert.deepEqual(manifest.segments?.map(({ name }) => name).sort(), names.sort());
    await restore({ from: join(root, "copy"), folder: join(root, "again") });
    const again = await archived(join(root, "again"));
    assert.deepEqual((await again.readLog({ after: 0 })).events, (await trial.readLog({ after: 0 })).events);
    await again.close();
    const [name = ""] = names;
    chmodSync(join(root, "copy", "cold", name), 0o600);
    appendFileSync(join(root, "copy", "cold", name), "x");
    await rejectsWith("backup-invalid", restore({ from: join(root, "copy"), folder: join(root, "third") }));
    chmodSync(join(folder, "cold", name), 0o600);
    appendFileSync(join(folder, "cold", name), "x");
    await rejectsWith("segment-damaged", backup({ folder, to: join(root, "other"), databases }));
    rmSync(join(folder, "cold", name));
    await rejectsWith("segment-unreachable", backup({ folder, to: join(root, "other"), databases }));
    assert.ok(!existsSync(join(root, "third")) && !existsSync(join(root, "other")));
    await removal.close();
  });

  test("is restored with a higher epoch, into an empty folder, and works on", async () => {
    await backup({ folder, to: join(root, "copy"), databases, files: ["master.key"] });
    const restored = await restore({ from: join(root, "copy"), folder: join(root, "again") });
    const again = await sqliteStore({ file: join(root, "again", "daybook.db") });
    const { epoch, position } = await again.head();
    assert.deepEqual([restored.databases[0]?.epoch, restored.databases[0]?.position], [epoch, position]);
    assert.ok(epoch > (await store.head()).epoch);
    assert.equal(position, 60);
    assert.deepEqual(await again.readLog({ after: 0 }), await store.readLog({ after: 0 }));
    assert.equal((await committed(again, unit("unt_next", { do: [facts("order-1")] }))).position, 61);
    await again.close();
    assert.deepEqual(readdirSync(join(root, "again")).sort(), ["daybook.db", "daybook.db-lock", "master.key"]);
  });

  test("of which two restores share no epoch, though they are made in one millisecond, and later ones have higher epochs", async () => {
    await backup({ folder, to: join(root, "copy"), databases });
    const random = seededRandom(1);
    const epochs: number[] = [];
    for (const ms of [2_000_000_000_000, 2_000_000_000_000, 2_000_000_000_001]) {
      const target = join(root, `again-${epochs.length}`);
      await restore({ from: join(root, "copy"), folder: target, clock: virtualClock(ms), random });
      const again = await sqliteStore({ file: join(target, "daybook.db"), readOnly: true });
      const head = await again.head();
      await again.close();
      assert.equal(readPosition(positionToken(head.epoch, head.position), head), head.position, "a token carries it");
      epochs.push(head.epoch);
    }
    const [one = 0, two = 0, three = 0] = epochs;
    assert.notEqual(one, two);
    assert.ok(three > Math.max(one, two));
  });

  test("of a backup that was itself restored in the future has an epoch above that one", async () => {
    await backup({ folder, to: join(root, "copy"), databases });
    await restore({ from: join(root, "copy"), folder: join(root, "late"), clock: virtualClock(3_000_000_000_000) });
    await backup({ folder: join(root, "late"), to: join(root, "late-copy"), databases });
    await restore({ from: join(root, "late-copy"), folder: join(root, "again"), clock: virtualClock(2_000_000_000_000) });
    const epochs: number[] = [];
    for (const name of ["late", "again"]) {
      const store = await sqliteStore({ file: join(root, name, "daybook.db"), readOnly: true });
      epochs.push((await store.head()).epoch);
      await store.close();
    }
    assert.equal(epochs[1], (epochs[0] ?? 0) + 1);
  });

  test("during which a plain file changes, comes or goes is none", async () => {
    const file = (name: string) => join(folder, name);
    const changes: readonly (() => void)[] = [
      () => writeFileSync(file("master.key"), "another"),
      () => writeFileSync(file("next.key"), "secret"),
      () => rmSync(file("next.key")),
    ];
    for (const change of changes) {
      const changing: Clock = { ...virtualClock(), now: () => (change(), 1) };
      const files = ["master.key", "next.key"];
      await rejectsWith("backup-invalid", backup({ folder, to: join(root, "copy"), databases, files, clock: changing }));
      assert.deepEqual(readdirSync(root), ["data"]);
    }
    const made = await backup({ folder, to: join(root, "copy"), databases, files: ["master.key", "next.key"] });
    assert.deepEqual(
      made.files.map(({ name }) => name),
      ["master.key"],
    );
  });

  test("never replaces anything", async () => {
    mkdirSync(join(root, "copy"));
    await rejectsWith("backup-target-exists", backup({ folder, to: join(root, "copy"), databases }));
    await backup({ folder, to: join(root, "other"), databases });
    await rejectsWith("backup-target-exists", restore({ from: join(root, "other"), folder }));
  });

  test("that cannot be finished leaves nothing behind", async () => {
    await assert.rejects(backup({ folder, to: join(root, "copy"), databases: ["missing.db"] }));
    assert.deepEqual(readdirSync(root), ["data"]);
    assert.ok(!existsSync(join(folder, "missing.db")));
  });

  test("that was changed is not restored", async () => {
    await backup({ folder, to: join(root, "copy"), databases });
    appendFileSync(join(root, "copy", "daybook.db"), "x");
    await rejectsWith("backup-invalid", restore({ from: join(root, "copy"), folder: join(root, "again") }));
    await rejectsWith("backup-invalid", restore({ from: root, folder: join(root, "again") }));
    assert.ok(!existsSync(join(root, "again")));
  });
});
