/** Epoch milliseconds as ISO 8601 in UTC; empty for what is no time. */
export function timeText(value: unknown): string {
  return typeof value === "number" && Math.abs(value) <= 8.64e15
    ? Temporal.Instant.fromEpochMilliseconds(Math.trunc(value)).toString()
    : "";
}
