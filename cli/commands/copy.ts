import { join } from "node:path";
import { systemRandom } from "@daybook/kernel/random";
import { FILES } from "@daybook/shop/shop";
import { copyShop, type CopiedShop } from "../copy/copy-shop.ts";
import { shopPlace } from "../copy/shop-place.ts";
import { interrupted, usageInvalid } from "../errors.ts";
import type { Command, Invocation } from "../shell/command.ts";
import { FLAGS, OUTPUT } from "../shell/flags.ts";
import { printDocument } from "../shell/output.ts";
import { ProgressLine } from "../shell/progress-line.ts";

export const copyCommand: Command = {
  noun: "copy",
  summary: "Copy a whole shop to another folder or database: SQLite to PostgreSQL, back, or to another of the same",
  details:
    "Same positions, versions, digests, seals, checkpoints, keys, rows, due work and fencing tokens; the subjects' keys and the\n" +
    "key files come along, what the sandbox keeps does not. Nothing may work on the source meanwhile, and nothing of it is changed.\n" +
    "Killed at any moment, the same command goes on. Until it has ended nobody opens the copy as a shop. Go on with one of the\n" +
    "two only: each would carry out the same orders. Positions that the source handed out are refused by the copy.",
  flags: [
    { name: "from", value: "PLACE", summary: "The shop: its data folder, or postgres://… with ?schema= if it has one" },
    { name: "to", value: "PLACE", summary: "Where it is copied to: a folder or a database, without a shop" },
    { name: "data", value: "DIR", summary: "Folder of the key files of a shop on PostgreSQL (./data)" },
    { ...FLAGS.cold, summary: "Folder of the archive's files of the shop that is copied (cold in the folder of its key files)" },
    { name: "to-data", value: "DIR", summary: "The same of the target, where it is another (as --data)" },
    ...OUTPUT,
  ],
  examples: [
    "daybook copy --from ./data --to postgres://user@127.0.0.1/shop --data ./data",
    "daybook copy --from postgres://user@127.0.0.1/shop --to ./back --data ./data",
  ],
  run: copy,
};

async function copy(invocation: Invocation): Promise<void> {
  const { flags, settings, clock } = invocation;
  const [from, to, toData = settings.data] = [flags.text("from"), flags.text("to"), flags.text("to-data")];
  if (from === undefined || to === undefined) throw usageInvalid("copy needs --from PLACE and --to PLACE");
  const places = { from: shopPlace(from, settings.data, settings.cold), to: shopPlace(to, toData) };
  const line = new ProgressLine(invocation);
  const signal = invocation.interruption();
  const startedAt = clock.elapsed();
  try {
    const copied = await copyShop({
      ...places,
      command: commandOf(places),
      clock,
      random: systemRandom(),
      signal,
      onProgress: (store, { table, ...progress }) =>
        line.show({ stage: store === "keys" ? `keys/${table}` : table, ...progress }),
    });
    printDocument(invocation, documentOf(places, copied, (clock.elapsed() - startedAt) / 1_000));
  } catch (error) {
    throw signal.aborted ? interrupted("the copy was stopped") : error;
  }
}

interface Places {
  readonly from: ReturnType<typeof shopPlace>;
  readonly to: ReturnType<typeof shopPlace>;
}

/** To be typed again; a password has to be added. */
function commandOf({ from, to }: Places): string {
  const folders = [
    ...(from.isFolder ? [] : ["--data", from.data]),
    ...(from.cold === join(from.data, FILES.cold) ? [] : ["--cold", from.cold]),
    ...(to.isFolder ? [] : [from.isFolder ? "--data" : "--to-data", to.data]),
  ];
  return ["daybook copy", "--from", from.shown, "--to", to.shown, ...folders].map(quoted).join(" ");
}

function quoted(word: string): string {
  return /^(daybook copy|[\w@%+=:,./-]+)$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function documentOf({ from, to }: Places, { epoch, position, counts, files, segments, isResumed }: CopiedShop, seconds: number) {
  const keyFolder = to.isFolder ? {} : { data: to.data };
  return {
    from: from.shown,
    to: to.shown,
    ...keyFolder,
    resumed: isResumed,
    epoch,
    position,
    ...counts.main,
    subjectKeys: counts.keys.keys,
    files,
    segments,
    seconds: Math.round(seconds * 1_000) / 1_000,
  };
}
