import assert from "node:assert/strict";
import { sleep, systemClock } from "@daybook/kernel/clock";
import type { Store } from "@daybook/data/store";
import { checkHistory } from "../history/checker.ts";
import { recordHistory } from "../history/recorder.ts";
import { withInnerRetries } from "./inner-retries.ts";
import { patientStore } from "./patient-store.ts";

const SEED = 7;
/** So a slow machine is not disturbed more than it gets done. */
const ANSWERS_BETWEEN = 60;

/** Records clients at work while `disturb` is called again and again, and judges what they were told. */
export async function underFaults(stores: readonly Store[], disturb: () => Promise<void>): Promise<void> {
  const work = { answers: 0, isDone: false };
  const counting = (store: Store): Store => ({ ...store, commit: (unit) => store.commit(unit).finally(() => work.answers++) });
  const patient = stores.map((store) => patientStore(counting(store), systemClock));
  const options = { clock: systemClock, clients: 12, operations: 300, streams: 12, seed: SEED };
  const done = recordHistory({ ...options, stores: patient }).finally(() => (work.isDone = true));
  for (let next = ANSWERS_BETWEEN; !work.isDone;) {
    await sleep(systemClock, 20);
    if (work.isDone || work.answers < next) continue;
    await disturb();
    next = work.answers + ANSWERS_BETWEEN;
  }
  const report = checkHistory(withInnerRetries(await done), { okMin: 1_500 });
  assert.deepEqual(report.violations, [], `seed ${SEED}`);
  for (const store of stores) assert.deepEqual(await store.check(), []);
}
