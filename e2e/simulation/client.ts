import { waitFor } from "@daybook/data/cqrs/read-model";
import { sleep } from "@daybook/kernel/clock";
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
import type { Answer, Answered, History, Operation, Request } from "./operation.ts";
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
/** A client that has waited this long gives up. */
const PATIENCE_MS = 8_000;

/** Errors after which surely nothing has happened. */
const HARMLESS = ["store-stopped", "store-busy", "batch-not-applied", "contention", "input-invalid"];

export interface ClientParts {
  readonly world: World;
  readonly site: Site;
  readonly history: History;
}

/** Asks one living process; when that dies before it answers, or takes too long, nobody knows what became of it. */
export async function ask(
  { world, site, history }: ClientParts,
  client: string,
  request: Request,
  key?: string,
): Promise<Operation> {
  const process = await site.process();
  const operation = history.begin(client, request, key);
  world.trace.add(`${operation.id} asks ${process.life.name} ${key ?? ""} ${canonical(request)}`);
  const settle = (outcome: "ok" | "fail" | "info", what: Partial<Answered> = {}) => {
    if (operation.outcome !== "open") return; // an answer that nobody waits for any more
    Object.assign(operation, what);
    history.end(operation, outcome);
  };
  const answered = process.life
    .through(() => carryOut(process, operation))
    .then(
      (what) => settle("ok", what),
      (error: unknown) => settle(...failed(operation, error)),
    );
  const patience = new AbortController();
  await Promise.race([answered, process.life.ended, sleep(world.clock, PATIENCE_MS, patience.signal)]);
  patience.abort("answered");
  settle("info");
  world.trace.add(`${operation.id} ${operation.outcome} ${operation.error ?? ""} ${JSON.stringify(operation.executed ?? null)}`);
  return operation;
}

function failed({ request: { kind } }: Operation, caught: unknown): ["fail" | "info", Partial<Answered>] {
  const error = errorCode(caught) ?? messageOf(caught);
  // Its answer is read after the commit: that may fail, too.
  if (kind === "receive" || kind === "putAside") return ["info", { error }];
  const isCommand = kind in COMMANDS || kind === "leave" || kind === "return" || kind === "decide";
  return [!isCommand || HARMLESS.includes(error) ? "fail" : "info", { error }];
}

async function carryOut(process: ShopProcess, operation: Operation): Promise<Partial<Answered>> {
  const { request } = operation;
  const { queries, search } = process.shop.ordering;
  const { context } = execution(operation);
  switch (request.kind) {
    case "receive": {
      const { productId, quantity } = request;
      await process.shop.inventory.receive(productId, quantity, context, operation.id);
      return {};
    }
    case "putAside": {
      const { productId, quantity } = request;
      await process.shop.inventory.operations.reserve({ orderId: operation.id, items: [{ productId, quantity }] }, { context });
      return {};
    }
    case "return":
      // Clients have keys of their own.
      return {
        returned: await process.shop.returns.operations.request(request.input, {
          context,
          ...(operation.key !== undefined && { key: `${operation.client}-${operation.key}` }),
        }),
      };
    case "decide":
      await process.shop.returns.operations.change(request.returnId, request.change, { context, render: () => null });
      return {};
    case "leave":
      await process.shop.customers.commands.dispatch(
        deleteCustomer,
        { customerId: request.customerId },
        { context, render: () => null },
      );
      return {};
    case "place":
    case "import":
    case "cancel":
    case "choose":
    case "add":
    case "hold":
    case "release":
      return {
        executed: (await process.shop.ordering.commands.dispatch<unknown, unknown>(
          COMMANDS[request.kind],
          request.input,
          execution(operation),
        )) as NonNullable<Operation["executed"]>, // what `execution` renders
      };
    case "read": {
      const { orderId, version } = request;
      return { shown: await queries.dispatch(getOrder, { orderId, version }, execution(operation)) };
    }
    case "list": {
      const { customerId } = request;
      return { listed: (await queries.dispatch(listOrders, { customerId, limit: 500 }, execution(operation))).orders };
    }
    case "search": {
      const { isReached } = await waitFor(process.store, search, request.position, REACH_WITHIN_MS, process.clock);
      if (!isReached) return {};
      const found = await queries.dispatch(searchOrders, { text: request.text, limit: 20 }, execution(operation));
      return { found: found.map(({ id }) => id) };
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
