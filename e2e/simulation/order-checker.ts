import { isDeepStrictEqual } from "node:util";
import type { Item, OrderDetails } from "@daybook/shop-ordering/contract";
import type { RawState } from "@daybook/testing/simulation/store-checker";
import type { Findings } from "@daybook/testing/simulation/violation";
import type { Answer, Operation, Request } from "./operation.ts";
import { foldOrders, type FoldedLine, type FoldedOrder } from "./order-fold.ts";
import { PRICES } from "./prices.ts";
import { LEAVERS } from "./seed-shop.ts";

type Folds = ReadonlyMap<string, readonly FoldedOrder[]>;

/** What clients were told of orders against the raw log and rows, and against what they had asked for. */
export function checkOrders(operations: readonly Operation[], state: RawState, findings: Findings): void {
  const folds = foldOrders(state.log);
  const effects = effectsByCause(folds);
  checkEvents(new Map(operations.map((operation) => [operation.id, operation])), folds, findings);
  for (const operation of operations) {
    const { outcome, request } = operation;
    if (outcome === "open") findings.expect("liveness", false, () => `${operation.id} was never answered`);
    if (request.kind === "read") checkRead(operation, operations, folds, findings);
    else if (request.kind === "list") checkList(operation, operations, folds, findings);
    else if (request.kind === "search") checkSearch(operation, findings);
    else if (!OTHERS.includes(request.kind))
      checkCommand(operation, effects.get(operation.id) ?? [], operations, folds, findings);
  }
  checkRows(folds, state, findings);
}

/** Requests that are no commands on an order. */
const OTHERS: readonly string[] = ["receive", "putAside", "leave", "return", "decide"];

function effectsByCause(folds: Folds): ReadonlyMap<string, readonly FoldedOrder[]> {
  const effects = new Map<string, FoldedOrder[]>();
  for (const versions of folds.values()) {
    for (const [index, version] of versions.entries()) {
      const cause = version.causes[index] ?? "";
      effects.set(cause, [...(effects.get(cause) ?? []), version]);
    }
  }
  return effects;
}

/** From which statuses an event may come. */
const COMES_FROM: Readonly<Record<string, readonly string[]>> = {
  ItemAdded: ["placed"],
  PaymentMethodChosen: ["placed"],
  OrderReserved: ["placed"],
  OrderPaid: ["placed", "reserved"],
  OrderConfirmed: ["placed", "reserved", "paid"],
  OrderShipped: ["confirmed"],
  OrderDelivered: ["shipped"],
  ParcelLeft: ["placed", "reserved", "paid", "confirmed"],
  ParcelArrived: ["placed", "reserved", "paid", "confirmed"],
  ItemsReturned: ["shipped", "delivered"],
  OrderHeld: ["placed", "reserved", "paid", "confirmed"],
  OrderReleased: ["placed", "reserved", "paid", "confirmed"],
  OrderCancelled: ["placed", "reserved", "paid", "confirmed"],
  OrderFailed: ["placed", "reserved", "paid", "confirmed"],
};
/** Events that nobody asks for: the shop itself brings them, or a customer who leaves. */
const OWN = [
  "OrderReserved",
  "OrderPaid",
  "OrderConfirmed",
  "OrderShipped",
  "OrderDelivered",
  "OrderFailed",
  "OrderCancelled",
  "ItemsReturned",
  "ParcelArrived",
  "ParcelLeft",
];
const LEFT = "The customer's account was deleted.";

/** Every event that is not the shop's own is what one client's request asked for, and each is legal after the one before. */
function checkEvents(operations: ReadonlyMap<string, Operation>, folds: Folds, findings: Findings): void {
  for (const [id, versions] of folds) {
    for (const [index, version] of versions.entries()) {
      const wrongState = wrongStep(versions[index - 1], version);
      findings.expect("order law", wrongState === undefined, () => `order ${id}, version ${version.version}: ${wrongState}`);
      const operation = operations.get(version.causes[index] ?? "");
      const isOwn = OWN.includes(version.type) && (version.type !== "OrderCancelled" || version.reason === LEFT);
      const wrong = operation ? wrongEffect(operation.request, version) : isOwn ? undefined : "nobody asked for it";
      findings.expect("effects", wrong === undefined, () => `order ${id}, version ${version.version}: ${wrong}`);
    }
  }
}

