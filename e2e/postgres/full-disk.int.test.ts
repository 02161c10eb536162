import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { postgresStore } from "@daybook/data/store/postgres";
import { sleep, systemClock } from "@daybook/kernel/clock";
import { smallDisk } from "./small-disk.ts";
import { underFaults } from "./under-faults.ts";

test("a disk that is full loses nothing, does nothing twice, and clients go on when there is space again", async (context) => {
  const disk = await smallDisk("postgres-disk", 96);
  if (!disk) return context.skip("this user may not mount a small file system");
  context.after(() => disk.remove());
  const { url, dataFolder } = await disk.server.up((text) => console.error(text));
  const [first, second] = [await postgresStore({ url }), await postgresStore({ url })];
  context.after(() => Promise.all([first.close(), second.close()]));
  const refusals = () =>
    readFileSync(join(dirname(dataFolder), "server.log"), "utf8").split("No space left on device").length - 1;
  let filled = 0;
  await underFaults([first, second], async () => {
    if (filled === 3) return;
    const before = refusals();
    disk.fill();
    for (let waits = 0; waits < 100 && refusals() === before; waits++) await sleep(systemClock, 20);
    disk.free();
    await disk.server.up(() => {});
    filled++;
  });
  assert.ok(refusals() > 0, "the disk was never full for the server");
});
