import { isDeepStrictEqual } from "node:util";
import type { OrderDetails } from "@daybook/shop-ordering/contract";
import type { RawState } from "@daybook/testing/simulation/store-checker";
import type { Findings } from "@daybook/testing/simulation/violation";
import type { Answer, Operation, Request } from "./operation.ts";
import { foldOrders, type FoldedLine, type FoldedOrder } from "./order-fold.ts";
import { PRICES } from "./prices.ts";

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
    else checkCommand(operation, effects.get(operation.id) ?? [], operations, folds, findings);
  }
  checkRows(folds, state, findings);
}

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

/** Every event is what one client's request asked for, and an order is placed once and cancelled once at most. */
function checkEvents(operations: ReadonlyMap<string, Operation>, folds: Folds, findings: Findings): void {
  for (const [id, versions] of folds) {
    const states = versions.map(({ status }) => status).join(" ");
    findings.expect("order law", ["placed", "placed cancelled"].includes(states), () => `order ${id} was ${states}`);
    for (const [index, version] of versions.entries()) {
      const operation = operations.get(version.causes[index] ?? "");
      const wrong = operation ? wrongEffect(operation.request, version) : "nobody asked for it";
      findings.expect("effects", wrong === undefined, () => `order ${id}, version ${version.version}: ${wrong}`);
    }
  }
}

/** Why the order is not what the request makes of it. */
function wrongEffect(request: Request, order: FoldedOrder): string | undefined {
  if (request.kind === "cancel") {
    const { orderId, reason } = request.input;
    const isAsked = order.status === "cancelled" && order.orderId === orderId && order.reason === reason;
    return isAsked ? undefined : `${order.status} (${order.reason}) by a cancellation of ${orderId} (${reason})`;
  }
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
  findings.expect("one effect", effects.length <= 1, () => `${id} had ${effects.length} effects`);
  // An order has two versions at most: nobody can be in the way of anybody five times.
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
    const isTrue = isDeepStrictEqual(told, answer) && (isReplayed || isDeepStrictEqual(effects, [order]));
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
  const orderId = request.kind === "cancel" || request.kind === "import" ? request.input.orderId : "";
  const versions = folds.get(orderId) ?? [];
  const causeBegan = (version: number) => {
    const cause = versions[version - 1]?.causes[version - 1];
    return operations.find((operation) => operation.id === cause)?.began ?? Infinity;
  };
  const isForeign =
    request.kind === "cancel" && request.input.customerId !== undefined && versions[0]?.customerId !== request.input.customerId;
  const reasons: Readonly<Record<string, () => boolean>> = {
    "unknown-product": () => request.kind === "place" && request.input.items.some(({ productId }) => !(productId in PRICES)),
    "order-exists": () => request.kind === "import" && causeBegan(1) < ended,
    "illegal-transition": () => request.kind === "cancel" && causeBegan(2) < ended,
    "order-not-found": () => request.kind === "cancel" && (isForeign || acknowledged(orderId, began, operations) === 0),
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
