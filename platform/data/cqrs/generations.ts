import { canonical } from "@daybook/kernel/canonical";
import { sleep, type Clock } from "@daybook/kernel/clock";
import type { IdSource } from "@daybook/kernel/ids";
import {
  checkpointIs,
  checkpointKey,
  putCheckpoint,
  readCheckpoint,
  retireCheckpoint,
  type Checkpoint,
} from "@daybook/data/event-store/checkpoint";
import { commitSettled } from "@daybook/data/event-store/commit-settled";
import type { LogFilter } from "@daybook/data/event-store/subscription";
import type { Store } from "@daybook/data/store";
import type { Condition, Effect } from "@daybook/data/store/unit";
import { rebuildAbandoned } from "./errors.ts";

/**
 * A projection's rows are kept in generations: collection `{name}.{generation}`, checkpoint of the same name. The key
 * `projection/{name}` says which one is read, `projection-next/{name}` which one is built beside it, and
 * `projection-retired/{name}/{generation}` that rows of an old one are still to be deleted. Numbers are not used twice.
 */
export interface Generation {
  readonly generation: number;
  /** Of the code that makes it. */
  readonly version: number;
}

/** What changing generations needs. */
export interface GenerationTools {
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: IdSource;
}

export function collectionOf(name: string, generation: number): string {
  return `${name}.${generation}`;
}

export function liveKey(name: string): string {
  return `projection/${name}`;
}

export function nextKey(name: string): string {
  return `projection-next/${name}`;
}

function retiredPrefix(name: string): string {
  return `projection-retired/${name}/`;
}

/** The generation that is read; undefined before the projection has ever run. */
export function liveGeneration(store: Store, name: string): Promise<Generation | undefined> {
  return generationAt(store, liveKey(name));
}

/** The generation that is being built beside it. */
export function nextGeneration(store: Store, name: string): Promise<Generation | undefined> {
  return generationAt(store, nextKey(name));
}

async function generationAt(store: Store, key: string): Promise<Generation | undefined> {
  const text = await store.getKey(key);
  return text === undefined ? undefined : (JSON.parse(text) as Generation); // written below
}

function generationIs(key: string, generation: Generation | undefined): Condition {
  return generation ? { kind: "keyValue", key, value: canonical(generation) } : { kind: "keyAbsent", key };
}

/** Commits a change of generations; false when a condition no longer holds. */
async function change(
  tools: GenerationTools,
  name: string,
  conditions: readonly Condition[],
  effects: readonly Effect[],
): Promise<boolean> {
  const cause = { correlation: `projection/${name}`, actor: "sys_projection", tenant: "system" };
  const unit = { id: tools.ids("unt"), cause, conditions, effects };
  return (await commitSettled(tools.store, unit, tools)).outcome === "committed";
}

/** The live generation, made empty for `version` when the projection has never run. */
export async function ensureLive(tools: GenerationTools, name: string, version: number): Promise<Generation> {
  for (;;) {
    const live = await liveGeneration(tools.store, name);
    if (live) return live;
    const first: Generation = { generation: 1, version };
    const put: Effect = { kind: "putKey", key: liveKey(name), value: canonical(first) };
    await change(tools, name, [generationIs(liveKey(name), undefined)], [put]);
  }
}

/**
 * The generation to build for `version`: the one already begun for it, else a new one; one of another version is given
 * up. Rejects with `rebuild-abandoned` when the live rows are of a newer version.
 */
export async function ensureNext(tools: GenerationTools, name: string, version: number): Promise<Generation> {
  for (;;) {
    const live = await ensureLive(tools, name, version);
    const next = await nextGeneration(tools.store, name);
    if (next?.version === version) return next;
    if (live.version > version)
      throw rebuildAbandoned(`the live rows of ${name} are of version ${live.version}, this is ${version}`);
    const made = { generation: await unusedNumber(tools.store, name, live.generation), version };
    const collection = collectionOf(name, made.generation);
    const isMade = await change(
      tools,
      name,
      [generationIs(nextKey(name), next), { kind: "keyAbsent", key: checkpointKey(collection) }],
      [
        { kind: "putKey", key: nextKey(name), value: canonical(made) },
        putCheckpoint(collection, 0),
        ...(next ? retiring(name, next.generation) : []),
      ],
    );
    if (isMade) return made;
  }
}

async function unusedNumber(store: Store, name: string, after: number): Promise<number> {
  let number = after + 1;
  while ((await readCheckpoint(store, collectionOf(name, number))).value !== undefined) number++;
  return number;
}

/**
 * Readers see `next` from this unit on, at no earlier position than before; false when it is not (yet) possible. Of the
 * checkpoints only the live one is a condition: the other can but advance.
 */
export async function switchLive(tools: GenerationTools, name: string, filter: LogFilter, next: Generation): Promise<boolean> {
  const live = await liveGeneration(tools.store, name);
  if (live?.generation === next.generation) return true;
  const reached = await readCheckpoint(tools.store, collectionOf(name, next.generation));
  const conditions = [generationIs(liveKey(name), live), generationIs(nextKey(name), next)];
  const effects: Effect[] = [
    { kind: "putKey", key: liveKey(name), value: canonical(next) },
    { kind: "deleteKey", key: nextKey(name) },
  ];
  if (live) {
    const from = collectionOf(name, live.generation);
    const before = await readCheckpoint(tools.store, from);
    if (!(await covers(tools.store, filter, reached, before.position))) return false;
    conditions.push(checkpointIs(from, before));
    effects.push(...retiring(name, live.generation));
  }
  return change(tools, name, conditions, effects);
}

/** Gives up a generation that is being built. */
export async function abandonNext(tools: GenerationTools, name: string, next: Generation): Promise<void> {
  const effects: Effect[] = [{ kind: "deleteKey", key: nextKey(name) }, ...retiring(name, next.generation)];
  await change(tools, name, [generationIs(nextKey(name), next)], effects);
}

function retiring(name: string, generation: number): readonly Effect[] {
  return [
    retireCheckpoint(collectionOf(name, generation)),
    { kind: "putKey", key: `${retiredPrefix(name)}${generation}`, value: String(generation) },
  ];
}

/** Whether what is built up to `reached` shows everything of the filter up to `position`, passed-over events included. */
export async function covers(store: Store, filter: LogFilter, reached: Checkpoint, position: number): Promise<boolean> {
  const { categories, types } = filter;
  const only = { ...(categories && { categories }), ...(types && { types }) };
  for (let after = reached.position; after < position;) {
    const page = await store.readLog({ after, limit: 1, ...only });
    const [first] = page.events;
    if (first) return first.position > position;
    if (page.scannedTo <= after) return false; // beyond the head
    after = page.scannedTo;
  }
  return true;
}

const BITE = 200;

/** Deletes the rows of retired generations in bites, with a pause between them; answers how many. Goes on where it was left. */
export async function deleteRetired(tools: GenerationTools, name: string, signal?: AbortSignal): Promise<number> {
  let count = 0;
  for (const { key, value } of await tools.store.listKeys(retiredPrefix(name))) {
    const collection = collectionOf(name, Number(value));
    for (;;) {
      if (signal?.aborted) return count;
      const { rows } = await tools.store.listRows({ collection, limit: BITE });
      if (rows.length === 0) break;
      await change(
        tools,
        name,
        [],
        rows.map((row) => ({ kind: "deleteRow", collection, key: row.key }) as const),
      );
      count += rows.length;
      await sleep(tools.clock, 5, signal);
    }
    await change(tools, name, [], [{ kind: "deleteKey", key }]);
  }
  return count;
}
