import type { StoreReads } from "@daybook/data/store";

/** What is done around a read: it may wait, fail, or keep the answer. */
export type AroundRead = <T>(name: keyof StoreReads, input: readonly unknown[], query: () => Promise<T>) => Promise<T>;

/** Every read of `reads`, with `around` about it. */
export function wrappedReads(reads: StoreReads, around: AroundRead): StoreReads {
  return {
    head: () => around("head", [], () => reads.head()),
    outcome: (unitId) => around("outcome", [unitId], () => reads.outcome(unitId)),
    readStream: (stream, options) => around("readStream", [stream, options], () => reads.readStream(stream, options)),
    streamVersion: (stream, as) => around("streamVersion", [stream, as], () => reads.streamVersion(stream, as)),
    readLog: (options) => around("readLog", [options], () => reads.readLog(options)),
    readDigests: (page) => around("readDigests", [page], () => reads.readDigests(page)),
    readCorrelation: (correlation, page) =>
      around("readCorrelation", [correlation, page], () => reads.readCorrelation(correlation, page)),
    getKey: (key) => around("getKey", [key], () => reads.getKey(key)),
    listKeys: (prefix, options) => around("listKeys", [prefix, options], () => reads.listKeys(prefix, options)),
    getRow: (collection, key) => around("getRow", [collection, key], () => reads.getRow(collection, key)),
    listRows: (options) => around("listRows", [options], () => reads.listRows(options)),
    countRows: (options, cap) => around("countRows", [options, cap], () => reads.countRows(options, cap)),
    listEntries: (collection, page) => around("listEntries", [collection, page], () => reads.listEntries(collection, page)),
    getDue: (queue, id) => around("getDue", [queue, id], () => reads.getDue(queue, id)),
    listDue: (queue, until, page) => around("listDue", [queue, until, page], () => reads.listDue(queue, until, page)),
    getLease: (name) => around("getLease", [name], () => reads.getLease(name)),
    listNames: (of, page) => around("listNames", [of, page], () => reads.listNames(of, page)),
    now: () => around("now", [], () => reads.now()),
    check: () => around("check", [], () => reads.check()),
  };
}
