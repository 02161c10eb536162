import { request } from "node:http";
import type { HostileShop, Known, Sender } from "./hostile-shop.ts";

/** A request that must be refused, and how. In its texts `{ada}`, `{order}` … stand for the ids of what is there. */
export interface WrongRequest {
  readonly name: string;
  /** Method and path. */
  readonly route: string;
  readonly status: number;
  readonly code: string;
  /** The developer, who may do everything, unless given. */
  readonly as?: Sender;
  readonly headers?: Readonly<Record<string, string>>;
  /** The body's text, or a value that is sent as JSON. */
  readonly body?: unknown;
}

type More = Pick<WrongRequest, "as" | "headers">;

export function wrong(name: string, route: string, body: unknown, status: number, code: string, more: More = {}): WrongRequest {
  return { name, route, body, status, code, ...more };
}

/** The same fault at several places. */
export function eachOf<Item>(items: readonly Item[], make: (item: Item) => WrongRequest): readonly WrongRequest[] {
  return items.map(make);
}

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

/** Sends it as it is: nothing of the path is made right on the way. */
export function send({ url, tokens, known }: HostileShop, wrongRequest: WrongRequest): Promise<Answer> {
  const { route, as = "developer", headers = {}, body } = wrongRequest;
  const [method = "", ...rest] = filledIn(route, known).split(" ");
  const token = tokens[as];
  const text = body === undefined ? undefined : filledIn(typeof body === "string" ? body : JSON.stringify(body), known);
  const { port } = new URL(url);
  const sent = {
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...(text !== undefined && { "content-type": "application/json", "content-length": String(Buffer.byteLength(text)) }),
    ...headers,
  };
  return new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port, method, path: rest.join(" "), headers: sent, agent: false }, (response) => {
      let received = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (received += chunk));
      response.on("end", () => {
        resolve({ status: response.statusCode ?? 0, type: response.headers["content-type"] ?? "", text: received });
      });
    });
    asked.on("error", reject);
    asked.end(text);
  });
}

function filledIn(text: string, known: Known): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (known as unknown as Record<string, string>)[name] ?? whole); // texts all
}
