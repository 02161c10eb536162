import { pipeline, type Flow, type Pipeline, type StageMetrics } from "@daybook/flow/dataflow";
import type { ImportOrder } from "@daybook/shop-ordering/contract";
import { isRejection, rowCleaner } from "./clean-row.ts";
import type { ImportOptions, ImportReport, OrderEnd, Placement, Rejection } from "./contract.ts";
import type { MatchedReturn } from "./credit-notes.ts";
import { importFileChanged } from "./errors.ts";
import { mappedOrder } from "./map-order.ts";
import { OrderGroups, type OrderGroup } from "./order-groups.ts";
import { sourceRows } from "./rows/source-rows.ts";
import { survey, type Survey } from "./survey.ts";
import { Tally, type OrderOutcome } from "./tally.ts";

/**
 * Brings the orders of a file in: parse → clean → group → map → place, each carried out to its end; then its credit notes, as
 * returns of those orders. The file is read twice: first to find its faults and what belongs together, then order by order, so
 * that memory holds the survey and what is under way. Orders that the store has already count like those placed now: an import
 * is resumed, or repeated, by running it again.
 */
export async function importOrders(options: ImportOptions): Promise<ImportReport> {
  const surveyed = await survey(options);
  const run = new ImportRun(options, surveyed);
  if (!options.isPlaceOnly) await run.listProducts();
  await run.bringOrders();
  await run.bringNotes();
  return run.report();
}

const BATCH_ORDERS_MAX = 50;
const BATCH_LINES_MAX = 1_500;
const BATCH_PRODUCTS = 200;

interface Mapped {
  readonly order: ImportOrder;
  readonly rows: readonly number[];
}

class ImportRun {
  private readonly tally = new Tally();
  private readonly stages: StageMetrics[] = [];
  private readonly options: ImportOptions;
  private readonly survey: Survey;

  constructor(options: ImportOptions, surveyed: Survey) {
    this.options = options;
    this.survey = surveyed;
  }

  /** Before any order: so each product is as its first row says, whatever comes first. */
  async listProducts(): Promise<void> {
    const line = this.pipeline();
    line
      .from("products", chunked([...this.survey.products.values()]))
      .batch("batch products", BATCH_PRODUCTS)
      .mapAsync("list", 1, async (products) => {
        await this.options.target.list(products);
        return [];
      })
      .into("listed", () => undefined);
    await this.run(line);
  }

  async bringOrders(): Promise<void> {
    const line = this.pipeline();
    const isFault = (item: Mapped | Rejection): item is Rejection => isRejection(item);
    const [faults, orders] = this.mapped(line).branch<Rejection>("faults", isFault);
    const outcomes = this.placed(orders);
    line.merge<OrderOutcome | Rejection>("outcomes", [faults, outcomes]).into("count", (outcome) => {
      if (isRejection(outcome)) this.tally.reject(outcome);
      else this.tally.settle(outcome);
      this.tell();
    });
    await this.run(line);
  }

  /** All orders have ended by now. */
  async bringNotes(): Promise<void> {
    const { mapping, isPlaceOnly = false, target } = this.options;
    const { returns, rejected } = this.survey.notes.matched(mapping.source);
    for (const rejection of rejected) this.tally.reject(rejection);
    if (isPlaceOnly) {
      for (const { rows } of returns) this.refuse(rows, "return", "returns-not-made");
      return this.tell();
    }
    this.tally.returnsTotal = returns.length;
    const line = this.pipeline();
    const { size, most } = this.batches();
    // Returns of one order are made one after another, in their order: how cents are rounded depends on it.
    const byOrder = [...Map.groupBy(returns, ({ request }) => request.orderId).values()];
    line
      .from("credit notes", chunked(byOrder))
      .batch("batch returns", size, (ofOrder) => ofOrder.length)
      .mapAsync("return", most, async (orders, signal) => {
        const batch = orders.flat();
        const requests = batch.map(({ request }) => request);
        const ends = await target.giveBack(requests, signal);
        return batch.map((matched, at) => ({ matched, end: ends[at] ?? LOST }));
      })
      .into("count returns", ({ matched, end }) => {
        if (end.outcome === "refused") this.refuse(matched.rows, "return", end.code);
        else this.tally.giveBack(matched, end.amount);
        this.tell();
      });
    await this.run(line);
  }

  report(): ImportReport {
    this.tell();
    this.options.onEnd?.(this.stages);
    return this.tally.report();
  }

