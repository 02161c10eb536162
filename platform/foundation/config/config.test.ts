import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { readConfig } from "./config.ts";

const schema = z.strictObject({
  http: z
    .strictObject({
      port: z.coerce.number().int().min(0).max(65_535).default(8080),
      bodyBytesMax: z.coerce.number().default(1_048_576),
    })
    .prefault({}),
  store: z.strictObject({ url: z.string().optional() }).prefault({}),
});

test("flags win over the environment, the environment over defaults, and each setting knows its origin", () => {
  const { value, settings } = readConfig(schema, {
    environment: { DAYBOOK__HTTP__PORT: "1", DAYBOOK__HTTP__BODY_BYTES_MAX: "2", PATH: "/bin" },
    flags: { "http.port": "3", "store.url": undefined },
  });
  assert.deepEqual(value, { http: { port: 3, bodyBytesMax: 2 }, store: {} });
  assert.deepEqual(settings, [
    { path: "http.bodyBytesMax", value: 2, origin: "DAYBOOK__HTTP__BODY_BYTES_MAX" },
    { path: "http.port", value: 3, origin: "--http.port" },
  ]);
});

test("without sources there are the defaults", () => {
  const { settings } = readConfig(schema, {});
  assert.deepEqual(
    settings.map(({ path, origin }) => `${path} ${origin}`),
    ["http.bodyBytesMax default", "http.port default"],
  );
});

test("all faults are named together, with their origins and without their values", () => {
  const sources = {
    environment: { DAYBOOK__HTTP__PORT: "99999", DAYBOOK__HTPP__PORT: "canary" },
    flags: { "store.uri": "canary", "store.poolSize": "canary" },
  };
  assert.throws(
    () => readConfig(schema, sources),
    (error: Error & { code?: string }) => {
      assert.equal(error.code, "config-invalid");
      assert.match(error.message, /http\.port \(DAYBOOK__HTTP__PORT\)/);
      assert.match(error.message, /htpp \(DAYBOOK__HTPP__PORT\): there is no such setting/);
      assert.match(error.message, /store\.uri \(--store\.uri\): there is no such setting/);
      assert.match(error.message, /store\.poolSize \(--store\.pool-size\)/, "a flag as it is typed");
      assert.doesNotMatch(error.message, /canary|99999/);
      return true;
    },
  );
});

test("a flag cannot reach a prototype", () => {
  assert.throws(() => readConfig(schema, { flags: { "__proto__.polluted": "1" } }), { code: "config-invalid" });
  assert.equal(({} as { polluted?: string }).polluted, undefined);
});
