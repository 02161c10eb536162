import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { defineError } from "@daybook/kernel/errors";
import { virtualClock } from "@daybook/kernel/virtual-clock";
import { jsonLog, type LogOptions } from "./log.ts";

function logTo(lines: string[], options: Partial<LogOptions> = {}) {
  return jsonLog({ clock: virtualClock(1_000), to: { write: (line) => lines.push(line) }, ...options });
}

describe("lines", () => {
  test("a line is one JSON document with level, time, fields and message", () => {
    const lines: string[] = [];
    logTo(lines, { fields: { service: "shop" } })
      .child({ correlation: "cor_1" })
      .info({ count: 2 }, "placed");
    assert.deepEqual(JSON.parse(lines.join("")), {
      level: "info",
      time: 1_000,
      service: "shop",
      correlation: "cor_1",
      count: 2,
      msg: "placed",
    });
  });

  test("the level moves for parents and children at once", () => {
    const lines: string[] = [];
    const log = logTo(lines);
    const child = log.child({});
    child.debug({}, "hidden");
    log.setLevel("debug");
    child.debug({}, "shown");
    child.setLevel("silent");
    log.error({}, "hidden, too");
    assert.equal(lines.length, 1);
    assert.equal(log.isEnabled("error"), false);
  });

  test("a file gets whole lines at once", () => {
    const folder = mkdtempSync(join(tmpdir(), "log-"));
    const log = logTo([], { to: join(folder, "deep", "a.log") });
    log.warn({}, "one");
    log.warn({}, "two");
    log.flush();
    assert.equal(
      readFileSync(join(folder, "deep", "a.log"), "utf8")
        .trim()
        .split("\n").length,
      2,
    );
    rmSync(folder, { recursive: true });
  });
});

describe("what nobody may read", () => {
  const failed = defineError({ code: "failed", advice: "Try." });
  const CANARY = "canary-7f3a";

  const HIDDEN: readonly Readonly<Record<string, unknown>>[] = [
    { password: CANARY },
    { deep: [{ apiKey: CANARY }] },
    { headers: { Authorization: `Bearer ${CANARY}`, cookie: CANARY } },
    { email: CANARY, customerName: CANARY, phoneNumber: CANARY, contact: { city: CANARY } },
    { url: `postgres://daybook:${CANARY}@localhost/shop` },
    { text: `sent Bearer ${CANARY} along` },
    { text: `dbk_${CANARY}` },
    { error: failed(`no dbk_${CANARY}`, { details: { token: CANARY }, cause: new TypeError(`Bearer ${CANARY}`) }) },
    { bytes: Buffer.from(CANARY) },
  ];

  for (const fields of HIDDEN) {
    test(`is not in the line: ${Object.keys(fields).join(", ")}`, () => {
      const lines: string[] = [];
      const log = logTo(lines, { fields });
      log.child(fields).error(fields, `Bearer ${CANARY}`);
      assert.equal(lines.length, 1);
      assert.doesNotMatch(lines.join(""), new RegExp(CANARY));
    });
  }

  test("errors keep code, message, details and cause", () => {
    const lines: string[] = [];
    logTo(lines).error({ error: failed("it broke", { details: { lag: 3 }, cause: new TypeError("why") }) }, "x");
    const { error } = JSON.parse(lines.join(""));
    assert.equal(error.code, "failed");
    assert.deepEqual(error.details, { lag: 3 });
    assert.equal(error.cause.message, "why");
  });

  test("circles and endless depth end", () => {
    const circle: Record<string, unknown> = {};
    circle["again"] = circle;
    const lines: string[] = [];
    logTo(lines).info(circle, "round");
    assert.match(lines.join(""), /\[deeper\]/);
  });
});