function wrongStep(before: FoldedOrder | undefined, { type }: FoldedOrder): string | undefined {
  if (!before) return type === "OrderPlaced" ? undefined : `begins with ${type}`;
  if (!COMES_FROM[type]?.includes(before.status)) return `${type} after ${before.status}`;
  if (type === "OrderShipped" && before.isHeld) return "shipped while on hold";
  if (type === "OrderHeld" && before.isHeld) return "held while on hold";
  if (type === "OrderReleased" && !before.isHeld) return "released, and was not on hold";
  const isLate = before.payment !== undefined && (type === "ItemAdded" || type === "PaymentMethodChosen");
  return isLate ? `${type} after the payment was chosen` : undefined;
}

/** Why the order is not what the request makes of it. */
function wrongEffect(request: Request, order: FoldedOrder): string | undefined {
  switch (request.kind) {
    case "cancel":
    case "hold": {
      const { orderId, reason } = request.input;
      const isCancel = request.kind === "cancel";
      const [type, said] = isCancel ? ["OrderCancelled", order.reason] : ["OrderHeld", order.holdReason];
      const isAsked = order.type === type && order.orderId === orderId && said === reason;
      return isAsked ? undefined : `${order.type} (${said}) by ${request.kind} of ${orderId} (${reason})`;
    }
    case "release":
      return order.type === "OrderReleased" ? undefined : `${order.type} by a release`;
    case "choose": {
      const isAsked = order.type === "PaymentMethodChosen" && isDeepStrictEqual(order.payment, request.input.payment);
      return isAsked ? undefined : `${order.type} by a choice of payment`;
    }
    case "add":
      return wrongItem(request.input.item, order);
    default:
      return wrongOrder(request, order);
  }
}

function wrongItem({ productId, quantity }: Item, { type, lines }: FoldedOrder): string | undefined {
  const price = PRICES[productId] ?? 0;
  const line = lines.find((each) => each.productId === productId && Number(each.unitPrice) * 100 === price);
  const isAsked = type === "ItemAdded" && line !== undefined && line.quantity >= quantity;
  return isAsked && line.amount.minor === String(line.quantity * price) ? undefined : `${type} by an item`;
}

function wrongOrder(request: Request, order: FoldedOrder): string | undefined {
  if (request.kind !== "place" && request.kind !== "import") return `changed by a ${request.kind}`;
  const lines = expectedLines(request);
  const total = String([...lines.values()].reduce((sum, line) => sum + line.amount, 0));
  const isSame = order.lines.length === lines.size && order.lines.every((line) => isLine(line, lines));
  if (!isSame) return `its lines are ${JSON.stringify(order.lines)}`;
  if (order.total !== total) return `its total is ${order.total}, not ${total}`;
  return order.customerId === request.input.customerId ? undefined : `it is of ${order.customerId}`;
}

interface ExpectedLine {
  quantity: number;
  amount: number;
}

/** A line a product: quantities and amounts added up. */
function expectedLines(request: Request & { kind: "place" | "import" }): ReadonlyMap<string, ExpectedLine> {
  const lines = new Map<string, ExpectedLine>();
  const add = (productId: string, quantity: number, amount: number) => {
    const line = lines.get(productId) ?? { quantity: 0, amount: 0 };
    lines.set(productId, { quantity: line.quantity + quantity, amount: line.amount + amount });
  };
  if (request.kind === "place") {
    for (const { productId, quantity } of request.input.items) add(productId, quantity, quantity * (PRICES[productId] ?? 0));
  } else {
    for (const { productId, quantity, amount } of request.input.lines) add(productId, quantity, Number(amount.minor));
  }
  return lines;
}

function isLine(line: FoldedLine, lines: ReadonlyMap<string, ExpectedLine>): boolean {
  const expected = lines.get(line.productId);
  return expected !== undefined && line.quantity === expected.quantity && line.amount.minor === String(expected.amount);
}

