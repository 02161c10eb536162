import type { Clock } from "@daybook/kernel/clock";
import { sleep } from "@daybook/kernel/clock";
import type { Store } from "@daybook/data/store";

/** The store, with reads that are tried again until the database is back. Reading twice changes nothing. */
export function patientStore(store: Store, clock: Clock): Store {
  const patient =
    <A extends readonly unknown[], R>(read: (...words: A) => Promise<R>) =>
    async (...words: A): Promise<R> => {
      for (let triesLeft = 400; ; triesLeft--) {
        try {
          return await read(...words);
        } catch (error) {
          if (triesLeft === 0) throw error;
          await sleep(clock, 25);
        }
      }
    };
  return {
    ...store,
    head: patient(() => store.head()),
    readLog: patient((options) => store.readLog(options)),
    readDigests: patient((page) => store.readDigests(page)),
    readStream: patient((stream, options) => store.readStream(stream, options)),
  };
}
