import type { RawState } from "@daybook/testing/simulation/store-checker";
import type { Findings } from "@daybook/testing/simulation/violation";
import type { Operation } from "./operation.ts";
import { foldOrders, type FoldedOrder } from "./order-fold.ts";
import type { PlayedWorld } from "./played-world.ts";

interface Line {
  readonly line: number;
  readonly productId: string;
  readonly quantity: number;
  readonly amount: { readonly minor: string };
}

/** A return as its events tell it, and what was done for it elsewhere. */
interface FoldedReturn {
  readonly orderId: string;
  readonly lines: readonly Line[];
  readonly minor: bigint;
  status: string;
  writtenOff: readonly number[];
  cause: string;
  /** Pieces that came back, and those that are lost, by product. */
  readonly pieces: Map<string, string>;
  paidBack: bigint[];
  creditNotes: number;
  told: number;
}

/** Members of the events of returns and of what they bring about, as they are documented. */
interface Said {
  readonly returnId?: string;
  readonly refundId?: string;
  readonly orderId?: string;
  readonly lines?: readonly Line[];
  readonly amount?: { readonly minor: string };
  readonly writtenOff?: readonly number[] | number;
  readonly productId?: string;
  readonly quantity?: number;
}

const LEADS_TO: Readonly<Record<string, readonly [from: readonly string[], to: string]>> = {
  ReturnAccepted: [["requested"], "accepted"],
  ReturnRejected: [["requested", "accepted"], "rejected"],
  ReturnReceived: [["accepted"], "received"],
  ReturnCompleted: [["received"], "completed"],
};

/** Returns: no more comes back than was sent, all that was received is back once with its money, and what was answered is kept. */
export function checkReturns(operations: readonly Operation[], outside: PlayedWorld, state: RawState, findings: Findings): void {
  const returns = foldReturns(state.log, findings);
  const orders = foldOrders(state.log);
  for (const [orderId, own] of Map.groupBy(returns.values(), (one) => one.orderId)) {
    checkShares(orderId, own, orders.get(orderId)?.at(-1), findings);
  }
  for (const [returnId, one] of returns) {
    const wrong = wrongEnd(returnId, one, orders.get(one.orderId)?.at(-1), outside);
    findings.expect("returned whole", wrong === undefined, () => `return ${returnId} is ${one.status}: ${wrong}`);
  }
  checkAnswers(operations, returns, findings);
}

function foldReturns(log: RawState["log"], findings: Findings): ReadonlyMap<string, FoldedReturn> {
  const returns = new Map<string, FoldedReturn>();
  for (const { type, data, meta, position } of log) {
    if (!KNOWN.test(type)) continue;
    const said = JSON.parse(data) as Said; // as it is documented
    const returnId = said.returnId ?? said.refundId;
    if (returnId === undefined) continue; // a credit note of the whole bill
    const { causation } = JSON.parse(meta) as { causation: string }; // every event has one
    if (type === "ReturnRequested") {
      findings.expect("one return a key", !returns.has(returnId), () => `${returnId} is asked for again at ${position}`);
      returns.set(returnId, asked(said, causation));
      continue;
    }
    const one = returns.get(returnId);
    findings.expect("returned whole", one !== undefined, () => `${type} at ${position} is of no return`);
    if (one) note(one, type, said, findings);
  }
  return returns;
}

const KNOWN = /^(Return|StockReturned$|PaymentGivenBack$|CreditNoteIssued$|ItemsReturned$)/;

function asked({ orderId = "", lines = [], amount }: Said, cause: string): FoldedReturn {
  const about = { orderId, lines, minor: BigInt(amount?.minor ?? 0), cause };
  return { ...about, status: "requested", writtenOff: [], pieces: new Map(), paidBack: [], creditNotes: 0, told: 0 };
}

