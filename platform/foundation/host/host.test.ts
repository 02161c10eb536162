import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { describe, test } from "node:test";
import { jsonLog } from "@daybook/foundation/log";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import { host, type Part } from "./host.ts";
import { behindFence } from "@daybook/foundation/resilience/fence";
import { runInProcess } from "./process-life.ts";

function hostOf(parts: readonly Part[], stopWithinMs = 1_000) {
  const clock = virtualClock();
  const log = jsonLog({ clock, level: "silent", to: { write: () => undefined } });
  return { clock, log, host: host({ parts, clock, log, stopWithinMs }) };
}

function part(name: string, calls: string[], override: Partial<Part> = {}): Part {
  return { name, start: () => void calls.push(`+${name}`), stop: () => void calls.push(`-${name}`), ...override };
}

describe("the life of a host", () => {
  test("parts start in order and stop in reverse", async () => {
    const calls: string[] = [];
    const { host } = hostOf([part("store", calls), part("http", calls)]);
    await host.start();
    assert.equal(host.state, "ready");
    assert.equal(await host.stop("test"), 0);
    assert.equal(host.state, "stopped");
    assert.deepEqual(calls, ["+store", "+http", "-http", "-store"]);
  });

  test("when a part does not start, it and those before it are stopped", async () => {
    const calls: string[] = [];
    const broken = part("http", calls, { start: () => Promise.reject(new TypeError("port taken")) });
    const { host } = hostOf([part("store", calls), broken, part("never", calls)]);
    await assert.rejects(host.start(), (error: Error) => {
      assert.equal((error as Error & { code: string }).code, "start-failed");
      assert.equal((error.cause as Error).message, "port taken");
      return true;
    });
    assert.deepEqual(calls, ["+store", "-http", "-store"]);
  });

  test("a part that fails to stop does not keep the others from it", async () => {
    const calls: string[] = [];
    const broken = part("http", calls, { stop: () => Promise.reject(new TypeError("no")) });
    const { host } = hostOf([part("store", calls), broken]);
    await host.start();
    assert.equal(await host.stop("test"), 1);
    assert.deepEqual(calls, ["+store", "+http", "-store"]);
  });

  test("a part that hangs ends with the limit", async () => {
    const { host, clock } = hostOf([part("hangs", [], { stop: () => new Promise(() => undefined) })]);
    await host.start();
    const stopped = host.stop("test");
    clock.advance(1_000);
    assert.equal(await stopped, 1);
  });

  test("a stop while starting waits for the part under way and starts no other", async () => {
    const calls: string[] = [];
    const slow = Promise.withResolvers<void>();
    const { host } = hostOf([part("slow", calls, { start: () => slow.promise }), part("never", calls)]);
    const started = host.start();
    const stopped = host.stop("test");
    slow.resolve();
    await started;
    assert.equal(await stopped, 0);
    assert.deepEqual(calls, ["-slow"]);
  });

  test("a part that fails to start while stopping does not hold up the stop", async () => {
    const slow = Promise.withResolvers<void>();
    const { host } = hostOf([part("slow", [], { start: () => slow.promise })]);
    const started = host.start();
    const stopped = host.stop("test");
    slow.reject(new TypeError("no"));
    await assert.rejects(started, { code: "start-failed" });
    assert.equal(await stopped, 0);
  });

  test("all who stop it get the one stop", async () => {
    const calls: string[] = [];
    const { host } = hostOf([part("store", calls)]);
    await host.start();
    await Promise.all([host.stop("a"), host.stop("b")]);
    assert.deepEqual(calls, ["+store", "-store"]);
  });
});

class FakeProcess extends EventEmitter {
  exitCode: number | undefined;
  readonly exits: number[] = [];
  private readonly first = Promise.withResolvers<number>();
  readonly exited = this.first.promise;

  exit(code: number): void {
    this.exits.push(code);
    this.first.resolve(code);
  }
}

describe("a host as the life of a process", () => {
  for (const signal of ["SIGTERM", "SIGINT"]) {
    test(`${signal} stops the parts and exits with 0`, async () => {
      const calls: string[] = [];
      const { host, log } = hostOf([part("store", calls)]);
      const process = new FakeProcess();
      await runInProcess(host, process, log);
      process.emit(signal);
      assert.equal(await process.exited, 0);
      assert.deepEqual(calls, ["+store", "-store"]);
    });
  }

  test("a second signal exits at once", async () => {
    const { host, log } = hostOf([part("hangs", [], { stop: () => new Promise(() => undefined) })]);
    const process = new FakeProcess();
    await runInProcess(host, process, log);
    process.emit("SIGTERM");
    process.emit("SIGINT");
    assert.equal(await process.exited, 130);
  });

  test("an exception that nobody caught stops the parts and exits with 1", async () => {
    const calls: string[] = [];
    const { host, log } = hostOf([part("store", calls)]);
    const process = new FakeProcess();
    await runInProcess(host, process, log);
    process.emit("uncaughtException", new TypeError("oops"));
    assert.equal(await process.exited, 1);
    assert.deepEqual(calls, ["+store", "-store"]);
  });

  test("a rejection from behind a fence stops nothing, any other one does", async () => {
    const { host, log } = hostOf([part("store", [])]);
    const process = new FakeProcess();
    await runInProcess(host, process, log);
    behindFence(() => process.emit("unhandledRejection", new TypeError("oops")));
    assert.equal(host.state, "ready");
    process.emit("unhandledRejection", new TypeError("oops"));
    assert.equal(await process.exited, 1);
  });
});
