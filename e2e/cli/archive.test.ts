import assert from "node:assert/strict";
import { renameSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { sealPending } from "@daybook/data/event-store/seal";
import { openShop, SYSTEM_CONTEXT } from "@daybook/shop/shop";
import { call, codeOf } from "./call.ts";

describe("daybook archive", () => {
  let root: string;
  let data: string;

  before(async () => {
    root = await mkdtemp(join(tmpdir(), "daybook-archive-"));
    data = join(root, "data");
    const shop = await openShop({ data });
    const { store, clock, ids } = shop;
    await shop.catalogue.seed(SYSTEM_CONTEXT);
    await sealPending({ store, clock, ids, owner: "embedded" }, { isFinal: true });
    await shop.close();
    const listed = await call(["product", "list", "late", "--name", "Late", "--price", "1.00 GBP", "--data", data]);
    assert.equal(listed.code, 0, listed.err);
  });
  after(() => rm(root, { recursive: true }));

  const answered = async (...words: readonly string[]) => {
    const called = await call([...words, "--data", data, "--json"]);
    assert.equal(called.code, 0, called.out + called.err);
    return JSON.parse(called.out) as Record<string, unknown>;
  };

  test("says what it would do, does it, and shows what it has done", async () => {
    assert.deepEqual(await answered("archive", "run", "--dry-run"), { dryRun: true, from: 1, facts: 0, isEnough: false });
    const next = await answered("archive", "run", "--older-than", "0", "--least", "5", "--dry-run");
    const { facts } = next;
    assert.deepEqual(next, { dryRun: true, from: 1, facts, isEnough: true });
    assert.deepEqual((await answered("archive", "ls"))["segments"], []);
    const progress = { segments: 1, archived: facts, removed: facts };
    assert.deepEqual(await answered("archive", "run", "--older-than", "0", "--least", "5"), { state: "archived", progress });
    const [segment] = (await answered("archive", "ls"))["segments"] as Record<string, unknown>[];
    assert.deepEqual([segment?.["from"], segment?.["to"], segment?.["removed"]], [1, facts, true]);
    assert.equal((await answered("stream", "read", "product-teapot"))["stream"], "product-teapot");
    assert.equal((await call(["verify", "--data", data, "--quiet"])).code, 0);
    assert.equal((await call(["doctor", "--data", data, "--quiet"])).code, 0);
  });

  test("the folder may lie elsewhere, and who does not find it is told which file is missing", async () => {
    const [cold, elsewhere] = [join(data, "cold"), join(root, "elsewhere")];
    renameSync(cold, elsewhere);
    const found = await call(["stream", "read", "product-teapot", "--data", data, "--cold", elsewhere, "--json"]);
    assert.equal(found.code, 0, found.err);
    assert.equal((await call(["verify", "--data", data, "--cold", elsewhere, "--quiet"])).code, 0);
    const missed = await call(["stream", "read", "product-teapot", "--data", data, "--json", "--quiet"]);
    assert.deepEqual([missed.code, codeOf(missed)], [5, "segment-unreachable"]);
    assert.match(missed.err, /cold\/1-\d+\.db/);
    const examined = await call(["doctor", "--data", data, "--quiet"]);
    assert.deepEqual([examined.code, /is missing, or not whole/.test(examined.out)], [7, true]);
    const backedUp = await call(["backup", "--data", data, "--to", join(root, "backup"), "--json"]);
    assert.deepEqual([backedUp.code, codeOf(backedUp)], [5, "segment-unreachable"]);
    const copied = await call(["copy", "--from", data, "--to", join(root, "copy"), "--json", "--quiet"]);
    assert.deepEqual([copied.code, codeOf(copied)], [5, "segment-unreachable"]);
    assert.equal((await call(["product", "price", "late", "--price", "2.00 GBP", "--data", data])).code, 0, "all else goes on");
    renameSync(elsewhere, cold);
    const again = await call(["copy", "--from", data, "--to", join(root, "fresh"), "--json", "--quiet"]);
    assert.equal(again.code, 0, again.err);
    assert.equal((await call(["verify", "--data", join(root, "fresh"), "--quiet"])).code, 0);
  });

  test("refuses what it cannot do", async () => {
    const refused = async (...words: readonly string[]) => codeOf(await call([...words, "--json", "--quiet"]));
    assert.equal(await refused("archive", "run", "--older-than", "soon", "--data", data), "usage-invalid");
    assert.equal(await refused("archive", "run", "--least", "0", "--data", data), "usage-invalid");
    assert.equal(await refused("archive", "ls", "--data", join(root, "nowhere")), "no-shop-here");
    assert.equal(await refused("archive", "run", "--store", "memory", "--data", join(root, "memory")), "not-found");
    assert.equal(await refused("start", "--archive-after", "0", "--data", data), "config-invalid");
  });
});