function note(one: FoldedReturn, type: string, said: Said, findings: Findings): void {
  const step = LEADS_TO[type];
  if (step) {
    findings.expect("return law", step[0].includes(one.status), () => `${type} after ${one.status} of ${one.orderId}`);
    one.status = step[1];
  }
  if (type === "ReturnReceived" && Array.isArray(said.writtenOff)) one.writtenOff = said.writtenOff;
  if (type === "StockReturned") {
    const { productId = "", quantity, writtenOff } = said;
    findings.expect("returned whole", !one.pieces.has(productId), () => `${productId} is back twice of ${one.orderId}`);
    one.pieces.set(productId, `${quantity}, ${String(writtenOff)} lost`);
  }
  if (type === "PaymentGivenBack") one.paidBack.push(BigInt(said.amount?.minor ?? 0));
  if (type === "CreditNoteIssued") one.creditNotes++;
  if (type === "ItemsReturned") one.told++;
}

/** By line: what stands is no more than was bought, and all of it is what it cost. These orders have neither tax nor adjustments. */
function checkShares(
  orderId: string,
  returns: readonly FoldedReturn[],
  order: FoldedOrder | undefined,
  findings: Findings,
): void {
  const isSent = order?.status === "shipped" || order?.status === "delivered";
  findings.expect("return law", isSent, () => `a return of ${orderId}, which is ${order?.status}`);
  const standing = returns.filter(({ status }) => status !== "rejected").flatMap(({ lines }) => lines);
  for (const [at, { quantity: bought, amount }] of (order?.lines ?? []).entries()) {
    const own = standing.filter(({ line }) => line === at + 1);
    const quantity = own.reduce((sum, line) => sum + line.quantity, 0);
    const minor = own.reduce((sum, line) => sum + BigInt(line.amount.minor), 0n);
    const isWithin = quantity <= bought && minor <= BigInt(amount.minor);
    const isAll = quantity < bought || minor === BigInt(amount.minor);
    findings.expect(
      "return shares",
      isWithin && isAll,
      () => `${orderId}, line ${at + 1}: ${quantity} of ${bought} for ${minor}`,
    );
  }
}

/** Why what was done is not what the return's end needs; the provider has the last word on what it paid back. */
function wrongEnd(returnId: string, one: FoldedReturn, order: FoldedOrder | undefined, outside: PlayedWorld): string | undefined {
  const isCard = order?.payment?.kind === "card";
  const parts = [...outside.provider.charges.values()].flatMap((charge) => charge.parts.get(`refund-${returnId}`) ?? []);
  if (one.status === "rejected") {
    return one.pieces.size + one.paidBack.length + one.told + parts.length === 0 ? undefined : "something is back";
  }
  if (one.status !== "completed") return "it has not ended";
  const wanted = new Map<string, string>();
  for (const productId of new Set(one.lines.map((line) => line.productId))) {
    const lines = one.lines.filter((line) => line.productId === productId);
    const pieces = (some: readonly Line[]) => some.reduce((sum, { quantity }) => sum + quantity, 0);
    wanted.set(productId, `${pieces(lines)}, ${pieces(lines.filter(({ line }) => one.writtenOff.includes(line)))} lost`);
  }
  const isBack = wanted.size === one.pieces.size && [...wanted].every(([product, said]) => one.pieces.get(product) === said);
  if (!isBack) return "its pieces are not back as it says";
  const sums = [one.paidBack, parts].map((each) => each.join());
  if (sums[0] !== String(one.minor)) return `${sums[0]} was paid back of ${one.minor}`;
  if (sums[1] !== (isCard ? String(one.minor) : "")) return `the provider paid back ${sums[1]} of ${one.minor}`;
  return one.creditNotes === 1 && one.told === 1
    ? undefined
    : `${one.creditNotes} credit notes, its order told ${one.told} times`;
}

/** What somebody was told is kept; what was refused is nothing. */
function checkAnswers(operations: readonly Operation[], returns: ReadonlyMap<string, FoldedReturn>, findings: Findings): void {
  const causes = new Set([...returns.values()].map(({ cause }) => cause));
  for (const { id, request, outcome, returned } of operations) {
    if (request.kind !== "return" || outcome !== "ok" || !returned) continue;
    if ("refusal" in returned) {
      findings.expect(
        "refused is nothing",
        !causes.has(id),
        () => `${id} was refused (${returned.refusal.code}), and had an effect`,
      );
      continue;
    }
    const kept = returns.get(returned.value.returnId);
    const isKept = kept?.orderId === request.input.orderId && String(kept.minor) === returned.value.amount.minor;
    findings.expect("acknowledged is kept", isKept, () => `${id} was told of return ${returned.value.returnId}`);
  }
}
