import type { EventMeta, StoredEvent } from "@daybook/data/store";

/** Something that happened in a case, and what caused it. Times are epoch milliseconds. */
export interface LifeEntry {
  /** What others name as their cause: an event's id, a run's, a step's key. */
  readonly id: string;
  /** Of the entry that caused it, or of something that left no record of its own (a request, a message). */
  readonly cause: string;
  /** How far it is from what began its part of the story; 0 when its cause has no entry. */
  readonly depth: number;
  readonly at: number;
  readonly endedAt?: number;
  readonly kind: "fact" | "work" | "run" | "step" | "timer" | "child" | "request";
  /** Whose it is. */
  readonly context: string;
  readonly stream: string;
  readonly what: string;
  readonly actor: string;
  /** Of a step: done, failed, retried, stalled, or under way. */
  readonly outcome?: string;
  /** Of a step: those that ended before the last. */
  readonly failedAttempts?: readonly FailedAttempt[];
}

interface FailedAttempt {
  readonly number: number;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly outcome: string;
  readonly code?: string;
}

/** `record`: id of the event that tells of it; ids rise with time. */
type Draft = Omit<LifeEntry, "depth"> & { readonly record: string };

/**
 * The life of a case out of everything that was recorded under its correlation id: causes before their effects, each with
 * its effects below it in the order of time. Values of steps and signals are left out: they can hold what is nobody's business.
 */
export function lifeOf(events: readonly StoredEvent[], contextOf: (category: string) => string): readonly LifeEntry[] {
  const runs = Map.groupBy(
    events.filter(({ stream, position }) => position === 0 && stream.startsWith(RUN)),
    ({ stream }) => stream,
  );
  const deciding = new Map(
    [...runs].flatMap(([stream, records]) => records.map(({ id }) => [unitOf(id), stream.slice(RUN.length)])),
  );
  const others = events.filter(({ stream }) => !runs.has(stream)).map((event) => eventDraft(event, contextOf, deciding));
  const drafts = [...others, ...[...runs.values()].flatMap((records) => runDrafts(records, contextOf("workflow")))];
  return inOrderOfCause(drafts);
}

const RUN = "run-";

/** What stands in the unit in which a run decided was brought about by the run. */
function eventDraft(
  { id, position, stream, type, meta, recordedAt }: StoredEvent,
  contextOf: (category: string) => string,
  deciding: ReadonlyMap<string, string>,
): Draft {
  const { causation, actor } = JSON.parse(meta) as EventMeta; // as the store writes it
  const context = contextOf(stream.slice(0, stream.indexOf("-")));
  const cause = causation === unitOf(id) ? (deciding.get(causation) ?? causation) : causation;
  return { id, record: id, cause, at: recordedAt, kind: position > 0 ? "fact" : "work", context, stream, what: type, actor };
}

/** What is read of a run's records (see platform/workflow/replay/history.ts). */
interface RunEntry {
  readonly kind: string;
  readonly id?: string;
  readonly name?: string;
  readonly of?: string;
  readonly child?: string;
  readonly at?: number;
  readonly attempts?: { readonly recent: readonly FailedAttempt[] };
  readonly failure?: { readonly code: string };
  readonly reason?: string;
}

