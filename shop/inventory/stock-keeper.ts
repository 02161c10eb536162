import type { Refusal } from "@daybook/data/cqrs/decider";
import { decisiveVerdict } from "@daybook/data/cqrs/decisive-verdict";
import { contention } from "@daybook/data/cqrs/errors";
import { streamName } from "@daybook/data/event-store/event";
import type { Store } from "@daybook/data/store";
import type { Committed, Condition, Effect, NewEvent, Refused, Unit } from "@daybook/data/store/unit";
import { canonical } from "@daybook/kernel/canonical";
import { causeOf, type Context } from "@daybook/kernel/context";
import type { IdSource } from "@daybook/kernel/ids";
import { encodeRecord } from "@daybook/kernel/record-codec";
import type { Stock } from "./contract.ts";
import { STOCK_CATEGORY, stockEvents, type StockEvent } from "./events.ts";
import { decideStock, evolveStock, stockDecider, type StockCommand } from "./stock.ts";

/** The read model "stock": one row a product, put with each of its events. */
const STOCK = "stock";

export interface StockRow {
  readonly stock: Stock;
  readonly version: number;
}

/** A movement of several products at once: all of it happens, or none. */
export interface Movements {
  readonly context: Context;
  readonly commands: ReadonlyMap<string, StockCommand>;
  readonly conditions?: readonly Condition[];
  readonly effects?: readonly Effect[];
  /** What is kept of the decision, also of a refusal, in its unit; pure. */
  readonly kept?: (decided: Decided) => readonly Effect[];
}

/** What was decided: the rows after the movement, or why not. */
export type Decided = { readonly after: ReadonlyMap<string, StockRow> } | { readonly refusal: Refusal };

/** `conditions`: one of the movement's own did not hold. */
export type Moved = "done" | "conditions" | { readonly refusal: Refusal };

const TRIES = 10;
const NO_KEYS: ReadonlyMap<string, Uint8Array> = new Map();

/**
 * Moves stock. Movements are decided one after another on the states that the ones before leave, without waiting for
 * their commits: a unit is conditional on the versions that it was decided on, and the store applies units in the order
 * in which they are submitted. So hundreds of orders of one product share a sync. When a unit is refused, what was decided
 * on it is refused as well, and all of it is decided again on what the store has, once nothing of the product is on its way:
 * a unit that is could get the version that a refused one was to have. Where others write, too, so could theirs: so each unit
 * leaves its id in a key, which the next one names.
 */
export class StockKeeper {
  private readonly warm = new Map<string, StockRow>();
  /** Units of this keeper that led to the warm states. */
  private readonly last = new Map<string, string>();
  /** Per product: units of this keeper whose outcome it does not know yet, and the read that is to come. */
  private readonly underWay = new Map<string, UnderWay>();
  private readonly loading = new Map<string, Promise<void>>();
  private readonly store: Store;
  private readonly ids: IdSource;

  constructor(store: Store, ids: IdSource) {
    this.store = store;
    this.ids = ids;
  }

  /** Rejects with `commit-unknown` and `contention`. A refusal names every product that is short. */
  async move(movements: Movements): Promise<Moved> {
    const products = [...movements.commands.keys()];
    for (let attempt = 0; attempt < TRIES; attempt++) {
      await Promise.all(products.map((product) => this.load(product)));
      const moved = await this.attempt(movements);
      if (moved) return moved;
    }
    throw contention("others move the same stock all the time");
  }

  /** Whether there ever was stock of the product. */
  async isKnown(productId: string): Promise<boolean> {
    return (this.warm.get(productId)?.version ?? 0) > 0 || (await this.read(productId)) !== undefined;
  }

  async read(productId: string): Promise<StockRow | undefined> {
    const row = await this.store.getRow(STOCK, productId);
    return row && (JSON.parse(row.value) as StockRow); // written by rowOf
  }

  /** Undefined when the states were not those of the store. */
  private async attempt({ context, commands, conditions = [], effects = [], kept }: Movements): Promise<Moved | undefined> {
    const before = new Map<string, StockRow>();
    for (const product of commands.keys()) {
      const row = this.warm.get(product);
      if (!row) return undefined; // dropped meanwhile
      before.set(product, row);
    }
    const unitId = this.ids("unt");
    const decided = decideAll(commands, before);
    const versions = [...before].map(([product, { version: is }]): Condition => ({
      kind: "version",
      stream: streamOf(product),
      is,
    }));
    const marks = this.store.capabilities.isShared ? this.marksOf([...commands.keys()], unitId) : NO_MARKS;
    const changes = "refusal" in decided ? [] : [...changesOf(unitId, decided), ...marks.effects, ...effects];
    if ("after" in decided) this.keep(decided.after, unitId);
    const unit = {
      id: unitId,
      cause: causeOf(context),
      conditions: [...conditions, ...versions, ...marks.conditions],
      effects: [...changes, ...(kept?.(decided) ?? [])],
    };
    const verdict = await this.commit([...commands.keys()], unit); // submitted before anything else is decided
    if (verdict.outcome === "committed") return "refusal" in decided ? { refusal: decided.refusal } : "done";
    return verdict.condition < conditions.length ? "conditions" : undefined;
  }

