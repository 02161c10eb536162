import { archiveLog, openLog } from "./archived-log.ts";

/** Archives the log of a folder, its first argument. Says so when it begins; then somebody may end it. */
const folder = process.argv[2] ?? "";
const store = await openLog(folder);
process.send?.("begins");
await archiveLog(store, folder);
await store.close();
process.disconnect?.();
