/** The store's limits (one table; each refusal names its line). Sizes are bytes of UTF-8. */
export const LIMITS = {
  eventBytes: 256 * 1024,
  rowBytes: 1024 * 1024,
  messageBytes: 256 * 1024,
  unitEffects: 4_000,
  unitBytes: 4 * 1024 * 1024,
  keyBytes: 255,
  indexEntries: 512,
  page: 1_000,
  batchUnits: 1_000,
  batchBytes: 8 * 1024 * 1024,
  waitingUnits: 20_000,
  waitingBytes: 64 * 1024 * 1024,
} as const;