/** What a command was told is what it brought about; what failed brought about nothing. */
function checkCommand(
  operation: Operation,
  effects: readonly FoldedOrder[],
  operations: readonly Operation[],
  folds: Folds,
  findings: Findings,
): void {
  const { id, outcome, executed } = operation;
  const { kind } = operation.request;
  findings.expect("one effect", effects.length <= 1, () => `${id} had ${effects.length} effects`);
  // Of an order little happens in one moment: nobody is in the way of anybody five times.
  findings.expect("progress", operation.error !== "contention", () => `${id} met contention`);
  if (outcome === "fail") findings.expect("refused is nothing", effects.length === 0, () => `${id} failed, and had an effect`);
  if (outcome !== "ok" || !executed) return;
  if (executed.kind !== "answered") {
    findings.expect("refused is nothing", effects.length === 0, () => `${id} was ${executed.kind}, and had an effect`);
    if (executed.kind === "stale") checkStale(operation, executed.actual, operations, folds, findings);
    return;
  }
  const { answer, isReplayed } = executed;
  if (answer.status === "refused") {
    findings.expect("refused is nothing", effects.length === 0, () => `${id} was refused (${answer.code}), and had an effect`);
    if (!isReplayed) checkRefusal(operation, answer.code, operations, folds, findings);
  } else {
    const order = folds.get(answer.orderId)?.[answer.version - 1];
    const told = order && {
      status: "done",
      orderId: order.orderId,
      version: order.version,
      state: order.status,
      total: order.total,
    };
    const isExpected =
      operation.request.kind !== "cancel" || (operation.request.expectedVersion ?? answer.version - 1) === answer.version - 1;
    findings.expect("expected versions", isExpected, () => `${id} was done at another version than it expected`);
    const isSaidTwice = kind === "hold" || kind === "release";
    const isDone = isReplayed || isDeepStrictEqual(effects, [order]) || (isSaidTwice && effects.length === 0);
    const isTrue = isDeepStrictEqual(told, answer) && isDone;
    findings.expect(
      "acknowledged is kept",
      isTrue,
      () => `${id} was told ${JSON.stringify(answer)}, the log says ${JSON.stringify(told)}`,
    );
  }
}

/** A refusal is for a reason that was there. */
function checkRefusal(
  { id, request, began, ended }: Operation,
  code: string,
  operations: readonly Operation[],
  folds: Folds,
  findings: Findings,
): void {
  const orderId = "input" in request && "orderId" in request.input ? request.input.orderId : "";
  const versions = folds.get(orderId) ?? [];
  /** The shop's own events may have come at any time. */
  const hasBegun = ({ version, causes }: FoldedOrder) => {
    const cause = operations.find((operation) => operation.id === causes[version - 1]);
    return (cause?.began ?? 0) < ended;
  };
  const was = (isSo: (version: FoldedOrder) => boolean) => versions.some((version) => isSo(version) && hasBegun(version));
  const isForeign =
    request.kind === "cancel" && request.input.customerId !== undefined && versions[0]?.customerId !== request.input.customerId;
  const isOpen = request.kind === "choose" || request.kind === "add" ? ["placed"] : COMES_FROM["OrderCancelled"];
  const reasons: Readonly<Record<string, () => boolean>> = {
    "unknown-product": () => request.kind === "place" && request.input.items.some(({ productId }) => !(productId in PRICES)),
    "customer-inactive": () => request.kind === "place" && LEAVERS.includes(request.input.customerId ?? ""),
    "order-exists": () => request.kind === "import" && was(({ version }) => version === 1),
    "illegal-transition": () => orderId !== "" && was(({ status }) => !isOpen?.includes(status)),
    "payment-chosen": () => request.kind === "choose" && was(({ payment }) => payment !== undefined),
    "order-under-way": () => request.kind === "add" && was(({ payment }) => payment !== undefined),
    "order-not-found": () => orderId !== "" && (isForeign || acknowledged(orderId, began, operations) === 0),
  };
  findings.expect(
    "refusals have reasons",
    reasons[code]?.() ?? false,
    () => `${id} (${request.kind} ${orderId}) was refused: ${code}`,
  );
}

function checkStale(
  { id, request, began }: Operation,
  actual: number,
  operations: readonly Operation[],
  folds: Folds,
  findings: Findings,
): void {
  if (request.kind !== "cancel") return;
  const { orderId } = request.input;
  const least = acknowledged(orderId, began, operations);
  const isTrue = actual !== request.expectedVersion && actual >= least && actual <= (folds.get(orderId)?.length ?? 0);
  findings.expect(
    "refusals have reasons",
    isTrue,
    () => `${id} is stale: ${orderId} at ${actual}, of which ${least} were acknowledged`,
  );
}

