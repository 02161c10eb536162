import { add, decimalText, money, type Money } from "@daybook/kernel/money";
import type { ImportOrder } from "@daybook/shop-ordering/contract";
import { isRejection, rowCleaner } from "./clean-row.ts";
import type { ImportOptions, ImportProgress, ImportReport, Placement, Rejection } from "./contract.ts";
import { csvRows } from "./csv-rows.ts";
import { importFileChanged } from "./errors.ts";
import { InFlight } from "./in-flight.ts";
import { mappedOrder } from "./map-order.ts";
import { OrderGroups, RowIndex, type OrderGroup } from "./order-groups.ts";

/**
 * Places the orders of a file: parse → clean → group → map → place. The file is read twice: first to find its faults and
 * which rows belong together, then order by order, so that memory holds the index and what is under way. Orders that the
 * store has already count like those placed now: an import is resumed, or repeated, by running it again.
 */
export async function importOrders(options: ImportOptions): Promise<ImportReport> {
  const index = await indexOf(options);
  const run = new ImportRun(options, index);
  await run.readFile();
  return run.report();
}

async function indexOf({ file, mapping, signal }: ImportOptions): Promise<RowIndex> {
  const index = new RowIndex();
  for await (const { cells } of csvRows(file, mapping)) {
    signal?.throwIfAborted();
    index.add(cells.number ?? "");
  }
  return index;
}

const BATCH_ORDERS_MAX = 50;
const BATCH_LINES_MAX = 1_500;

class ImportRun {
  private readonly rejected: Rejection[] = [];
  private readonly ordered = new Map<string, Money>();
  private readonly flight: InFlight;
  private readonly batchOrders: number;
  private batch: Mapped[] = [];
  private rows = 0;
  private placed = 0;
  private existing = 0;
  private readonly options: ImportOptions;
  private readonly index: RowIndex;

  constructor(options: ImportOptions, index: RowIndex) {
    this.options = options;
    this.index = index;
    this.batchOrders = Math.min(BATCH_ORDERS_MAX, Math.max(1, Math.floor(options.concurrency / 2)));
    this.flight = new InFlight(Math.max(1, Math.floor(options.concurrency / this.batchOrders)));
  }

  async readFile(): Promise<void> {
    const { file, mapping, signal } = this.options;
    const clean = rowCleaner(mapping);
    const groups = new OrderGroups(this.index);
    try {
      for await (const row of csvRows(file, mapping)) {
        signal?.throwIfAborted();
        this.rows++;
        const cleaned = clean(row);
        const isLine = !isRejection(cleaned);
        if (!isLine) this.rejected.push(cleaned);
        const group = groups.add(row.cells.number ?? "", isLine ? cleaned : undefined);
        if (group) await this.take(group);
      }
      if (groups.waiting > 0 || this.rows !== this.index.total) throw importFileChanged(`${file} has other rows than before`);
      await this.send();
      await this.flight.end();
    } finally {
      await this.flight.settled();
    }
    this.tell();
  }

  private async take(group: OrderGroup): Promise<void> {
    const order = mappedOrder(group, this.options.mapping);
    if (!("orderId" in order)) {
      this.rejected.push(...order);
      return;
    }
    const lines = this.batch.reduce((count, { order: { lines } }) => count + lines.length, order.lines.length);
    if (lines > BATCH_LINES_MAX) await this.send();
    this.batch.push({ order, rows: group.lines.map(({ row }) => row) });
    if (this.batch.length >= this.batchOrders) await this.send();
  }

  private async send(): Promise<void> {
    const batch = this.batch;
    this.batch = [];
    if (batch.length === 0) return;
    await this.flight.start(async () => {
      const placements = await this.options.sink.place(batch.map(({ order }) => order));
      for (const [at, mapped] of batch.entries()) this.settle(mapped, placements[at]);
      this.tell();
    });
  }

  private settle({ order, rows }: Mapped, placement: Placement = LOST): void {
    if (placement.outcome === "refused") {
      this.rejected.push(...rows.map((row) => ({ row, stage: "place" as const, reason: placement.code })));
      return;
    }
    if (placement.outcome === "placed") this.placed++;
    else this.existing++;
    const before = this.ordered.get(order.currency) ?? money(0n, order.currency);
    this.ordered.set(
      order.currency,
      order.lines.reduce((sum, { amount }) => add(sum, amount), before),
    );
  }

  private tell(): void {
    const { rows, placed, existing } = this;
    const progress: ImportProgress = {
      rows,
      rowsTotal: this.index.total,
      placed,
      existing,
      rejected: this.rejected.length,
      first: this.rejected[0],
    };
    this.options.onProgress?.(progress);
  }

  report(): ImportReport {
    const sums = [...this.ordered].sort(([a], [b]) => (a < b ? -1 : 1));
    return {
      rows: this.rows,
      orders: { placed: this.placed + this.existing },
      rejected: this.rejected.toSorted((a, b) => a.row - b.row),
      money: Object.fromEntries(sums.map(([currency, sum]) => [currency, { ordered: decimalText(sum) }])),
    };
  }
}

interface Mapped {
  readonly order: ImportOrder;
  readonly rows: readonly number[];
}

/** What an order counts as for which the sink gave no answer. */
const LOST: Placement = { outcome: "refused", code: "not-answered", message: "the sink gave no answer" };
