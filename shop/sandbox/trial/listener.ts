import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** What came with one hook. */
export interface HeardHook {
  readonly id: string;
  readonly seconds: string;
  readonly signature: string;
  readonly text: string;
  readonly type: string;
}

/** The shop's ear for hooks: answers with the next of `statuses`, then with 204. */
export interface HookListener extends AsyncDisposable {
  readonly url: string;
  readonly heard: readonly HeardHook[];
  readonly types: readonly string[];
}

export async function hookListener(...statuses: readonly number[]): Promise<HookListener> {
  const heard: HeardHook[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const text = Buffer.concat(chunks).toString();
      const header = (name: string) => String(request.headers[name]);
      const { type } = JSON.parse(text) as { type: string }; // every hook has one
      response.writeHead(statuses[heard.length] ?? 204).end();
      heard.push({
        id: header("webhook-id"),
        seconds: header("webhook-timestamp"),
        signature: header("webhook-signature"),
        text,
        type,
      });
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks`, // it listens on a port
    heard,
    get types() {
      return heard.map(({ type }) => type);
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}