function runDrafts(records: readonly StoredEvent[], context: string): readonly Draft[] {
  const [first, ...rest] = records;
  if (!first) return [];
  const started = JSON.parse(first.data) as { id: string; number: number; workflow: string; causation?: string; at: number }; // a run's first record
  const { stream } = first;
  const { actor, causation } = JSON.parse(first.meta) as EventMeta; // as the store writes it
  const key = started.number === 1 ? started.id : `${started.id}~${started.number}`;
  const of = { context, stream, actor };
  const drafts: Draft[] = [
    {
      ...of,
      id: started.id,
      record: first.id,
      cause: started.causation ?? causation,
      at: started.at,
      kind: "run",
      what: started.workflow,
    },
  ];
  const commands = new Map<string, number>();
  for (const record of rest) {
    if (record.type === "RunRequested") drafts.push(requestDraft(record, of));
    if (record.type !== "RunDecided") continue;
    for (const entry of JSON.parse(record.data) as readonly RunEntry[]) addRunEntry(entry, record); // of a run's decisions
  }
  return drafts;

  function addRunEntry(entry: RunEntry, record: StoredEvent): void {
    const { id = "" } = entry;
    const draft = commandDraft(entry, record);
    const at = commands.get(id);
    if (draft) {
      commands.set(id, drafts.length);
      drafts.push(draft);
    } else if (at !== undefined) {
      drafts[at] = ended(drafts[at] as Draft, entry); // put there when its command came
    }
  }

  function commandDraft(
    { kind, id, name = "", of: undone = "", child = "", at }: RunEntry,
    record: StoredEvent,
  ): Draft | undefined {
    const common = { ...of, record: record.id, cause: started.id, at: at ?? record.recordedAt };
    if (kind === "step") return { ...common, id: `${key}/${id}`, kind, what: name, outcome: "under way" };
    if (kind === "undo")
      return { ...common, id: `${key}/${undone}/undo`, kind: "step", what: `${name} (undo)`, outcome: "under way" };
    if (kind === "timer")
      return { ...common, at: record.recordedAt, id: `${key}/${id}`, kind, what: "timer", outcome: "waiting" };
    if (kind === "child") return { ...common, id: `${key}/${id}`, kind, what: child, outcome: "under way" };
    return undefined;
  }
}

const OUTCOMES: Readonly<Record<string, string>> = {
  done: "done",
  failed: "failed",
  fired: "fired",
  retry: "retried",
  stalled: "stalled",
};

function ended(draft: Draft, { kind, at, attempts, failure }: RunEntry): Draft {
  const outcome = OUTCOMES[kind];
  if (outcome === undefined) return draft;
  return {
    ...draft,
    outcome: failure ? `${outcome}: ${failure.code}` : outcome,
    ...(at !== undefined && kind !== "retry" && { endedAt: at }),
    ...(attempts && {
      failedAttempts: attempts.recent.map(({ number, startedAt, endedAt, outcome: how, code }) => ({
        number,
        startedAt,
        endedAt,
        outcome: how,
        ...(code !== undefined && { code }),
      })),
    }),
  };
}

function requestDraft({ id, meta, data, recordedAt }: StoredEvent, of: Pick<Draft, "context" | "stream">): Draft {
  const { actor, causation } = JSON.parse(meta) as EventMeta; // as the store writes it
  const { kind, name, reason } = JSON.parse(data) as RunEntry; // of a run's requests
  const what = [kind, name, reason].filter((text) => text !== undefined).join(" ");
  return { ...of, id, record: id, cause: causation, at: recordedAt, kind: "request", what, actor };
}

/** Causes before effects; what has the same cause by time, and at the same time as it was recorded. */
function inOrderOfCause(drafts: readonly Draft[]): readonly LifeEntry[] {
  const known = new Map(drafts.map((draft) => [draft.id, draft]));
  // An event whose cause is its own unit was caused by what left no record.
  const effects = Map.groupBy(drafts, ({ id, cause }) => (cause !== id && known.has(cause) ? cause : ""));
  const entries: LifeEntry[] = [];
  const seen = new Set<string>();
  const walk = (cause: string, depth: number) => {
    for (const draft of (effects.get(cause) ?? []).toSorted(byTime)) {
      if (seen.has(draft.id)) continue;
      seen.add(draft.id);
      const { record: _, ...entry } = draft;
      entries.push({ ...entry, depth });
      walk(draft.id, depth + 1);
    }
  };
  walk("", 0);
  for (const { record: _, ...entry } of drafts) if (!seen.has(entry.id)) entries.push({ ...entry, depth: 0 }); // of a circle of causes
  return entries;
}

function byTime(a: Draft, b: Draft): number {
  return a.at - b.at || (a.record < b.record ? -1 : Number(a.record > b.record));
}

/** Of an event's id: its unit's. */
function unitOf(id: string): string {
  return id.slice(0, id.lastIndexOf("/"));
}
