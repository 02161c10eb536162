import { canonical } from "@daybook/kernel/canonical";
import type { Clock } from "@daybook/kernel/clock";
import { causeOf, type Context } from "@daybook/kernel/context";
import { errorCode } from "@daybook/kernel/errors";
import type { IdSource } from "@daybook/kernel/ids";
import { encodeRecord } from "@daybook/kernel/record-codec";
import { NO_ATTEMPTS } from "@daybook/foundation/resilience/attempt-record";
import { commitSettled } from "@daybook/data/event-store/commit-settled";
import type { DueItem, RowCursor, Store } from "@daybook/data/store";
import type { Effect } from "@daybook/data/store/unit";
import { deadLetterUnknown, messageUnreadable } from "./errors.ts";
import { deadCollection, deadQueue, putDead, type DeadLetterRow } from "./parking.ts";
import type { Queue } from "./queue.ts";
import { recorded } from "./queue-control.ts";
import { dueIdOf, messageIdOf, messageText } from "./stored-message.ts";

/**
 * Messages that are not delivered any more, with cause, origin and attempts. Looking consumes nothing. Each change
 * happens once, whoever else makes it, and is recorded with its cause in the stream of work `queue-{name}`.
 */
export interface DeadLetters<Message> {
  /** By id, or of one cause, by the time of their parking. */
  list(options?: ListDeadLetters): Promise<DeadLetterPage>;
  get(id: string): Promise<DeadLetter | undefined>;
  /** How many there are of each cause, counted up to `cap` each; 10,000 unless given. */
  groups(cap?: number): Promise<readonly DeadLetterGroup[]>;
  /** Replaces the message; it must be what the queue's schema says. Also makes an unreadable one readable. */
  edit(id: string, message: Message, context: Context, subjectKeys?: ReadonlyMap<string, Uint8Array>): Promise<void>;
  /** Sends it again, as the same message: its id, key and cause stay, its deliveries count anew, its expiry is gone. */
  redrive(id: string, context: Context): Promise<void>;
  /** Redrives all of one cause, or all; answers how many. Unreadable ones stay. */
  redriveAll(options: { readonly cause?: string }, context: Context): Promise<number>;
  /** Removes it for ever. */
  discard(id: string, context: Context): Promise<void>;
}

export interface ListDeadLetters {
  readonly cause?: string;
  readonly limit?: number;
  readonly after?: RowCursor;
}

export interface DeadLetterPage {
  readonly letters: readonly DeadLetter[];
  readonly next?: RowCursor;
}

export interface DeadLetter extends DeadLetterRow {
  readonly id: string;
  /** Of the message: what a receiver saw as its id. */
  readonly messageId: string;
}

export interface DeadLetterGroup {
  readonly cause: string;
  readonly count: number;
}

export interface DeadLettersOptions<Message> {
  readonly queue: Queue<Message>;
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: IdSource;
}

const CAP = 10_000;
const PAGE = 100;

export function deadLetters<Message>(options: DeadLettersOptions<Message>): DeadLetters<Message> {
  const { queue, store } = options;
  const changes = new DeadLetterChanges(options);
  return {
    list: (list) => listLetters(store, deadCollection(queue), list ?? {}),
    get: (id) => getLetter(store, deadCollection(queue), id),
    groups: (cap = CAP) => groupsOf(store, deadCollection(queue), cap),
    edit: (id, message, context, subjectKeys) => changes.edit(id, message, context, subjectKeys ?? new Map()),
    redrive: (id, context) => changes.redrive(id, context),
    redriveAll: ({ cause }, context) => changes.redriveAll(cause, context),
    discard: (id, context) => changes.discard(id, context),
  };
}

async function listLetters(store: Store, collection: string, { cause, ...page }: ListDeadLetters): Promise<DeadLetterPage> {
  const of = cause === undefined ? {} : { index: "cause", prefix: `${cause} ` };
  const { rows, next } = await store.listRows({ collection, ...of, ...page });
  return { letters: rows.map(({ key, value }) => letterOf(key, value)), ...(next && { next }) };
}

async function getLetter(store: Store, collection: string, id: string): Promise<DeadLetter | undefined> {
  const row = await store.getRow(collection, id);
  return row && letterOf(id, row.value);
}

function letterOf(id: string, value: string): DeadLetter {
  const row = JSON.parse(value) as DeadLetterRow; // written by putDead only
  return { id, messageId: messageIdOf(id), ...row };
}