  private mapped(line: Pipeline): Flow<Mapped | Rejection> {
    const { file, mapping, isPlaceOnly = false } = this.options;
    const clean = rowCleaner(mapping);
    const groups = new OrderGroups(this.survey.index);
    return line
      .from("parse", sourceRows(file, mapping))
      .map({ name: "clean", nameOf: ({ row }) => `row ${row}` }, (row) => {
        this.tally.rows++;
        return [{ number: row.cells.number ?? "", cleaned: clean(row) }];
      })
      .map<OrderGroup | Rejection>(
        "group",
        ({ number, cleaned }) => {
          const isLine = "kind" in cleaned && cleaned.kind === "line";
          const group = groups.add(number, isLine ? cleaned : undefined);
          return [...(isRejection(cleaned) ? [cleaned] : []), ...(group ? [group] : [])];
        },
        () => this.checkIsWhole(groups),
      )
      .map<Mapped | Rejection>("map", (group) => {
        if (isRejection(group)) return [group];
        const order = mappedOrder(group, mapping, !isPlaceOnly);
        if (!("orderId" in order)) return order;
        const rows = group.lines.map(({ row }) => row);
        this.survey.notes.addOrder({ ...order, number: group.number, row: Math.min(...rows) });
        return [{ order, rows }];
      });
  }

  private checkIsWhole(groups: OrderGroups): readonly [] {
    if (groups.waiting === 0 && this.tally.rows === this.survey.index.total) return [];
    throw importFileChanged(`${this.options.file} has other rows than before`);
  }

  private placed(orders: Flow<Mapped>): Flow<OrderOutcome | Rejection> {
    const { size, most } = this.batches();
    const weigh = ({ order }: Mapped) => Math.max(1 / size, order.lines.length / BATCH_LINES_MAX);
    const nameOf = (batch: readonly Mapped[]) =>
      batch
        .map(({ order }) => order.origin.number)
        .join(", ")
        .slice(0, 200);
    return orders
      .batch("batch", 1, weigh)
      .mapAsync({ name: "place", nameOf }, most, (batch, signal) => this.bring(batch, signal));
  }

  /** Batches, and how many of them at once, so that no more orders are under way than may be. */
  private batches(): { readonly size: number; readonly most: number } {
    const { concurrency } = this.options;
    const size = Math.min(BATCH_ORDERS_MAX, Math.max(1, Math.floor(concurrency / 8)));
    return { size, most: Math.max(1, Math.floor(concurrency / size)) };
  }

  private async bring(batch: readonly Mapped[], signal: AbortSignal): Promise<readonly (OrderOutcome | Rejection)[]> {
    const { target, isPlaceOnly = false } = this.options;
    const placements = await target.place(batch.map(({ order }) => order));
    const isThere = (_: Mapped, at: number) => (placements[at] ?? LOST).outcome !== "refused";
    const there = batch.filter(isThere);
    const ids = there.map(({ order: { orderId } }) => orderId);
    const ends = isPlaceOnly || ids.length === 0 ? [] : await target.ended(ids, signal);
    const endOf = new Map(ids.map((id, at) => [id, ends[at]]));
    return batch.flatMap((mapped, at) => outcomesOf(mapped, placements[at] ?? LOST, endOf));
  }

  private pipeline(): Pipeline {
    const { clock, signal } = this.options;
    return pipeline({ clock, signal });
  }

  private async run(line: Pipeline): Promise<void> {
    await line.run();
    this.stages.push(...line.metrics());
  }

  private refuse(rows: MatchedReturn["rows"], stage: Rejection["stage"], reason: string): void {
    for (const row of rows) this.tally.reject({ row, stage, reason });
  }

  private tell(): void {
    this.options.onProgress?.(this.tally.progress(this.survey.index.total));
  }
}

function outcomesOf(
  { order, rows }: Mapped,
  placement: Placement,
  ends: ReadonlyMap<string, OrderEnd | undefined>,
): readonly (OrderOutcome | Rejection)[] {
  if (placement.outcome !== "refused") {
    const isNew = placement.outcome === "placed";
    return [{ order, rows: rows.length, isNew, end: ends.get(order.orderId) }];
  }
  return rows.map((row) => ({ row, stage: "place", reason: placement.code }));
}

async function* chunked<Item>(items: readonly Item[]): AsyncGenerator<readonly Item[]> {
  yield items;
}

/** What counts when the target gave no answer. */
const LOST = { outcome: "refused", code: "not-answered", message: "the shop gave no answer" } as const;
