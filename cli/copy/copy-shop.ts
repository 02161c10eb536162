import { segmentOf, SEGMENTS, type Segment } from "@daybook/data/store/archive/segment";
import { copySourceChanged, copySourceMissing, copyTargetTaken } from "@daybook/data/store/errors";
import { newEpoch } from "@daybook/data/store/new-epoch";
import {
  isSameContent,
  isSameState,
  countsOf,
  transfer,
  type Held,
  type Transferred,
  type TransferMark,
  type TransferProgress,
  type TransferSource,
  type TransferState,
  type TransferTarget,
} from "@daybook/data/store/transfer";
import { copySegment } from "@daybook/data/store/sqlite/segment-copy";
import { fieldOf, keyOf, type TransferRecord } from "@daybook/data/store/transfer-tables";
import type { Clock } from "@daybook/kernel/clock";
import type { Random } from "@daybook/kernel/random";
import { copyKeyFiles, missingKeyFiles } from "./key-files.ts";
import type { ShopPlace, ShopStores } from "./shop-place.ts";

export interface CopyShopOptions {
  readonly from: ShopPlace;
  readonly to: ShopPlace;
  /** What completes it when it was interrupted. */
  readonly command: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
  readonly onProgress: (store: StoreName, progress: TransferProgress) => void;
}

export type StoreName = "keys" | "main";

export interface CopiedShop {
  /** Of the copy's log. */
  readonly epoch: number;
  readonly position: number;
  readonly counts: Readonly<Record<StoreName, Transferred>>;
  /** Names of the key files that were copied. */
  readonly files: readonly string[];
  /** Files of the archive. */
  readonly segments: number;
  /** An earlier run had begun it. */
  readonly isResumed: boolean;
}

/**
 * Copies a shop: both stores and the key files. The source is not changed, and written to by nobody meanwhile; the copy has a
 * higher epoch. Killed at any moment, the same call goes on; until it has ended nobody opens the copy as a shop.
 */
export async function copyShop(options: CopyShopOptions): Promise<CopiedShop> {
  const { from, to, clock } = options;
  if (from.identity === to.identity) throw copyTargetTaken("source and target are the same");
  const sources = await from.sources(clock);
  try {
    const states = await statesOf(sources, from);
    const files = await missingKeyFiles(from.data, to.data);
    const targets = await to.targets(clock);
    try {
      return await copyStores({ ...options, sources, targets, states, files });
    } finally {
      await targets.close();
    }
  } finally {
    await sources.close();
  }
}

type States = Readonly<Record<StoreName, TransferState>>;

async function statesOf({ keys, main }: ShopStores<TransferSource>, from: ShopPlace): Promise<States> {
  const states = { keys: await keys.state(), main: await main.state() };
  if (states.main.units === 0) throw copySourceMissing(`${from.shown} holds an empty store`);
  return states;
}

interface Copying extends CopyShopOptions {
  readonly sources: ShopStores<TransferSource>;
  readonly targets: ShopStores<TransferTarget>;
  readonly states: States;
  readonly files: readonly string[];
}

/**
 * The store of keys comes first at the begin, so that a shop that is opened on half a copy is told before it makes anything,
 * and the main store is finished last.
 */
async function copyStores(copying: Copying): Promise<CopiedShop> {
  const { from, to, sources, targets, states, files, clock, random } = copying;
  const held = { keys: await targets.keys.held(), main: await targets.main.held() };
  const areKeysDone = check(held, copying);
  if (!areKeysDone) await targets.keys.begin(markOf(copying, "keys"));
  await targets.main.begin(markOf(copying, "main"));
  await copyKeyFiles(files, from.data, to.data);
  const counts = {
    keys: areKeysDone ? await countsOf(sources.keys) : await moved(copying, "keys"),
    main: await moved(copying, "main"),
  };
  const segments = await copySegments(targets.main, from.cold, to.cold);
  const epoch = Math.max(states.main.epoch, states.keys.epoch, newEpoch(clock.now(), random)) + 1;
  if (!areKeysDone) await targets.keys.finish({ ...states.keys, epoch });
  await targets.main.finish({ ...states.main, epoch });
  return { epoch, position: states.main.position, counts, files, segments, isResumed: held.keys.kind !== "nothing" };
}

/** The files of all that the copy has recorded; answers how many. */
async function copySegments(main: TransferTarget, from: string, to: string): Promise<number> {
  let count = 0;
  for (let after: TransferRecord = [SEGMENTS, ""]; ;) {
    const records = await main.read("rows", after);
    for (const record of records) {
      if (record[0] !== SEGMENTS) return count;
      await copySegment(segmentIn(record), from, to);
      count++;
    }
    const last = records.at(-1);
    if (!last) return count;
    after = keyOf("rows", last);
  }
}

function segmentIn(record: TransferRecord): Segment {
  return segmentOf({ key: String(fieldOf("rows", record, "key")), value: String(fieldOf("rows", record, "value")) });
}

/** Refuses what is not this copy's; answers whether an earlier run finished the store of keys. */
function check({ keys, main }: Readonly<Record<StoreName, Held>>, { states, from, to }: Copying): boolean {
  for (const [held, state] of [
    [keys, states.keys],
    [main, states.main],
  ] as const) {
    if (held.kind !== "unfinished" || isSameState(held.mark.source, state)) continue;
    if (held.mark.from !== from.shown) throw copyTargetTaken(`${to.shown} holds an unfinished copy of ${held.mark.from}`);
    throw copySourceChanged(`${from.shown} was written to since the copy was begun`);
  }
  const areKeysDone = keys.kind === "store" && main.kind === "unfinished" && isSameContent(keys.state, states.keys);
  const isTaken = main.kind === "store" || (keys.kind === "store" && !areKeysDone);
  if (isTaken) throw copyTargetTaken(`${to.shown} holds a store`);
  return areKeysDone;
}

function markOf({ states, from, command }: Copying, name: StoreName): TransferMark {
  return { source: states[name], from: from.shown, command };
}

function moved(copying: Copying, name: StoreName): Promise<Transferred> {
  const { sources, targets, signal, onProgress } = copying;
  return transfer({
    source: sources[name],
    target: targets[name],
    mark: markOf(copying, name),
    signal,
    onProgress: (progress) => onProgress(name, progress),
  });
}
