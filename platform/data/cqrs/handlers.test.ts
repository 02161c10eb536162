import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CodedError } from "@daybook/kernel/errors";
import { z } from "zod";
import { handlers, type Around, type Handlers, type Middleware, type Operation } from "./handlers.ts";

const AROUND: Around = { context: { correlationId: "cor_1", actor: "usr_1", tenant: "shop" } };

interface Greeting {
  readonly name: string;
  readonly times: number;
}

const greet: Operation<Greeting, string> = {
  name: "greet",
  input: z.strictObject({ name: z.string().trim().min(1), times: z.int().min(1).default(1) }),
};

function greeter(middleware: readonly Middleware[] = []): Handlers {
  const registry = handlers(middleware);
  registry.register(greet, async ({ name, times }) => `hello ${name} `.repeat(times).trim());
  return registry;
}

/** What a dispatch is rejected with. */
async function failureOf(dispatched: Promise<unknown>): Promise<CodedError> {
  const failure: unknown = await dispatched.then(
    () => assert.fail("it was not rejected"),
    (error: unknown) => error,
  );
  assert.ok(failure instanceof CodedError, String(failure));
  return failure;
}

void describe("handlers", () => {
  void test("input is parsed once, and the handler gets what the schema made of it", async () => {
    assert.equal(await greeter().dispatch(greet, { name: " Ada " }, AROUND), "hello Ada");
    assert.equal(await greeter().dispatch(greet, { name: "Ada", times: 2 }, AROUND), "hello Ada hello Ada");
  });

  void test("an operation that nothing handles is refused by its name", async () => {
    const failure = await failureOf(greeter().dispatch({ name: "wave", input: z.unknown() }, {}, AROUND));
    assert.equal(failure.code, "unknown-operation");
    assert.match(failure.message, /"wave"/);
  });

  void test("a second handler of one name is a mistake, and the first stays", async () => {
    const registry = greeter();
    assert.throws(() => registry.register(greet, async () => "other"), /"greet" has one handler/);
    assert.equal(await registry.dispatch(greet, { name: "Ada" }, AROUND), "hello Ada");
  });

  void test("handlers are listed in order of registration", () => {
    const registry = greeter();
    registry.register({ name: "adieu", input: z.unknown() }, async () => null);
    assert.deepEqual(registry.names(), ["greet", "adieu"]);
  });

  void test("what the schema refuses never reaches the handler, and every field is named by a JSON pointer", async () => {
    const nested: Operation = {
      name: "nested",
      input: z.strictObject({ "a/b": z.strictObject({ "c~d": z.array(z.int()) }), more: z.string() }),
    };
    const registry = handlers();
    registry.register(nested, async () => assert.fail("it is not called"));
    const failure = await failureOf(
      registry.dispatch(nested, { "a/b": { "c~d": [1, "2", 3.5], "x/y": 1, z: 2 }, more: 7, "~": 0 }, AROUND),
    );
    assert.equal(failure.code, "input-invalid");
    const errors = failure.details["errors"] as readonly { readonly pointer: string; readonly message: string }[];
    assert.deepEqual(errors.map(({ pointer }) => pointer).toSorted(), [
      "/a~1b/c~0d/1",
      "/a~1b/c~0d/2",
      "/a~1b/x~1y",
      "/a~1b/z",
      "/more",
      "/~0",
    ]);
    assert.ok(errors.every(({ message }) => message !== ""));
  });

  void test("an input that is wrong as a whole has the empty pointer", async () => {
    const failure = await failureOf(greeter().dispatch(greet, "Ada", AROUND));
    assert.deepEqual(
      (failure.details["errors"] as readonly { readonly pointer: string }[]).map(({ pointer }) => pointer),
      [""],
    );
  });

  void test("middleware is an onion: the first given is outermost, and sees the call", async () => {
    const seen: string[] = [];
    const layer = (name: string): Middleware => {
      return async ({ operation, input, around }, next) => {
        seen.push(`${name} before ${operation} ${JSON.stringify(input)} of ${around.context.actor}`);
        const answer = await next();
        seen.push(`${name} after ${String(answer)}`);
        return answer;
      };
    };
    await greeter([layer("outer"), layer("inner")]).dispatch(greet, { name: "Ada" }, AROUND);
    assert.deepEqual(seen, [
      'outer before greet {"name":"Ada"} of usr_1',
      'inner before greet {"name":"Ada"} of usr_1',
      "inner after hello Ada",
      "outer after hello Ada",
    ]);
  });

  void test("all middleware of a dispatch see one and the same call", async () => {
    const seen: unknown[] = [];
    const noting: Middleware = (call, next) => (seen.push(call), next());
    const registry = greeter([noting, noting, noting]);
    await registry.dispatch(greet, { name: "Ada" }, AROUND);
    await registry.dispatch(greet, { name: "Ada" }, AROUND);
    assert.deepEqual([seen.length, new Set(seen).size], [6, 2]);
  });

  void test("middleware may answer itself; what is inside it is not asked", async () => {
    const closed: Middleware = async () => "closed";
    const never: Middleware = async () => assert.fail("it is not asked");
    assert.equal(await greeter([closed, never]).dispatch(greet, { name: "Ada" }, AROUND), "closed");
  });

  void test("middleware sees failures, and may try again", async () => {
    const twice: Middleware = async (_, next) => {
      try {
        return await next();
      } catch {
        return next();
      }
    };
    const registry = handlers([twice]);
    let calls = 0;
    registry.register(greet, async () => {
      if (++calls === 1) throw new Error("not yet");
      return "done";
    });
    assert.equal(await registry.dispatch(greet, { name: "Ada" }, AROUND), "done");
    assert.equal(calls, 2);
  });

  void test("whoever throws, the caller gets a rejection, never an exception", async () => {
    const thrower = (): never => {
      throw new Error("thrown at once");
    };
    const byHandler = handlers();
    byHandler.register(greet, thrower);
    for (const registry of [byHandler, greeter([thrower])]) {
      const dispatched = registry.dispatch(greet, { name: "Ada" }, AROUND);
      await assert.rejects(dispatched, /thrown at once/);
    }
  });
});
