/**
 * The layers and walls of Daybook, once: `tools/tidy` checks them and `tools/docs` draws them. A layer imports only
 * layers above it in this list; a part of a layer imports only the siblings that it names.
 */
export interface Layer {
  readonly name: string;
  readonly folder: string;
  readonly does: string;
  /** Sub-systems, each with the siblings that it may import. A layer without parts has no walls inside. */
  readonly parts?: Readonly<Record<string, readonly string[]>>;
  /** Imported by tests, by composition and by what stands below the shop only. */
  readonly isForTests?: boolean;
  /** Each folder is a context: others import of it only its `PUBLIC_OF_CONTEXT`. */
  readonly isContexts?: boolean;
}

export const LAYERS: readonly Layer[] = [
  { name: "kernel", folder: "platform/kernel", does: "clock, ids, errors, schema and codec, context, money; no I/O" },
  {
    name: "flow",
    folder: "platform/flow",
    does: "actors, executors, dataflow, in memory",
    parts: { actors: [], executors: [], dataflow: [] },
  },
  {
    name: "foundation",
    folder: "platform/foundation",
    does: "configuration, observability, resilience, host",
    parts: { config: [], observability: [], resilience: [], host: ["config", "observability", "resilience"] },
  },
  {
    name: "data",
    folder: "platform/data",
    does: "store, event store, CQRS, cache",
    parts: { store: [], "event-store": ["store"], cqrs: ["store", "event-store"], cache: [] },
  },
  {
    name: "coordination",
    folder: "platform/coordination",
    does: "locks, transactions, replication",
    parts: { locks: [], transactions: [], replication: [] },
  },
  { name: "messaging", folder: "platform/messaging", does: "bus and queue", parts: { queue: [], bus: ["queue"] } },
  {
    name: "network",
    folder: "platform/network",
    does: "HTTP, RPC, discovery, mesh, gateway",
    parts: {
      http: [],
      rpc: ["http"],
      discovery: ["http"],
      mesh: ["http", "rpc", "discovery"],
      gateway: ["http", "rpc", "discovery", "mesh"],
    },
  },
  { name: "workflow", folder: "platform/workflow", does: "durable workflows, sagas" },
  {
    name: "operations",
    folder: "platform/operations",
    does: "life line, audit, advisor",
    parts: { lifeline: [], audit: [], advisor: ["lifeline", "audit"] },
  },
  {
    name: "testing",
    folder: "platform/testing",
    does: "specification, faults, simulation",
    parts: { specification: [], faults: [], simulation: ["specification", "faults"] },
    isForTests: true,
  },
  { name: "shop", folder: "shop", does: "the order system: its contexts, composed in app.ts and roles.ts", isContexts: true },
  { name: "console", folder: "console", does: "the operators' page" },
  { name: "storefront", folder: "storefront", does: "the customers' pages" },
  { name: "cli", folder: "cli", does: "the command line" },
  { name: "examples", folder: "examples", does: "samples that the documents include" },
];

/** Folders outside the layers: they may import everything, and only tests import them. */
export const WORKSHOPS: readonly string[] = ["tools", "bench", "e2e"];

/**
 * Programs that play the world outside. They import nothing of ours and nothing of ours imports them, workshops and tests
 * included: they are started as processes and spoken to as strangers are.
 */
export const OUTSIDE: readonly string[] = ["shop/sandbox"];

/** What other contexts may import of a shop context. */
export const PUBLIC_OF_CONTEXT: readonly string[] = ["events.ts", "contract.ts"];

/** Files in which parts are composed: only they, the layers from `cli` on, tests and workshops choose adapters. */
export const COMPOSITION: readonly string[] = ["service.ts", "app.ts", "roles.ts"];

/** Folders that hold an adapter of the port beside them. */
export const ADAPTERS: readonly string[] = [
  "memory",
  "sqlite",
  "postgres",
  "mongodb",
  "redis",
  "kafka",
  "rabbitmq",
  "temporal",
  "consul",
  "grpc",
  "otlp",
];
