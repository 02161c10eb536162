import { commitSettled } from "@daybook/data/event-store/commit-settled";
import type { Store } from "@daybook/data/store";
import type { Condition, Effect, UnitCause } from "@daybook/data/store/unit";
import { canonical } from "@daybook/kernel/canonical";
import type { Clock } from "@daybook/kernel/clock";
import type { IdSource } from "@daybook/kernel/ids";
import { nextTime, type Timing } from "../schedule.ts";
import { shardOf, shardQueue } from "./run-stream.ts";

/** Starts a run at each of its times, under `{id}-{epoch milliseconds}`: each time once. */
export interface Schedule {
  readonly id: string;
  readonly workflow: string;
  readonly queue: string;
  /** Encoded. */
  readonly input: string;
  readonly timing: Timing;
  readonly cause: UnitCause;
}

export const SCHEDULES = "workflow-schedule";

/** Due items of schedules stand among those of runs, whose ids have no slash. */
const PREFIX = "schedule/";

export function isScheduleItem(id: string): boolean {
  return id.startsWith(PREFIX);
}

export function putSchedule(schedule: Schedule, now: number): readonly Effect[] {
  const row: Effect = { kind: "putRow", collection: SCHEDULES, key: schedule.id, value: canonical(schedule) };
  return [row, { ...itemOf(schedule), kind: "schedule", at: nextTime(schedule.timing, now), payload: "" }];
}

export function removeSchedule(schedule: Pick<Schedule, "id" | "queue">): readonly Effect[] {
  return [
    { kind: "deleteRow", collection: SCHEDULES, key: schedule.id },
    { ...itemOf(schedule), kind: "finish" },
  ];
}

export function parseSchedule(value: string): Schedule {
  return JSON.parse(value) as Schedule; // rows of this collection are written by putSchedule
}

function itemOf({ id, queue }: Pick<Schedule, "id" | "queue">) {
  const item = `${PREFIX}${id}`;
  return { queue: shardQueue(queue, shardOf(item)), id: item } as const;
}

export interface ScheduleHost {
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: IdSource;
  owned(): Condition;
  startScheduled(schedule: Schedule, at: number): Promise<void>;
}

/** Starts what is due, then sets the next time. Times missed while no worker ran are started once. */
export async function runSchedule(host: ScheduleHost, queue: string, itemId: string): Promise<void> {
  const { store, clock, ids } = host;
  const id = itemId.slice(PREFIX.length);
  const item = await store.getDue(queue, itemId);
  if (!item || item.at > clock.now()) return;
  const row = await store.getRow(SCHEDULES, id);
  const schedule = row && parseSchedule(row.value);
  if (schedule) await host.startScheduled(schedule, item.at);
  const effect: Effect = schedule
    ? { kind: "schedule", queue, id: itemId, at: nextTime(schedule.timing, clock.now()), payload: "" }
    : { kind: "finish", queue, id: itemId };
  const conditions: readonly Condition[] = [host.owned(), { kind: "due", queue, id: itemId, revision: item.revision }];
  const cause = schedule?.cause ?? { correlation: itemId, actor: "sys_workflow", tenant: "system" };
  await commitSettled(store, { id: ids("unt"), cause, conditions, effects: [effect] }, { clock });
}