/** From one cause to the next: entries are a cause, a space and a time, and `!` comes just after the space. */
async function groupsOf(store: Store, collection: string, cap: number): Promise<readonly DeadLetterGroup[]> {
  const groups: DeadLetterGroup[] = [];
  for (let after: RowCursor | undefined; ;) {
    const { rows } = await store.listRows({ collection, index: "cause", limit: 1, ...(after && { after }) });
    const [row] = rows;
    if (!row) return groups;
    const cause = letterOf(row.key, row.value).cause.code;
    groups.push({ cause, count: await store.countRows({ collection, index: "cause", prefix: `${cause} ` }, cap) });
    after = { entry: `${cause}!`, key: "" };
  }
}

class DeadLetterChanges<Message> {
  private readonly options: DeadLettersOptions<Message>;

  constructor(options: DeadLettersOptions<Message>) {
    this.options = options;
  }

  edit(id: string, message: Message, context: Context, subjectKeys: ReadonlyMap<string, Uint8Array>): Promise<void> {
    const { queue, clock } = this.options;
    return this.change(id, "DeadLetterEdited", context, (letter, item) => {
      const { id: _, messageId, ...row } = letter;
      const now = clock.now();
      const made = { version: queue.message.version, sentAt: now, cause: causeOf(context), deliveries: 0, redrives: 0 };
      const header = { ...(letter.header ?? { ...made, attempts: NO_ATTEMPTS }), version: queue.message.version };
      const edits = [...(row.edits ?? []), { at: now, actor: context.actor }];
      const recordId = `${messageId}~${edits.length}`; // sealed anew: never twice with the same nonce
      const { text: body } = encodeRecord(queue.message, message, recordId, subjectKeys);
      const schedule: Effect = { kind: "schedule", queue: item.queue, id, at: item.at, payload: "" };
      return [schedule, putDead(queue, id, { ...row, header, body, edits })];
    });
  }

  redrive(id: string, context: Context): Promise<void> {
    const { clock } = this.options;
    return this.change(id, "DeadLetterRedriven", context, (letter, item) => {
      if (!letter.header) throw messageUnreadable(`dead letter ${id} has no header to send it with: edit it first`);
      const { expiresAt: _, takenAt: __, ...kept } = letter.header;
      const redrives = kept.redrives + 1;
      const header = { ...kept, deliveries: 0, redrives };
      const payload = messageText({ header, body: letter.body });
      const dueId = dueIdOf(letter.messageId, redrives);
      return [...this.gone(item), { kind: "schedule", queue: letter.queue, id: dueId, at: clock.now(), payload }];
    });
  }

  async redriveAll(cause: string | undefined, context: Context): Promise<number> {
    const { store, queue } = this.options;
    const list = { limit: PAGE, ...(cause !== undefined && { cause }) };
    const startedAt = await store.now();
    let count = 0;
    for (let after: RowCursor | undefined; ;) {
      const page = await listLetters(store, deadCollection(queue), { ...list, ...(after && { after }) });
      for (const letter of page.letters) {
        // What has died again meanwhile stays dead.
        if (letter.header && letter.parkedAt <= startedAt && (await this.tryRedrive(letter.id, context))) count++;
      }
      if (!page.next) return count;
      after = page.next;
    }
  }

  /** False when somebody else was faster. */
  private async tryRedrive(id: string, context: Context): Promise<boolean> {
    try {
      await this.redrive(id, context);
      return true;
    } catch (error) {
      if (errorCode(error) === "dead-letter-unknown") return false;
      throw error;
    }
  }

  discard(id: string, context: Context): Promise<void> {
    return this.change(id, "DeadLetterDiscarded", context, (_, item) => this.gone(item));
  }

  private gone({ queue, id }: DueItem): readonly Effect[] {
    return [
      { kind: "finish", queue, id },
      { kind: "deleteRow", collection: deadCollection(this.options.queue), key: id },
    ];
  }

  /** On the revision of the letter's due item: of two who change it one is told that it is not there (any more). */
  private async change(
    id: string,
    type: string,
    context: Context,
    effectsOf: (letter: DeadLetter, item: DueItem) => readonly Effect[],
  ): Promise<void> {
    const { store, queue, clock, ids } = this.options;
    const item = await store.getDue(deadQueue(queue), id);
    const letter = await getLetter(store, deadCollection(queue), id);
    if (!item || !letter) throw deadLetterUnknown(`queue ${queue.name} has no dead letter ${id}`);
    const verdict = await commitSettled(
      store,
      {
        id: ids("unt"),
        cause: causeOf(context),
        conditions: [{ kind: "due", queue: item.queue, id, revision: item.revision }],
        effects: [...effectsOf(letter, item), recorded(queue, type, canonical({ id, cause: letter.cause.code }))],
      },
      { clock },
    );
    if (verdict.outcome === "refused") throw deadLetterUnknown(`dead letter ${id} was changed by somebody else meanwhile`);
  }
}
