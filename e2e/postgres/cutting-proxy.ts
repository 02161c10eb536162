import { createServer, connect, type Socket } from "node:net";

/** What becomes of one batch on its way. */
export type Cut =
  /** The server has it and does it; the answer is swallowed and the connection reset. */
  | "answer"
  /** The connection is reset before the server has seen anything of it. */
  | "request"
  /** The client's side is reset; the server gets the batch only when `release` is called. */
  | "held";

export interface CuttingProxy {
  readonly url: string;
  /** Does this to the next batch that passes. */
  cut(next: Cut): void;
  /** How often each kind has really happened. */
  readonly fired: Readonly<Record<Cut, number>>;
  /** Lets the server have what was held; resolves when it has ended with it. */
  release(): Promise<void>;
  close(): Promise<void>;
}

/** A TCP proxy to the PostgreSQL server of `url` that cuts the wire at chosen batches. A batch is told by its size. */
export async function cuttingProxy(url: string, batchBytesMin = 1_000): Promise<CuttingProxy> {
  const target = new URL(url);
  const fired = { answer: 0, request: 0, held: 0 };
  const sockets = new Set<Socket>();
  const held: { readonly server: Socket; readonly data: Buffer }[] = [];
  let next: Cut | undefined;

  function join(client: Socket): void {
    const server = connect(Number(target.port), target.hostname);
    let isSwallowing = false;
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(one);
      one.on("error", () => {});
      one.on("close", () => {
        sockets.delete(one);
        if (!held.some((each) => each.server === other)) other.destroy();
      });
    }
    client.on("data", (data: Buffer) => {
      if (next === undefined || data.length < batchBytesMin) return void server.write(data);
      const cut = next;
      next = undefined;
      fired[cut]++;
      if (cut === "held") held.push({ server, data });
      if (cut === "answer") isSwallowing = server.write(data) || true;
      else client.resetAndDestroy();
    });
    server.on("data", (data) => {
      if (isSwallowing) client.resetAndDestroy();
      else client.write(data);
    });
  }

  const listener = createServer(join);
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const address = listener.address();
  const own = new URL(url);
  own.port = String(typeof address === "object" && address ? address.port : 0);

  return {
    url: own.href,
    fired,
    cut: (kind) => {
      next = kind;
    },
    release: async () => {
      for (const { server, data } of held.splice(0)) {
        const answered = new Promise((resolve) => server.once("data", resolve).once("close", resolve));
        server.write(data);
        await answered;
        server.destroy();
      }
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}
