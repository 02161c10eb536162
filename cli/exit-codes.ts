/** What the exit codes of the program mean. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  conflict: 4,
  unavailable: 5,
  denied: 6,
  checkFailed: 7,
  interrupted: 130,
} as const;

/** Codes of errors by exit code; every other code is `failed`. */
export const BY_CODE: readonly (readonly [exit: number, codes: readonly string[]])[] = [
  [
    EXIT.usage,
    [
      "usage-invalid",
      "config-invalid",
      "store-unknown",
      "partners-invalid",
      "confirmation-missing",
      "address-unusable",
      "mapping-invalid",
    ],
  ],
  [
    EXIT.notFound,
    ["no-shop-here", "copy-source-missing", "not-found", "order-not-found", "file-unreadable", "import-file-missing"],
  ],
  [
    EXIT.conflict,
    [
      "data-folder-locked",
      "port-in-use",
      "backup-target-exists",
      "copy-target-taken",
      "segment-taken",
      "copy-source-changed",
      "copy-unfinished",
      "order-exists",
      "orders-not-carried-out",
      "change-refused",
      "version-mismatch",
    ],
  ],
  [
    EXIT.unavailable,
    [
      "server-unreachable",
      "database-unreachable",
      "store-busy",
      "store-stopped",
      "commit-unknown",
      "batch-not-applied",
      "contention",
      "copy-source-in-use",
      "archive-busy",
      "segment-unreachable",
    ],
  ],
  [EXIT.denied, ["access-denied", "token-missing", "unauthenticated", "forbidden"]],
  [EXIT.checkFailed, ["check-failed", "backup-invalid", "copy-incomplete", "store-corrupt", "segment-damaged"]],
  [EXIT.interrupted, ["interrupted"]],
];

/** Statuses of the server's problems by exit code; every other status is `failed`. */
export const BY_STATUS: readonly (readonly [exit: number, statuses: readonly number[]])[] = [
  [EXIT.usage, [400, 405, 413, 414, 415, 428, 431]],
  [EXIT.notFound, [404]],
  [EXIT.conflict, [409, 412, 422]],
  [EXIT.unavailable, [408, 425, 429, 502, 503, 504]],
  [EXIT.denied, [401, 403]],
];

/** The exit code of an error's code. */
export function exitCodeOf(code: string): number {
  return BY_CODE.find(([, codes]) => codes.includes(code))?.[0] ?? EXIT.failed;
}

/** The exit code of a problem that the server answered. */
export function exitCodeOfStatus(status: number): number {
  return BY_STATUS.find(([, statuses]) => statuses.includes(status))?.[0] ?? EXIT.failed;
}
