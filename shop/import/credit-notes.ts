import type { NoteRow } from "./clean-row.ts";
import type { ImportReturn, Rejection } from "./contract.ts";

/** An order of the file, as far as credit notes look at it. */
export interface ReturnableOrder {
  readonly orderId: string;
  readonly number: string;
  /** Its first. */
  readonly row: number;
  /** Epoch milliseconds. */
  readonly placedAt: number;
  readonly customerId?: string | undefined;
  readonly lines: readonly { readonly productId: string; readonly quantity: number }[];
}

/** A return, and the rows of the credit note that ask for it. */
export interface MatchedReturn {
  readonly request: ImportReturn;
  readonly rows: readonly number[];
}

interface Candidate {
  readonly order: ReturnableOrder;
  /** Not yet returned. */
  left: number;
}

/**
 * Finds the order that each row of a credit note is of: the one that it names, else the latest earlier one of the same customer
 * (of orders of one moment, the last in the file); of it at least so many pieces of the product are not yet returned. Knows
 * only orders that a credit note can be of, so that memory holds no others. The result depends on the file alone.
 */
export class CreditNotes {
  private readonly notes: NoteRow[] = [];
  private readonly wanted = new Set<string>();
  private readonly candidates = new Map<string, Candidate[]>();

  add(note: NoteRow): void {
    this.notes.push(note);
    for (const key of keysOf(note)) this.wanted.add(key);
  }

  /** After all credit notes. */
  addOrder(order: ReturnableOrder): void {
    const pieces = new Map<string, number>();
    for (const { productId, quantity } of order.lines) pieces.set(productId, (pieces.get(productId) ?? 0) + quantity);
    for (const [productId, left] of pieces) {
      const candidate: Candidate = { order, left };
      for (const key of [byNumber(order.number, productId), byCustomer(order.customerId, productId)]) {
        if (key !== undefined && this.wanted.has(key)) this.candidates.set(key, [...(this.candidates.get(key) ?? []), candidate]);
      }
    }
  }

  /** Credit notes in the order of their time, then of the file; rows of one note that are of one order are one return. */
  matched(source: string): { readonly returns: readonly MatchedReturn[]; readonly rejected: readonly Rejection[] } {
    const rejected: Rejection[] = [];
    const returns = new Map<string, { request: ImportReturn; rows: number[] }>();
    for (const note of this.notes.toSorted((a, b) => a.time - b.time || a.row - b.row)) {
      const order = this.take(note);
      if (!order) rejected.push({ row: note.row, stage: "match", reason: "no-matching-order" });
      else {
        const key = `${source}/${note.number}/${order.orderId}`;
        const before = returns.get(key) ?? { request: requestOf(key, source, note, order), rows: [] };
        returns.set(key, { request: withPieces(before.request, note), rows: [...before.rows, note.row] });
      }
    }
    return { returns: [...returns.values()], rejected };
  }

  private take(note: NoteRow): ReturnableOrder | undefined {
    const [key] = keysOf(note);
    const found = (key === undefined ? [] : (this.candidates.get(key) ?? [])).filter(
      ({ order, left }) => left >= note.quantity && (note.returnOf !== undefined || order.placedAt < note.time),
    );
    const latest = found.reduce<Candidate | undefined>((last, each) => (last && isLater(last, each) ? last : each), undefined);
    if (latest) latest.left -= note.quantity;
    return latest?.order;
  }
}

function isLater(a: Candidate, b: Candidate): boolean {
  return a.order.placedAt === b.order.placedAt ? a.order.row > b.order.row : a.order.placedAt > b.order.placedAt;
}

/** Where its order is looked for: one place at most. */
function keysOf({ returnOf, customerId, productId }: NoteRow): readonly string[] {
  const key = returnOf === undefined ? byCustomer(customerId, productId) : byNumber(returnOf, productId);
  return key === undefined ? [] : [key];
}

function byNumber(number: string, productId: string): string {
  return `number ${number}\n${productId}`;
}

/** Guests' credit notes match nothing. */
function byCustomer(customerId: string | undefined, productId: string): string | undefined {
  return customerId === undefined ? undefined : `customer ${customerId}\n${productId}`;
}

function requestOf(key: string, source: string, { number, time }: NoteRow, { orderId, placedAt }: ReturnableOrder): ImportReturn {
  const reason = `Credit note ${number}`;
  return { key, orderId, items: [], reason, returnedAt: Math.max(time, placedAt), origin: { source, number } };
}

/** Several rows of one product are one item. */
function withPieces(request: ImportReturn, { productId, quantity }: NoteRow): ImportReturn {
  const before = request.items.find((item) => item.productId === productId);
  const rest = request.items.filter((item) => item !== before);
  return { ...request, items: [...rest, { productId, quantity: (before?.quantity ?? 0) + quantity }] };
}
