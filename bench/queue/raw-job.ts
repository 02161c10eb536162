import { systemClock } from "@daybook/kernel/clock";
import { factSource } from "../workload.ts";
import { idSource } from "@daybook/kernel/ids";
import { systemRandom } from "@daybook/kernel/random";

/** A job as a hand-written queue stores it: the bytes of Daybook's message, and a unit for its sending and for its end. */
export interface RawJob {
  readonly id: string;
  readonly sending: string;
  readonly ending: string;
  readonly correlation: string;
  readonly actor: string;
  readonly body: string;
}

export const QUEUE = "queue/jobs/0";
export const VISIBILITY_MS = 30_000;

export interface JobSource {
  readonly job: () => RawJob;
  readonly unitId: () => string;
}

export function jobSource(): JobSource {
  const fact = factSource("fresh");
  const id = idSource(systemClock, systemRandom());
  return {
    unitId: () => id("unt"),
    job() {
      const { data, cause } = fact();
      return {
        id: id("msg"),
        sending: id("unt"),
        ending: id("unt"),
        correlation: cause.correlation,
        actor: cause.actor,
        body: data,
      };
    },
  };
}

/** The payload of a job that waits, or of one that was taken. */
export function payloadOf({ correlation, actor, body }: RawJob, sentAt: number, takenAt?: number): string {
  const taken = takenAt === undefined ? {} : { takenAt, deliveries: 1 };
  return `${JSON.stringify({ version: 1, sentAt, cause: { correlation, actor, tenant: "main" }, ...taken })}\n${body}`;
}