  /** Commits a unit, and forgets the states that it was to lead to when it is not known to be committed. */
  private async commit(products: readonly string[], unit: Unit): Promise<Committed | Refused> {
    for (const product of products) this.underWay.getOrInsertComputed(product, () => ({ units: 0 })).units++;
    let isCommitted = false;
    try {
      const verdict = await decisiveVerdict(this.store, unit);
      isCommitted = verdict.outcome === "committed";
      return verdict;
    } finally {
      if (!isCommitted) this.drop(products);
      for (const product of products) this.hasEnded(product);
    }
  }

  private hasEnded(product: string): void {
    const underWay = this.underWay.get(product);
    if (!underWay || --underWay.units > 0) return;
    this.underWay.delete(product);
    underWay.over?.resolve();
  }

  private load(product: string): Promise<void> {
    if (this.warm.has(product)) return LOADED;
    return this.loading.getOrInsertComputed(product, () => this.reload(product).finally(() => this.loading.delete(product)));
  }

  /** Reads when none of this keeper's units is under way: what they bring about would not be in it, and later ones follow it. */
  private async reload(product: string): Promise<void> {
    const underWay = this.underWay.get(product);
    if (underWay) await (underWay.over ??= Promise.withResolvers()).promise;
    this.warm.set(product, (await this.read(product)) ?? absent(product));
  }

  private keep(after: ReadonlyMap<string, StockRow>, unitId: string): void {
    for (const [product, row] of after) {
      this.warm.set(product, row);
      this.last.set(product, unitId);
    }
  }

  private drop(products: Iterable<string>): void {
    for (const product of products) {
      this.warm.delete(product);
      this.last.delete(product);
    }
  }

  /** That the states are those that this keeper's own units led to; and that the next ones are this unit's. */
  private marksOf(products: readonly string[], unitId: string): Marks {
    const keyOf = (product: string) => `stock/${product}`;
    return {
      conditions: products.flatMap((product): readonly Condition[] => {
        const value = this.last.get(product);
        return value === undefined ? [] : [{ kind: "keyValue", key: keyOf(product), value }];
      }),
      effects: products.map((product) => ({ kind: "putKey", key: keyOf(product), value: unitId })),
    };
  }
}

interface UnderWay {
  units: number;
  /** For who waits for the last of them. */
  over?: PromiseWithResolvers<void>;
}

const LOADED = Promise.resolve();

interface Marks {
  readonly conditions: readonly Condition[];
  readonly effects: readonly Effect[];
}

const NO_MARKS: Marks = { conditions: [], effects: [] };

interface Movement {
  readonly events: ReadonlyMap<string, StockEvent>;
  readonly after: ReadonlyMap<string, StockRow>;
}

function decideAll(
  commands: ReadonlyMap<string, StockCommand>,
  before: ReadonlyMap<string, StockRow>,
): Movement | { readonly refusal: Refusal } {
  const events = new Map<string, StockEvent>();
  const after = new Map<string, StockRow>();
  const refusals: Refusal[] = [];
  for (const [product, command] of commands) {
    const { stock, version } = before.get(product) ?? absent(product);
    const decision = decideStock(command, stock);
    if ("refusal" in decision) refusals.push(decision.refusal);
    else
      for (const event of decision.events) {
        events.set(product, event);
        after.set(product, { stock: evolveStock(stock, event), version: version + 1 });
      }
  }
  const [first] = refusals;
  if (!first) return { events, after };
  const short = refusals.flatMap(({ details }) => (details?.["short"] as readonly unknown[] | undefined) ?? []); // by stock.ts
  return { refusal: short.length === 0 ? first : { ...first, message: "Not enough is in stock.", details: { short } } };
}

function changesOf(unitId: string, { events, after }: Movement): readonly Effect[] {
  let ordinal = 0;
  return [...events].flatMap(([product, event]) => [
    { kind: "append", stream: streamOf(product), events: [encoded(event, `${unitId}/${ordinal++}`)] } as const,
    rowOf(product, after.get(product) ?? absent(product)),
  ]);
}

function encoded(event: StockEvent, recordId: string): NewEvent {
  const type = stockEvents[event.type];
  const { text } = encodeRecord<unknown>(type, event.data, recordId, NO_KEYS); // none of them is personal
  return { type: type.name, schemaVersion: type.version, data: text };
}

function rowOf(product: string, row: StockRow): Effect {
  return { kind: "putRow", collection: STOCK, key: product, value: canonical(row) };
}

function absent(product: string): StockRow {
  return { stock: stockDecider(product).initial, version: 0 };
}

function streamOf(product: string): string {
  return streamName(STOCK_CATEGORY, product);
}
