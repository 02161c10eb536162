import { canonicalText, memberOf, type JsonRecord } from "../canonical-text.ts";
import type { Fact } from "../log/fact.ts";

/** What was done for one return, in the other contexts. */
export interface Deeds {
  readonly orderId: string;
  /** Pieces by product that came back, and how many of them are written off. */
  readonly pieces: Map<string, { readonly quantity: number; readonly writtenOff: number }>;
  /** Amounts that went back, as canonical text. */
  readonly paidBack: string[];
  /** Year and number of each credit note. */
  readonly creditNotes: string[];
  /** What the order was told, as canonical text. */
  readonly told: string[];
}

/** By the return's id. */
export type AllDeeds = Map<string, Deeds>;

/** Answers what is wrong with the fact. */
export function noteDeed(all: AllDeeds, { stored: { stream, type, version }, data }: Fact): string | undefined {
  switch (type) {
    case "StockReturned":
      return noteStock(deedsOf(all, data, "returnId", memberOf(data, "orderId")), data);
    case "PaymentGivenBack":
      deedsOf(all, data, "refundId", memberOf(data, "orderId")).paidBack.push(canonicalText(memberOf(data, "amount")));
      return undefined;
    case "CreditNoteIssued":
      if (memberOf(data, "refundId") === undefined) return undefined;
      deedsOf(all, data, "refundId", memberOf(data, "orderId")).creditNotes.push(`${stream.slice("bills-".length)}-${version}`);
      return undefined;
    case "ItemsReturned": {
      const orderId = stream.slice("order-".length);
      deedsOf(all, data, "returnId", orderId).told.push(toldText(data));
      return undefined;
    }
    default:
      return undefined;
  }
}

function deedsOf(all: AllDeeds, data: unknown, member: "returnId" | "refundId", orderId: unknown): Deeds {
  const id = String(memberOf(data, member));
  const deeds = all.get(id) ?? { orderId: String(orderId), pieces: new Map(), paidBack: [], creditNotes: [], told: [] };
  all.set(id, deeds);
  return deeds;
}

function noteStock({ pieces }: Deeds, data: unknown): string | undefined {
  const productId = String(memberOf(data, "productId"));
  if (pieces.has(productId)) return "a product of one return is counted twice";
  pieces.set(productId, { quantity: Number(memberOf(data, "quantity")), writtenOff: Number(memberOf(data, "writtenOff")) });
  return undefined;
}

/** What an order must be told of a completed return. */
function toldText(one: unknown): string {
  const lines = memberOf(one, "lines");
  const pieces = (Array.isArray(lines) ? lines : []).map((line) => [memberOf(line, "line"), memberOf(line, "quantity")]);
  return canonicalText([pieces, memberOf(one, "amount"), memberOf(one, "creditNote") ?? null]);
}

/** Why what was done is not what the return needs. */
export function* deedFaults(one: JsonRecord, done: Deeds | undefined): Generator<string> {
  const status = String(one["status"]);
  const isReceived = status === "received" || status === "completed";
  if (done && !isReceived) yield `pieces or money of a return are back that is ${status}`;
  if (!done || !isReceived) {
    if (status === "completed") yield "it is completed, and nothing is back";
    return;
  }
  if (done.orderId !== one["orderId"]) yield "what is back is of another order";
  if (done.pieces.size > 0 && !isStockOf(one, done)) yield "the pieces that are back are not those of the return";
  const isFree = memberOf(one["amount"], "minor") === "0";
  const amount = canonicalText(one["amount"]);
  if (done.paidBack.length > (isFree ? 0 : 1) || done.paidBack.some((text) => text !== amount))
    yield "what was paid back is not what the return gives, once";
  if (done.told.length > 1 || done.told.some((text) => status !== "completed" || text !== toldText(one)))
    yield "the order knows something else of the return, or knows it twice";
  if (status !== "completed") return;
  if (done.pieces.size === 0) yield "it is completed, and its pieces are not back";
  if (done.paidBack.length === 0 && !isFree) yield "it is completed, and nothing was paid back";
  const note = one["creditNote"];
  const isNoted = isFree ? note === undefined : done.creditNotes.length === 1 && done.creditNotes[0] === note;
  if (!isNoted) yield "its credit note is not the one that was issued for it";
}

function isStockOf(one: JsonRecord, { pieces }: Deeds): boolean {
  const wanted = new Map<string, { quantity: number; writtenOff: number }>();
  const writtenOff = Array.isArray(one["writtenOff"]) ? one["writtenOff"] : [];
  for (const line of Array.isArray(one["lines"]) ? one["lines"] : []) {
    const productId = String(memberOf(line, "productId"));
    const quantity = Number(memberOf(line, "quantity"));
    const sum = wanted.get(productId) ?? { quantity: 0, writtenOff: 0 };
    const lost = writtenOff.includes(memberOf(line, "line")) ? quantity : 0;
    wanted.set(productId, { quantity: sum.quantity + quantity, writtenOff: sum.writtenOff + lost });
  }
  const texts = [wanted, pieces].map((each) => canonicalText(Object.fromEntries(each)));
  return texts[0] === texts[1];
}
