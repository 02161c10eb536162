import { handlers, type Around, type Middleware, type Operation } from "@daybook/data/cqrs/handlers";
import { z } from "zod";
import type { Benchmark, Contender } from "./benchmark.ts";
import { closedLoop } from "./closed-loop.ts";

const OPERATION: Operation<number, number> = { name: "count", input: z.number() };
const AROUND: Around = { context: { correlationId: "req_1", actor: "sys_bench", tenant: "main" } };
const EMPTY: Middleware = (_call, next) => next();

type Call = (input: number) => Promise<number>;

/** A handler called through dispatch with five empty middlewares, without any, and directly. */
export const dispatchBench: Benchmark = {
  does: "calls a handler that does nothing",
  contenders: async ({ roundMs }) => {
    const handle = async (input: number) => input + 1;
    const through = (middlewares: number): Call => {
      const registered = handlers(Array.from({ length: middlewares }, () => EMPTY));
      registered.register(OPERATION, handle);
      return (input) => registered.dispatch(OPERATION, input, AROUND);
    };
    const parsed: Call = (input) => {
      const checked = OPERATION.input.safeParse(input);
      return checked.success ? handle(checked.data) : Promise.reject(checked.error);
    };
    const calls = { direct: handle, parsed, dispatch: through(0), dispatch5: through(5) };
    const contenders = Object.entries(calls).map(([name, call]) => contenderOf(name, call, roundMs));
    return { contenders, references: ["direct", "parsed"], close: async () => {} };
  },
};

function contenderOf(name: string, call: Call, roundMs: number): Contender {
  const prepare = (count: number) => async () => {
    for (let i = 0; i < count; i++) await call(i);
  };
  const measure = closedLoop({ prepare, roundMs, callers: 1, countMax: 1_000_000 });
  return { name, workload: "empty handler", callers: 1, open: async () => ({ measure, close: async () => {} }) };
}
