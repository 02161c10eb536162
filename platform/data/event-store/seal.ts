import { digestHex } from "@daybook/kernel/digest";
import type { Clock } from "@daybook/kernel/clock";
import { messageOf } from "@daybook/kernel/errors";
import type { IdSource } from "@daybook/kernel/ids";
import type { Store, StoredEvent } from "@daybook/data/store";
import { digestText } from "@daybook/data/store/encode";
import { bell } from "./bell.ts";
import { checkpointIs, putCheckpoint, readCheckpoint, type Checkpoint } from "./checkpoint.ts";
import { commitSettled } from "./commit-settled.ts";
import { sealBrokenRange } from "./errors.ts";
import {
  FIRST_PREVIOUS,
  readSeal,
  SEAL_FACTS_MAX,
  sealHash,
  sealKey,
  SEALS,
  sealText,
  type Seal,
  type SealedFact,
} from "./seal-format.ts";
import { turn } from "./turn.ts";
import { workLease, type WorkLease } from "./work-lease.ts";

export interface SealerOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: IdSource;
  /** Of the lease `sealer`: unique among processes, the same after a restart. */
  readonly owner: string;
  /** How often the log is looked at; 5,000 ms. */
  readonly everyMs?: number;
}

/** Writes seals behind the log, for as long as it runs; of several processes one does. */
export interface Sealer {
  status(): SealerStatus;
  /** Seals what there is, frees the lease. Idempotent. */
  stop(): Promise<void>;
}

export interface SealerStatus {
  /** Every fact up to here is sealed. */
  readonly position: number;
  /** Why the last try failed. `log-changed-after-sealing` stays until the log is repaired. */
  readonly error?: string;
}

const NAME = "sealer";
const LEASE_MS = 30_000;

/** Starts the sealer: whole ranges as they fill, and what is left over when nothing was appended since the last look. */
export function startSealer(options: SealerOptions): Sealer {
  const { store, clock, everyMs = 5_000 } = options;
  const sealing = sealerOf(options);
  const stopping = new AbortController();
  const woken = bell(clock); // rung by nobody: a pause that stopping ends
  let status: SealerStatus = { position: 0 };
  let lastHead = -1;

  async function look(isLast: boolean): Promise<void> {
    try {
      const { position: head } = await store.head();
      const isIdle = head === lastHead;
      lastHead = head;
      status = { position: await sealing.sealPending({ isFinal: isIdle || isLast }) };
    } catch (error) {
      status = { ...status, error: messageOf(error) };
    }
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      await look(false);
      await woken.wait(everyMs, stopping.signal);
    }
    await look(true);
    await sealing.free();
  }

  const ended = run();
  return {
    status: () => status,
    stop() {
      stopping.abort();
      return ended;
    },
  };
}

/**
 * Seals whole ranges behind the checkpoint, and with `isFinal` also what is left over; answers the position that is
 * sealed. Does nothing while another owner holds the lease. Rejects with `log-changed-after-sealing` when a record is not
 * what its digest says: it is not sealed.
 */
export async function sealPending(options: SealerOptions, { isFinal }: { readonly isFinal: boolean }): Promise<number> {
  const sealing = sealerOf(options);
  try {
    return await sealing.sealPending({ isFinal });
  } finally {
    await sealing.free();
  }
}

interface Sealing {
  sealPending(options: { readonly isFinal: boolean }): Promise<number>;
  free(): Promise<void>;
}

function sealerOf(options: SealerOptions): Sealing {
  const { store, clock, ids, owner } = options;
  const lease = workLease({ store, clock, ids, owner, name: NAME, ttlMs: LEASE_MS });
  return {
    async sealPending({ isFinal }) {
      for (;;) {
        const checkpoint = await readCheckpoint(store, NAME);
        const { position: head } = await store.head();
        const size = Math.min(SEAL_FACTS_MAX, head - checkpoint.position);
        if (size < (isFinal ? 1 : SEAL_FACTS_MAX)) return checkpoint.position;
        if ((await lease.hold()) === undefined) return checkpoint.position;
        await sealRange(options, lease, checkpoint, size);
      }
    },
    async free() {
      const effects = lease.freeing();
      if (effects.length === 0) return;
      const unit = { id: ids("unt"), cause: CAUSE, conditions: [lease.condition()], effects };
      lease.drop();
      await commitSettled(store, unit, { clock, attempts: 1 }).catch(() => undefined); // it runs out by itself
    },
  };
}

const CAUSE = { correlation: NAME, actor: "sys_sealer", tenant: "system" };

async function sealRange(options: SealerOptions, lease: WorkLease, checkpoint: Checkpoint, size: number): Promise<void> {
  const { store, clock, ids } = options;
  const from = checkpoint.position + 1;
  const facts = await sealedFacts(store, checkpoint.position, size);
  const to = from + facts.length - 1;
  if (facts.length === 0) throw sealBrokenRange(`fact ${from} is missing`, { details: { position: from } });
  const previous = await previousHash(store, checkpoint);
  const seal: Seal = { from, to, count: facts.length, previous, hash: sealHash(previous, from, to, facts) };
  const verdict = await commitSettled(
    store,
    {
      id: ids("unt"),
      cause: CAUSE,
      conditions: [lease.condition(), checkpointIs(NAME, checkpoint)],
      effects: [{ kind: "putRow", collection: SEALS, key: sealKey(to), value: sealText(seal) }, putCheckpoint(NAME, to)],
    },
    { clock },
  );
  if (verdict.outcome === "refused") lease.drop();
}

/** In bites, each in a turn of its own: a thousand digests at once are a pause for everybody in this process. */
const BITE = 100;

async function sealedFacts(store: Store, after: number, size: number): Promise<readonly SealedFact[]> {
  const facts: SealedFact[] = [];
  while (facts.length < size) {
    const range = { after: after + facts.length, limit: Math.min(BITE, size - facts.length) };
    const [{ events }, digests] = await Promise.all([store.readLog(range), store.readDigests(range)]);
    if (events.length === 0) return facts;
    for (const [index, event] of events.entries()) facts.push(sealedFact(event, digests[index], after + facts.length + 1));
    await turn();
  }
  return facts;
}

function sealedFact(event: StoredEvent, stored: string | undefined, position: number): SealedFact {
  const digest = digestHex(digestText(event));
  if (event.position !== position) throw sealBrokenRange(`fact ${position} is missing`, { details: { position } });
  if (digest !== stored) {
    throw sealBrokenRange(`fact ${position} is not what its digest says`, { details: { position } });
  }
  return { position, version: event.version, recordedAt: event.recordedAt, digestHex: digest };
}

async function previousHash(store: Store, checkpoint: Checkpoint): Promise<string> {
  if (checkpoint.position === 0) return FIRST_PREVIOUS;
  const row = await store.getRow(SEALS, sealKey(checkpoint.position));
  const seal = row && readSeal(row);
  if (!seal)
    throw sealBrokenRange(`the seal up to ${checkpoint.position} is missing`, { details: { position: checkpoint.position } });
  return seal.hash;
}
