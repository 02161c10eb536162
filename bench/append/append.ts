import type { Benchmark } from "../benchmark.ts";
import { postgresAppend } from "./postgres-append.ts";
import { sqliteAppend } from "./sqlite-append.ts";

export const appendBench: Benchmark = {
  does: "commits units of one event each",
  contenders: async (options, progress) =>
    options.store === "sqlite" ? sqliteAppend(options) : postgresAppend(options, progress),
};
