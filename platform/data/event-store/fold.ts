import type { Row, Store } from "@daybook/data/store";
import type { Effect } from "@daybook/data/store/unit";
import type { DomainEvent, RecordedEvent } from "./event.ts";
import type { EventStore } from "./event-store.ts";

/** What turns a stream into a state. `version` names the state's shape: snapshots of another version are not used. */
export interface Fold<State, Event extends DomainEvent> {
  readonly category: string;
  readonly version: number;
  readonly initial: State;
  evolve(state: State, event: Event): State;
}

export interface Folded<State> {
  readonly state: State;
  /** Version of the stream that the state is of; 0 when there is none. */
  readonly version: number;
}

/** Up to where: a version of the stream, a time of recording (inclusive), or all of it. */
export interface AsOf {
  readonly version?: number;
  readonly recordedAt?: number;
}

const PAGE = 500;
const SLOTS = [0, 1] as const;

/** The state of a stream: newest usable snapshot and tail, or everything (`useSnapshot: false`); law 1 says both agree. */
export async function loadState<State, Event extends DomainEvent>(
  events: EventStore,
  fold: Fold<State, Event>,
  stream: string,
  asOf: AsOf = {},
  useSnapshot = true,
): Promise<Folded<State>> {
  const isNow = asOf.version === undefined && asOf.recordedAt === undefined;
  const start = useSnapshot && isNow ? await newestSnapshot(events.store, fold, stream) : undefined;
  let { state, version } = start ?? { state: fold.initial, version: 0 };
  for (;;) {
    const page = await events.read<Event>(stream, { from: version + 1, limit: PAGE });
    for (const recorded of page) {
      if (isAfter(recorded, asOf)) return { state, version };
      state = fold.evolve(state, recorded.event);
      version = recorded.version;
    }
    if (page.length < PAGE) return { state, version };
  }
}

function isAfter(recorded: RecordedEvent, asOf: AsOf): boolean {
  if (asOf.version !== undefined && recorded.version > asOf.version) return true;
  return asOf.recordedAt !== undefined && recorded.recordedAt > asOf.recordedAt;
}

interface StoredSnapshot<State> {
  readonly fold: number;
  readonly version: number;
  readonly state: State;
}

/** The collection that holds the snapshots of a category; two a stream, in slots that are used by turns. */
function snapshotCollection(category: string): string {
  return `snapshots.${category}`;
}

async function newestSnapshot<State, Event extends DomainEvent>(
  store: Store,
  fold: Fold<State, Event>,
  stream: string,
): Promise<Folded<State> | undefined> {
  // By key, not by prefix: the stream's name may be the beginning of another one's.
  const rows = await Promise.all(SLOTS.map((slot) => store.getRow(snapshotCollection(fold.category), `${stream}@${slot}`)));
  let newest: StoredSnapshot<State> | undefined;
  for (const row of rows) {
    const snapshot = row && readSnapshot<State>(row);
    if (snapshot?.fold === fold.version && snapshot.version > (newest?.version ?? 0)) newest = snapshot;
  }
  return newest && { state: newest.state, version: newest.version };
}

/** A snapshot that cannot be read is as good as none: it only saves time. */
function readSnapshot<State>(row: Row): StoredSnapshot<State> | undefined {
  try {
    return JSON.parse(row.value) as StoredSnapshot<State>; // written by snapshotEffect; its `fold` tells the shape
  } catch {
    return undefined;
  }
}

/** The effect that keeps a snapshot in the unit that reaches the state; `every`: events between two snapshots. */
export function snapshotEffect<State>(
  fold: { readonly category: string; readonly version: number },
  stream: string,
  folded: Folded<State>,
  every: number,
): Effect & { readonly kind: "putRow" } {
  const snapshot: StoredSnapshot<State> = { fold: fold.version, version: folded.version, state: folded.state };
  const slot = Math.floor(folded.version / every) % SLOTS.length;
  return {
    kind: "putRow",
    collection: snapshotCollection(fold.category),
    key: `${stream}@${slot}`,
    value: JSON.stringify(snapshot),
  };
}
