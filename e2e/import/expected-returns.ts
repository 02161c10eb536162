/** What comes back of a file's orders by the rules of its data, computed without a line of the code that imports. */
export interface ExpectedReturns {
  /** Rows of credit notes that match nothing. */
  readonly unmatched: ReadonlySet<number>;
  /** Credit notes by the orders that they are of: so many returns. */
  readonly count: number;
  /** Numbers of the orders of which something came back, each with its pieces and pence. */
  readonly byOrder: ReadonlyMap<string, { readonly pieces: number; readonly pence: bigint }>;
  readonly pence: bigint;
}

export interface SoldOrder {
  readonly number: string;
  readonly firstRow: number;
  readonly placedAt: number;
  readonly customer: string | undefined;
  /** As the order has them: rows of one product at one price are one. */
  readonly lines: readonly SoldLine[];
}

export interface SoldLine {
  readonly product: string;
  readonly pieces: number;
  readonly pence: bigint;
}

export interface NoteRow {
  readonly row: number;
  readonly number: string;
  readonly at: number;
  readonly customer: string | undefined;
  readonly product: string;
  readonly pieces: number;
}

export function expectedReturns(orders: readonly SoldOrder[], notes: readonly NoteRow[]): ExpectedReturns {
  const unmatched = new Set<number>();
  /** Returns by note and order, in the order of their first rows. */
  const asked = new Map<string, { readonly order: SoldOrder; readonly pieces: Map<string, number> }>();
  const left = new Map<string, number>();
  for (const order of orders) for (const { product, pieces } of order.lines) plus(left, `${order.number} ${product}`, pieces);
  const ofCustomer = Map.groupBy(orders, ({ customer }) => customer);
  for (const note of notes.toSorted((a, b) => a.at - b.at || a.row - b.row)) {
    const order = orderOf(note, note.customer === undefined ? [] : (ofCustomer.get(note.customer) ?? []), left);
    if (!order) {
      unmatched.add(note.row);
      continue;
    }
    plus(left, `${order.number} ${note.product}`, -note.pieces);
    const key = `${note.number} ${order.number}`;
    const one = asked.get(key) ?? { order, pieces: new Map<string, number>() };
    plus(one.pieces, note.product, note.pieces);
    asked.set(key, one);
  }
  return { unmatched, count: asked.size, ...givenBack([...asked.values()]) };
}

/** The latest earlier order with that many pieces of the product left; of one moment, the last in the file. */
function orderOf(note: NoteRow, orders: readonly SoldOrder[], left: ReadonlyMap<string, number>): SoldOrder | undefined {
  return orders
    .filter((order) => order.placedAt < note.at && (left.get(`${order.number} ${note.product}`) ?? 0) >= note.pieces)
    .toSorted((a, b) => b.placedAt - a.placedAt || b.firstRow - a.firstRow)[0];
}

function givenBack(returns: readonly { readonly order: SoldOrder; readonly pieces: ReadonlyMap<string, number> }[]) {
  const byOrder = new Map<string, { pieces: number; pence: bigint }>();
  const lines = new Map<SoldLine, { pieces: number; pence: bigint }>();
  for (const { order, pieces } of returns) {
    for (const [product, quantity] of pieces) {
      let rest = quantity;
      for (const line of order.lines.filter((each) => each.product === product)) {
        const before = lines.get(line) ?? { pieces: 0, pence: 0n };
        const taken = Math.min(rest, line.pieces - before.pieces);
        if (taken === 0) continue;
        rest -= taken;
        const share = shareOf(line, before, taken);
        lines.set(line, { pieces: before.pieces + taken, pence: before.pence + share });
        const of = byOrder.get(order.number) ?? { pieces: 0, pence: 0n };
        byOrder.set(order.number, { pieces: of.pieces + taken, pence: of.pence + share });
      }
    }
  }
  const pence = [...byOrder.values()].reduce((sum, each) => sum + each.pence, 0n);
  return { byOrder, pence };
}

/** The pieces' share of what the line was charged, half to even; the last pieces get what is left. */
function shareOf(line: SoldLine, before: { readonly pieces: number; readonly pence: bigint }, taken: number): bigint {
  const rest = line.pence - before.pence;
  if (before.pieces + taken === line.pieces) return rest;
  const [dividend, divisor] = [line.pence * BigInt(taken), BigInt(line.pieces)];
  const floor = dividend / divisor;
  const twice = 2n * (dividend % divisor);
  const share = twice > divisor || (twice === divisor && floor % 2n === 1n) ? floor + 1n : floor;
  return share < rest ? share : rest;
}

function plus(counts: Map<string, number>, key: string, more: number): void {
  counts.set(key, (counts.get(key) ?? 0) + more);
}
