import { systemClock } from "@daybook/kernel/clock";
import { idSource } from "@daybook/kernel/ids";
import { systemRandom } from "@daybook/kernel/random";
import { recordType } from "@daybook/kernel/record-type";
import type { Store } from "@daybook/data/store";
import type { Effect } from "@daybook/data/store/unit";
import { consume } from "@daybook/messaging/queue/consumer";
import { queue } from "@daybook/messaging/queue";
import { receiver } from "@daybook/messaging/queue/receiver";
import { sender } from "@daybook/messaging/queue/send";
import { z } from "zod";
import { eachBy, type Work } from "../closed-loop.ts";
import { benchFailed } from "../errors.ts";
import { factSource, many, type OneFact } from "../workload.ts";

const ORDER = z.strictObject({
  customer: z.string(),
  lines: z.array(z.strictObject({ quantity: z.int(), sku: z.string() })),
  note: z.string(),
  total: z.int(),
});
type Order = z.infer<typeof ORDER>;
const JOBS = queue({ name: "jobs", message: recordType<Order>({ name: "Order", schema: ORDER }) });
const WAIT_MS = 10_000;

export interface DaybookJobs {
  /** Callers that each send a job, receive one and acknowledge that, one call after the other. */
  oneCallEach(callers: number): (count: number) => Work;
  /** Sends jobs and has a consumer finish them, as fast as it goes. */
  finish(count: number): Promise<void>;
}

export function daybookJobs(store: Store): DaybookJobs {
  const random = systemRandom();
  const common = { queue: JOBS, store, clock: systemClock, ids: idSource(systemClock, random), random };
  const sends = sender(common);
  const receives = receiver(common);
  const fact = factSource("fresh");

  async function job({ data, cause }: OneFact): Promise<void> {
    const { correlation, actor, tenant } = cause;
    await sends.send(parsed(data), { context: { correlationId: correlation, actor, tenant } });
    const [delivery] = await receives.receive({ max: 1, waitMs: WAIT_MS });
    const ending = await delivery?.acknowledge();
    if (ending !== "done") throw benchFailed(`a job was ${ending ?? "not received"}`);
  }

  return {
    oneCallEach: (callers) => (count) => {
      const facts = many(count, fact);
      return () => eachBy(callers, facts, job);
    },
    async finish(count) {
      let done = 0;
      const allDone = Promise.withResolvers<void>();
      const consumer = consume({
        ...common,
        concurrency: 600,
        handle: () => {
          if (++done === count) allDone.resolve();
        },
      });
      for (let sent = 0; sent < count; sent += SENT_TOGETHER) {
        const effects = many(Math.min(SENT_TOGETHER, count - sent), () => messageOf(fact()));
        const verdict = await store.commit({ id: common.ids("unt"), cause: CAUSE, conditions: [], effects });
        if (verdict.outcome !== "committed") throw benchFailed(`jobs were not sent: ${verdict.outcome}`);
      }
      await allDone.promise;
      await consumer.stop();
    },
  };

  function messageOf({ data, cause }: OneFact): Effect {
    const { correlation, actor, tenant } = cause;
    return sends.effect(parsed(data), { context: { correlationId: correlation, actor, tenant } });
  }
}

const SENT_TOGETHER = 500;
const CAUSE = { correlation: "bench", actor: "sys_bench", tenant: "main" };

function parsed(text: string): Order {
  return JSON.parse(text) as Order; // made by orderText
}
