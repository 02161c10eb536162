import { messageOf } from "@daybook/kernel/errors";
import type { Contender, OpenContender, Progress, Sample } from "./benchmark.ts";

/** What was measured of one contender. */
export interface Measured {
  readonly contender: Pick<Contender, "name" | "workload" | "callers">;
  /** One a round, in order; fewer when it failed. */
  readonly samples: readonly Sample[];
  /** Why it was given up. */
  readonly failed: string | undefined;
}

interface Entry {
  readonly contender: Contender;
  readonly samples: Sample[];
  open: OpenContender | undefined;
  failed: string | undefined;
}

/**
 * Measures every contender once a round, by turns, so that what disturbs the machine disturbs all of them. A first round
 * warms up and does not count. A contender that fails is given up; the others go on.
 */
export async function runRounds(
  contenders: readonly Contender[],
  rounds: number,
  progress: Progress,
): Promise<readonly Measured[]> {
  const entries: Entry[] = contenders.map((contender) => ({ contender, samples: [], open: undefined, failed: undefined }));
  for (const entry of entries) {
    await attempt(entry, progress, async () => {
      entry.open = await entry.contender.open();
      await entry.open.measure();
    });
  }
  for (let round = 1; round <= rounds; round++) {
    progress(`round ${round} of ${rounds}`);
    for (const entry of entries) {
      const { open } = entry;
      if (open && entry.failed === undefined)
        await attempt(entry, progress, async () => void entry.samples.push(await open.measure()));
    }
  }
  for (const entry of entries) await attempt(entry, progress, async () => entry.open?.close());
  return entries;
}

async function attempt(entry: Entry, progress: Progress, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    entry.failed ??= messageOf(error).split("\n")[0] ?? "";
    progress(`${entry.contender.name} at ${entry.contender.callers} failed: ${messageOf(error)}`);
  }
}
