import { waitFor } from "@daybook/data/cqrs/read-model";
import { canonical } from "@daybook/kernel/canonical";
import { digestHex } from "@daybook/kernel/digest";
import { errorCode, messageOf } from "@daybook/kernel/errors";
import { deleteCustomer } from "@daybook/shop-customers/contract";
import {
  addItem,
  cancelOrder,
  choosePayment,
  getOrder,
  holdOrder,
  importOrder,
  listOrders,
  placeOrder,
  releaseOrder,
  searchOrders,
  type Execution,
  type PlacedOrRefused,
} from "@daybook/shop-ordering/contract";
import type { World } from "@daybook/testing/simulation/world";
import type { Answer, History, Operation, Request } from "./operation.ts";
import type { ShopProcess } from "./shop-process.ts";
import type { Site } from "./site.ts";

const COMMANDS = {
  place: placeOrder,
  import: importOrder,
  cancel: cancelOrder,
  choose: choosePayment,
  add: addItem,
  hold: holdOrder,
  release: releaseOrder,
};
const REACH_WITHIN_MS = 4_000;

/** Errors after which surely nothing has happened. */
const HARMLESS = ["store-stopped", "store-busy", "batch-not-applied", "contention", "input-invalid"];

export interface ClientParts {
  readonly world: World;
  readonly site: Site;
  readonly history: History;
}

/** Asks one living process; when that dies before it answers, nobody knows what became of it. */
export async function ask(
  { world, site, history }: ClientParts,
  client: string,
  request: Request,
  key?: string,
): Promise<Operation> {
  const process = await site.process();
  const operation = history.begin(client, request, key);
  world.trace.add(`${operation.id} asks ${process.life.name} ${key ?? ""} ${canonical(request)}`);
  const answered = carryOut(process, operation).then(
    () => "ok" as const,
    (error: unknown) => failed(operation, error),
  );
  const outcome = await Promise.race([answered, process.life.ended.then(() => "info" as const)]);
  history.end(operation, outcome);
  world.trace.add(`${operation.id} ${outcome} ${operation.error ?? ""} ${JSON.stringify(operation.executed ?? null)}`);
  return operation;
}

function failed(operation: Operation, error: unknown): "fail" | "info" {
  operation.error = errorCode(error) ?? messageOf(error);
  const { kind } = operation.request;
  // Its answer is read after the commit: that may fail, too.
  if (kind === "receive") return "info";
  const isCommand = kind in COMMANDS || kind === "leave" || kind === "return" || kind === "decide";
  return !isCommand || HARMLESS.includes(operation.error) ? "fail" : "info";
}

async function carryOut(process: ShopProcess, operation: Operation): Promise<void> {
  const { request } = operation;
  const { queries, search } = process.shop.ordering;
  const { context } = execution(operation);
  switch (request.kind) {
    case "receive": {
      const { productId, quantity } = request;
      await process.shop.inventory.receive(productId, quantity, context, operation.id);
      return;
    }
    case "return":
      // Clients have keys of their own.
      operation.returned = await process.shop.returns.operations.request(request.input, {
        context,
        ...(operation.key !== undefined && { key: `${operation.client}-${operation.key}` }),
      });
      return;
    case "decide":
      await process.shop.returns.operations.change(request.returnId, request.change, { context, render: () => null });
      return;
    case "leave":
      await process.shop.customers.commands.dispatch(
        deleteCustomer,
        { customerId: request.customerId },
        { context, render: () => null },
      );
      return;
    case "place":
    case "import":
    case "cancel":
    case "choose":
    case "add":
    case "hold":
    case "release":
      operation.executed = (await process.shop.ordering.commands.dispatch<unknown, unknown>(
        COMMANDS[request.kind],
        request.input,
        execution(operation),
      )) as NonNullable<Operation["executed"]>; // what `execution` renders
      return;
    case "read":
      operation.shown = await queries.dispatch(
        getOrder,
        { orderId: request.orderId, version: request.version },
        execution(operation),
      );
      return;
    case "list":
      operation.listed = (
        await queries.dispatch(listOrders, { customerId: request.customerId, limit: 500 }, execution(operation))
      ).orders;
      return;
    case "search": {
      const { isReached } = await waitFor(process.store, search, request.position, REACH_WITHIN_MS, process.clock);
      operation.found = isReached
        ? (await queries.dispatch(searchOrders, { text: request.text, limit: 20 }, execution(operation))).map(({ id }) => id)
        : undefined;
    }
  }
}

function execution({ id, client, request, key }: Operation): Execution<Answer> {
  const content = digestHex(canonical(request));
  return {
    context: { correlationId: id, causationId: id, actor: client, tenant: "default" },
    ...(key !== undefined && { idempotency: { principal: client, operation: request.kind, key, content } }),
    ...(request.kind === "cancel" && { expectedVersion: request.expectedVersion }),
    render: answerOf,
  };
}

function answerOf(outcome: PlacedOrRefused): Answer {
  if (outcome.kind === "refused") return { status: "refused", code: outcome.refusal.code };
  const { state, version } = outcome;
  if (state.status === "absent") return { status: "refused", code: "absent" };
  return { status: "done", orderId: state.orderId, version, state: state.status, total: state.total.minor };
}
