import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { jsonLog } from "@daybook/foundation/log";
import { systemClock } from "@daybook/kernel/clock";
import { app, type App } from "./app.ts";

const LOG = jsonLog({ clock: systemClock, level: "silent", to: { write: () => undefined } });

/** The program over HTTP, its parts started in order and stopped in reverse. */
class Program {
  private readonly app: App;
  private readonly data: string;

  private constructor(started: App, data: string) {
    this.app = started;
    this.data = data;
  }

  static async start(): Promise<Program> {
    const data = await mkdtemp(join(tmpdir(), "daybook-app-"));
    const started = app({ data, store: "memory", port: 0, host: "127.0.0.1", log: LOG });
    assert.equal(started.started, undefined);
    for (const part of started.parts) await part.start();
    return new Program(started, data);
  }

  get url(): string {
    return this.app.started?.url ?? "";
  }

  async ask(path: string, headers: Readonly<Record<string, string>> = {}, body?: unknown) {
    const response = await fetch(`${this.url}${path}`, {
      headers: { authorization: `Bearer ${this.app.started?.token}`, "content-type": "application/json", ...headers },
      ...(body !== undefined && { method: "POST", body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, json: text === "" ? undefined : JSON.parse(text) };
  }

  async place(customerId: string): Promise<string> {
    const { status, json } = await this.ask("/api/v1/orders", {}, { customerId, items: [{ productId: "teapot", quantity: 1 }] });
    assert.equal(status, 201);
    return json.id;
  }

  async stop(): Promise<void> {
    for (const part of this.app.parts.toReversed()) await part.stop?.();
    await rm(this.data, { recursive: true });
  }
}

void describe("the program", () => {
  let program: Program;
  /** Newest first. */
  const placed: string[] = [];

  before(async () => {
    program = await Program.start();
    for (let n = 0; n < 7; n++) placed.unshift(await program.place("cus_pages"));
    await program.place("cus_other");
  });
  after(() => program.stop());

  void test("says of each component how it is, and how late its event loop was", async () => {
    const { status, json } = await program.ask("/health");
    assert.equal(status, 200);
    const names = json.components.map(({ name, status }: { name: string; status: string }) => [name, status]);
    const all = ["store", "keys", "projections", "recommendations", "event-loop"];
    assert.deepEqual(
      names,
      all.map((name) => [name, "healthy"]),
    );
    const { p50Ms, p99Ms, maxMs } = json.components[4].details;
    assert.ok(p50Ms >= 0 && p99Ms >= p50Ms && maxMs >= p99Ms && Number.isFinite(maxMs), JSON.stringify(json.components[3]));
  });

  void test("numbers the pages of a list, and counts them", async () => {
    const seen: string[] = [];
    for (const page of [1, 2, 3]) {
      const { status, json } = await program.ask(`/api/v1/orders/customer/cus_pages?page=${page}&pageSize=3`);
      const { orders, ...rest } = json;
      assert.deepEqual([status, rest], [200, { page, pageSize: 3, total: 7, pages: 3, isTotalCapped: false }]);
      seen.push(...orders.map(({ id }: { id: string }) => id));
    }
    assert.deepEqual(seen, placed);
  });

  void test("a page behind the last is empty, and still says how many there are", async () => {
    for (const page of [4, 5, 1_000]) {
      const { json } = await program.ask(`/api/v1/orders/customer/cus_pages?page=${page}&pageSize=3`);
      assert.deepEqual(json, { orders: [], page, pageSize: 3, total: 7, pages: 3, isTotalCapped: false });
    }
    const { json } = await program.ask("/api/v1/orders/customer/cus_nobody?page=1");
    assert.deepEqual(json, { orders: [], page: 1, pageSize: 20, total: 0, pages: 0, isTotalCapped: false });
  });

  void test("pages that end with the list have no page behind them", async () => {
    const whole = await program.ask("/api/v1/orders/customer/cus_pages?pageSize=7");
    assert.deepEqual([whole.json.pages, whole.json.orders.length], [1, 7]);
    const behind = await program.ask("/api/v1/orders/customer/cus_pages?page=2&pageSize=7");
    assert.deepEqual(behind.json.orders, []);
  });

  for (const query of ["page=0", "page=1001", "page=x", "pageSize=0", "pageSize=201", "page=1.5"]) {
    void test(`a list with ${query} is refused`, async () => {
      const { status, json } = await program.ask(`/api/v1/orders?${query}`);
      assert.deepEqual([status, json.code], [400, "request-invalid"]);
    });
  }

  void test("an order that the caller has is not sent again until it changes", async () => {
    const id = await program.place("cus_twice");
    const first = await program.ask(`/api/v1/orders/${id}`);
    const etag = first.headers.get("etag") ?? "";
    const again = await program.ask(`/api/v1/orders/${id}`, { "if-none-match": etag });
    assert.deepEqual([first.status, again.status, again.json, again.headers.get("etag")], [200, 304, undefined, etag]);
    await program.ask(`/api/v1/orders/${id}/cancel`, {}, { reason: "twice" });
    const changed = await program.ask(`/api/v1/orders/${id}`, { "if-none-match": etag });
    assert.deepEqual([changed.status, changed.json.status], [200, "cancelled"]);
  });

  void test("operators' routes answer what there is, and 404 for what there is not", async () => {
    const [id = ""] = placed;
    const there = [`/streams/order-${id}`, `/orders/${id}/life`, "/log?limit=1", "/projections"];
    for (const path of there) assert.equal((await program.ask(`/api/v1${path}`)).status, 200, path);
    const missing = ["/streams/order-nowhere", "/orders/nowhere/life", "/projections/nothing/rebuild"];
    for (const path of missing) {
      const { status, json } = await program.ask(`/api/v1${path}`);
      assert.deepEqual([status, json.code], [404, "not-found"], path);
      assert.match(json.detail, /nowhere|nothing/);
    }
  });

  void test("nothing but health and documents is for everybody", async () => {
    for (const path of ["/api/v1/orders", "/api/v1/log", "/api/v1/projections", "/api/v1/products"]) {
      assert.equal((await fetch(`${program.url}${path}`)).status, 401, path);
    }
    for (const path of ["/livez", "/readyz", "/startupz", "/health", "/openapi.json"]) {
      assert.equal((await fetch(`${program.url}${path}`)).status, 200, path);
    }
  });
});

void test("a program that was stopped answers no more", async () => {
  const program = await Program.start();
  const { url } = program;
  assert.equal((await fetch(`${url}/livez`)).status, 200);
  await program.stop();
  await assert.rejects(fetch(`${url}/livez`));
});
