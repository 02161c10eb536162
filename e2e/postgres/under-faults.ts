import assert from "node:assert/strict";
import { sleep, systemClock } from "@daybook/kernel/clock";
import type { Store } from "@daybook/data/store";
import { checkHistory } from "../history/checker.ts";
import { recordHistory } from "../history/recorder.ts";
import { withInnerRetries } from "./inner-retries.ts";
import { patientStore } from "./patient-store.ts";

const SEED = 7;

/** Records clients at work while `disturb` is called again and again, and judges what they were told. */
export async function underFaults(stores: readonly Store[], disturb: () => Promise<void>): Promise<void> {
  const recorder = { isDone: false };
  const patient = stores.map((store) => patientStore(store, systemClock));
  const options = { clock: systemClock, clients: 12, operations: 300, streams: 12, seed: SEED };
  const done = recordHistory({ ...options, stores: patient }).finally(() => (recorder.isDone = true));
  while (!recorder.isDone) {
    await sleep(systemClock, 60);
    if (!recorder.isDone) await disturb();
  }
  const report = checkHistory(withInnerRetries(await done), { okMin: 1_500 });
  assert.deepEqual(report.violations, [], `seed ${SEED}`);
  for (const store of stores) assert.deepEqual(await store.check(), []);
}
