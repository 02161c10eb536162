import { readdirSync, readFileSync } from "node:fs";

const TICK_MICROS = 10_000;

/** Processor time of a process alone, in microseconds; to ten milliseconds. Zero where there is no /proc. */
export function cpuMicrosOf(pid: number): number {
  const [, , ...rest] = statFields(String(pid)) ?? [];
  return sum(rest.slice(9, 11)) * TICK_MICROS;
}

/**
 * Processor time of a process, its children, and those of them that ended, in microseconds (proc(5)); to ten milliseconds.
 * Zero where there is no /proc.
 */
export function cpuMicrosOfFamily(pid: number): number {
  let ticks = 0;
  for (const name of processes()) {
    const fields = statFields(name);
    if (fields === undefined) continue;
    const [, parent = 0, ...rest] = fields;
    // After state and parent: utime, stime, cutime and cstime are the 10th to 13th.
    if (Number(name) === pid) ticks += sum(rest.slice(9, 13));
    else if (parent === pid) ticks += sum(rest.slice(9, 11));
  }
  return ticks * TICK_MICROS;
}

function processes(): readonly string[] {
  try {
    return readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}

/** Numbers after the program's name: state (NaN), parent and so on. */
function statFields(pid: string): readonly number[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text
      .slice(text.lastIndexOf(")") + 2)
      .split(" ")
      .map(Number);
  } catch {
    return undefined;
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
