import { notFound } from "@daybook/network/http/errors";
import { jsonAnswer, route, type Route } from "@daybook/network/http/route";
import { z } from "zod";
import type { Archive } from "./archive.ts";
import type { Shop } from "./service.ts";

const segmentSchema = z.strictObject({
  file: z.string(),
  from: z.int(),
  to: z.int(),
  firstAt: z.int(),
  lastAt: z.int(),
  bytes: z.int(),
  digest: z.string(),
  hash: z.string(),
  removed: z.boolean(),
});

const runSchema = z.strictObject({
  state: z.enum(["archiving", "archived", "failed"]),
  progress: z.strictObject({ segments: z.int(), archived: z.int(), removed: z.int() }),
  code: z.string().optional(),
  error: z.string().optional(),
});

const nextSchema = z.strictObject({ from: z.int(), facts: z.int(), isEnough: z.boolean() });

const rule = {
  olderThanDays: z.coerce.number().int().min(0).max(36_500).optional(),
  leastFacts: z.coerce.number().int().min(1).max(100_000).optional(),
};

const RUN = "/api/v1/archive/run";
const ADMIN = { roles: ["admin"] };
const DAY_MS = 24 * 60 * 60 * 1_000;

/** Routes that show and make the archive of old facts. */
export function archiveRoutes({ archive }: Pick<Shop, "archive">): readonly Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/archive",
      name: "getArchive",
      summary: "Files of old facts, oldest first, and the last run of archiving",
      tag: "archive",
      auth: ADMIN,
      success: { status: 200, schema: z.strictObject({ segments: z.array(segmentSchema), run: runSchema.optional() }) },
      async handle() {
        const segments = (await archive?.segments())?.map(({ names: _, previous: __, isRemoved: removed, ...each }) => {
          return { file: archive?.shown(each), ...each, removed };
        });
        const run = archive?.state();
        return jsonAnswer(200, { segments: segments ?? [], ...(run && { run }) });
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/archive/next",
      name: "nextSegment",
      summary: "What a run of archiving would begin with",
      tag: "archive",
      auth: ADMIN,
      query: z.strictObject(rule),
      success: { status: 200, schema: nextSchema },
      problems: ["not-found"],
      handle: async ({ query }) => jsonAnswer(200, await there(archive).next(ruleOf(query))),
    }),
    route({
      method: "POST",
      path: RUN,
      name: "runArchive",
      summary: "Starts to move old facts to files, or answers the run under way",
      tag: "archive",
      auth: ADMIN,
      query: z.strictObject(rule),
      success: { status: 202, schema: runSchema, headers: { location: "Where its progress is" } },
      problems: ["not-found"],
      handle: ({ query }) => jsonAnswer(202, there(archive).start(ruleOf(query)), { location: RUN }),
    }),
    route({
      method: "GET",
      path: RUN,
      name: "getArchiveRun",
      summary: "How far the last run of archiving is",
      tag: "archive",
      auth: ADMIN,
      success: { status: 200, schema: runSchema },
      problems: ["not-found"],
      handle() {
        const state = there(archive).state();
        if (!state) throw notFound("no run of archiving was started since the program was");
        return jsonAnswer(200, state);
      },
    }),
  ];
}

function there(archive: Archive | undefined): Archive {
  if (!archive) throw notFound("a store in memory has no archive");
  return archive;
}

function ruleOf({ olderThanDays, leastFacts }: { olderThanDays?: number | undefined; leastFacts?: number | undefined }) {
  return {
    ...(olderThanDays !== undefined && { ageMs: olderThanDays * DAY_MS }),
    ...(leastFacts !== undefined && { factsLeast: leastFacts }),
  };
}
