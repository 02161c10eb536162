import { existsSync } from "node:fs";
import { copySourceMissing } from "../errors.ts";
import type { TransferSource } from "../transfer.ts";
import { holdFile } from "./data-lock.ts";
import { codedError, openFile } from "./open-file.ts";
import { TransferQueries } from "./transfer-reads.ts";

/**
 * A store's file as the source of a copy. It is locked as by its only writer, and read only. Throws `copy-source-missing`,
 * `data-folder-locked`, and what opening the file for reading throws.
 */
export function sqliteTransferSource(file: string): TransferSource {
  if (!existsSync(file)) throw copySourceMissing(`there is no ${file}`);
  const lock = holdFile(`${file}-lock`);
  try {
    const db = openFile({ file, readOnly: true, now: 0 });
    const queries = new TransferQueries(db);
    return {
      state: async () => queried(() => queries.state()),
      count: async (table) => queried(() => queries.count(table)),
      read: async (table, after) => queried(() => queries.page(table, after)),
      async close() {
        db.close();
        lock.close();
      },
    };
  } catch (error) {
    lock.close();
    throw error;
  }
}

/** Runs a query; what it throws is coded. */
export function queried<T>(query: () => T): T {
  try {
    return query();
  } catch (error) {
    throw codedError(error);
  }
}
