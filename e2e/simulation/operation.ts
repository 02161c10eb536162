import type { Executed } from "@daybook/data/cqrs/aggregates";
import type {
  AddItem,
  CancelOrder,
  ChoosePayment,
  ImportOrder,
  OneOrder,
  OrderDetails,
  PlaceOrder,
} from "@daybook/shop-ordering/contract";
import type { Answer as RpcAnswer } from "@daybook/network/rpc/contract";
import type { ReturnChange } from "../../shop/returns/order-returns.ts";
import type { RequestReturn, Return } from "@daybook/shop-returns/contract";

/** What a simulated client asks. */
export type Request =
  | { readonly kind: "place"; readonly input: PlaceOrder }
  | { readonly kind: "import"; readonly input: ImportOrder }
  | { readonly kind: "cancel"; readonly input: CancelOrder; readonly expectedVersion?: number }
  | { readonly kind: "choose"; readonly input: ChoosePayment }
  | { readonly kind: "add"; readonly input: AddItem }
  | { readonly kind: "hold"; readonly input: CancelOrder }
  | { readonly kind: "release"; readonly input: OneOrder }
  /** Something of an order comes back. */
  | { readonly kind: "return"; readonly input: RequestReturn }
  /** A person decides; then the warehouse has it. */
  | { readonly kind: "decide"; readonly returnId: string; readonly change: ReturnChange }
  /** Pieces arrive. */
  | { readonly kind: "receive"; readonly productId: string; readonly quantity: number }
  /** Pieces are put aside for an order that never comes. */
  | { readonly kind: "putAside"; readonly productId: string; readonly quantity: number }
  /** A customer leaves, and their open orders are cancelled. */
  | { readonly kind: "leave"; readonly customerId: string }
  | { readonly kind: "read"; readonly orderId: string; readonly version?: number }
  | { readonly kind: "list"; readonly customerId: string }
  /** Read your writes: once the search has reached `position`, it finds the order by `text`. */
  | { readonly kind: "search"; readonly text: string; readonly orderId: string; readonly position: number };

/** What a command answers, as it is kept and replayed. */
export type Answer =
  | {
      readonly status: "done";
      readonly orderId: string;
      readonly version: number;
      readonly state: string;
      readonly total: string;
    }
  | { readonly status: "refused"; readonly code: string };

/** What came back. */
export interface Answered {
  executed?: Executed<Answer>;
  shown?: OrderDetails | undefined;
  listed?: readonly OrderDetails[];
  /** Of a search: ids; undefined when the position was not reached in time. */
  found?: readonly string[] | undefined;
  /** Of a return. */
  returned?: RpcAnswer<Return>;
  error?: string;
}

/** One request of a client and what became of it. */
export interface Operation extends Answered {
  /** Also the cause (`causation`) of everything that it brings about. */
  readonly id: string;
  readonly client: string;
  readonly request: Request;
  /** The idempotency key. */
  readonly key?: string;
  /** Places in the history: what ended before another began happened before it. */
  readonly began: number;
  ended: number;
  /** `fail`: surely nothing happened. `info`: nobody knows. */
  outcome: "open" | "ok" | "fail" | "info";
}

/** The operations of all clients, in order of their beginning. */
export interface History {
  readonly operations: readonly Operation[];
  begin(client: string, request: Request, key?: string): Operation;
  end(operation: Operation, outcome: Exclude<Operation["outcome"], "open">): void;
}

export function history(): History {
  const operations: Operation[] = [];
  let time = 0;
  return {
    operations,
    begin(client, request, key) {
      const began = ++time;
      const id = `cor_${client}_${began}`;
      const operation: Operation = {
        id,
        client,
        request,
        ...(key !== undefined && { key }),
        began,
        ended: Infinity,
        outcome: "open",
      };
      operations.push(operation);
      return operation;
    },
    end(operation, outcome) {
      operation.outcome = outcome;
      if (outcome !== "info") operation.ended = ++time;
    },
  };
}
