import { scheduleInvalid } from "./errors.ts";

/** When a schedule starts its runs: every so many milliseconds (counted from the epoch), or by a cron expression in UTC. */
export interface Timing {
  readonly everyMs?: number;
  /** Minute, hour, day of the month, month, day of the week (0 or 7 is Sunday): `*`, `n`, `a-b`, `a,b`, `*` or `a-b` with `/n`. */
  readonly cron?: string;
}

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** A day that comes only in leap years can be eight years away. */
const DAYS_MAX = 366 * 9;

/** The first time after `after`, epoch milliseconds. Throws `workflow-schedule-invalid`, also for a time that never comes. */
export function nextTime(timing: Timing, after: number): number {
  const { everyMs, cron } = timing;
  if (cron !== undefined && everyMs === undefined) return nextOfCron(cron, after);
  if (everyMs === undefined || cron !== undefined || !Number.isSafeInteger(everyMs) || everyMs < 1) {
    throw scheduleInvalid(`a schedule has either everyMs (a whole number from 1) or cron: ${JSON.stringify(timing)}`);
  }
  return (Math.floor(after / everyMs) + 1) * everyMs;
}

interface Field {
  readonly values: ReadonlySet<number>;
  readonly isAny: boolean;
}

const RANGES = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 7],
] as const;

function nextOfCron(cron: string, after: number): number {
  const words = cron.trim().split(/\s+/);
  if (words.length !== RANGES.length) throw scheduleInvalid(`a cron expression has five fields, not "${cron}"`);
  const [minutes, hours, days, months, weekdays] = RANGES.map(([low, high], at) => fieldOf(words[at] ?? "", low, high)) as [
    Field,
    Field,
    Field,
    Field,
    Field,
  ]; // one for each range
  const from = (Math.floor(after / MINUTE_MS) + 1) * MINUTE_MS;
  for (let day = Math.floor(from / DAY_MS) * DAY_MS, n = 0; n < DAYS_MAX; day += DAY_MS, n++) {
    const date = new Date(day);
    if (!months.values.has(date.getUTCMonth() + 1) || !isDay(date, days, weekdays)) continue;
    for (const hour of sorted(hours)) {
      for (const minute of sorted(minutes)) {
        const at = day + (hour * 60 + minute) * MINUTE_MS;
        if (at >= from) return at;
      }
    }
  }
  throw scheduleInvalid(`"${cron}" never comes`);
}

/** As in crontab(5): when both days are restricted, either will do. */
function isDay(date: Date, days: Field, weekdays: Field): boolean {
  const isMonthDay = days.values.has(date.getUTCDate());
  const weekday = date.getUTCDay();
  const isWeekday = weekdays.values.has(weekday) || (weekday === 0 && weekdays.values.has(7));
  if (days.isAny || weekdays.isAny) return isMonthDay && isWeekday;
  return isMonthDay || isWeekday;
}

function fieldOf(text: string, low: number, high: number): Field {
  const values = new Set<number>();
  for (const part of text.split(",")) {
    const match = /^(?:\*|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/.exec(part);
    if (!match) throw scheduleInvalid(`"${part}" is no part of a cron expression`);
    const [, first, last, every] = match;
    const from = first === undefined ? low : Number(first);
    const to = last !== undefined ? Number(last) : first === undefined || every !== undefined ? high : from;
    const stride = every === undefined ? 1 : Number(every);
    if (from < low || to > high || from > to || stride < 1) throw scheduleInvalid(`"${part}" is not between ${low} and ${high}`);
    for (let value = from; value <= to; value += stride) values.add(value);
  }
  return { values, isAny: text === "*" };
}

function sorted({ values }: Field): readonly number[] {
  return [...values].toSorted((a, b) => a - b);
}