/** The version of an order that some client had been told of before `began`. */
function acknowledged(orderId: string, began: number, operations: readonly Operation[]): number {
  let version = 0;
  for (const operation of operations) {
    if (operation.began > began) break;
    if (operation.ended > began) continue;
    const answer = answerOf(operation);
    if (answer?.status === "done" && answer.orderId === orderId) version = Math.max(version, answer.version);
    if (operation.shown?.id === orderId) version = Math.max(version, operation.shown.version);
  }
  return version;
}

function answerOf({ executed }: Operation): Answer | undefined {
  return executed?.kind === "answered" ? executed.answer : undefined;
}

/** A read shows a state that is in the log to stay, and not one older than what somebody had been told of. */
function checkRead(operation: Operation, operations: readonly Operation[], folds: Folds, findings: Findings): void {
  const { id, request, outcome, shown, began } = operation;
  if (outcome !== "ok" || request.kind !== "read") return;
  const least = request.version ?? acknowledged(request.orderId, began, operations);
  const order = shown && folds.get(request.orderId)?.[shown.version - 1];
  const isRecent = (shown?.version ?? 0) >= least && (request.version === undefined || shown?.version === request.version);
  findings.expect(
    "reads are recent",
    isRecent,
    () => `${id} read version ${shown?.version} of ${request.orderId}, ${least} was acknowledged`,
  );
  findings.expect(
    "reads are kept",
    isShown(order, shown),
    () => `${id} read ${JSON.stringify(shown)}, the log says ${JSON.stringify(order)}`,
  );
}

function isShown(order: FoldedOrder | undefined, shown: OrderDetails | undefined): boolean {
  if (!order || !shown) return !order && !shown;
  return (
    shown.id === order.orderId &&
    shown.status === order.status &&
    shown.total.minor === order.total &&
    shown.customer.id === order.customerId &&
    shown.cancellation?.reason === order.reason &&
    shown.updatedAt === order.recordedAt &&
    shown.itemCount === order.lines.reduce((sum, { quantity }) => sum + quantity, 0)
  );
}

function checkList(operation: Operation, operations: readonly Operation[], folds: Folds, findings: Findings): void {
  const { id, request, listed, began } = operation;
  if (!listed || request.kind !== "list") return;
  for (const shown of listed) {
    findings.expect(
      "reads are kept",
      isShown(folds.get(shown.id)?.[shown.version - 1], shown),
      () => `${id} listed ${JSON.stringify(shown)}`,
    );
  }
  for (const [orderId, [placed]] of folds) {
    const least = placed?.customerId === request.customerId ? acknowledged(orderId, began, operations) : 0;
    const version = listed.find((shown) => shown.id === orderId)?.version ?? 0;
    findings.expect(
      "reads are recent",
      version >= least,
      () => `${id} listed ${orderId} at ${version}, ${least} was acknowledged`,
    );
  }
}

function checkSearch({ id, request, found }: Operation, findings: Findings): void {
  if (request.kind !== "search" || !found) return;
  findings.expect(
    "read your writes",
    found.includes(request.orderId),
    () => `${id} searched "${request.text}", found ${found.join(", ")}`,
  );
}

interface RowOfOrder {
  readonly order: Pick<OrderDetails, "status" | "total" | "cancellation">;
  readonly version: number;
}

/** The row of an order is its last state, and there is one for each. */
function checkRows(folds: Folds, { rows }: RawState, findings: Findings): void {
  const orders = rows.filter(({ collection }) => collection === "orders");
  findings.expect("inline rows", orders.length === folds.size, () => `${orders.length} rows for ${folds.size} orders`);
  for (const { key, value } of orders) {
    const { order, version } = JSON.parse(value) as RowOfOrder; // as it is documented
    const last = folds.get(key)?.at(-1);
    const isSame =
      last?.status === order.status &&
      last.version === version &&
      last.total === order.total.minor &&
      last.reason === order.cancellation?.reason;
    findings.expect(
      "inline rows",
      isSame,
      () => `the row of ${key} is ${order.status} at ${version}, not ${last?.status} at ${last?.version}`,
    );
  }
}
