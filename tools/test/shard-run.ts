import { fork, type ChildProcess } from "node:child_process";
import { join, resolve } from "node:path";
import { ROOT } from "../repository.ts";
import type { ShardMessage, TestOutcome } from "./outcome.ts";

export interface ShardResult {
  readonly outcomes: readonly TestOutcome[];
  /** What the files printed. */
  readonly output: string;
  /** Why the shard did not end as it should; undefined when it did. */
  readonly broken: string | undefined;
}

export interface Patience {
  /** Without a word for so long, a shard is stuck. */
  readonly silentMs: number;
  /** A shard that does not end so long after its last test is kept alive by something that a test left open. */
  readonly lingerMs: number;
}

/**
 * Runs test files in one process. When that breaks (a file ends the process, hangs, or leaves something open) each file
 * is run again in its own, so that the one at fault is named and the others' results stand.
 */
export async function runShard(files: readonly string[], patience: Patience): Promise<ShardResult> {
  const [first, ...others] = files;
  const result = await runOnce(files, patience);
  if (result.broken === undefined || first === undefined) return result;
  if (others.length === 0) return { ...result, outcomes: [...result.outcomes, blame(first, result.broken)] };
  const each: ShardResult[] = [];
  for (const file of files) each.push(await runShard([file], patience));
  return { outcomes: each.flatMap((one) => one.outcomes), output: each.map((one) => one.output).join(""), broken: undefined };
}

function blame(file: string, reason: string): TestOutcome {
  return { kind: "fail", name: "the file as a whole", file: resolve(ROOT, file), detail: reason };
}

function runOnce(files: readonly string[], patience: Patience): Promise<ShardResult> {
  const child = fork(join(ROOT, "tools/test/shard.ts"), [...files], { cwd: ROOT, silent: true, execArgv: [] });
  const outcomes: TestOutcome[] = [];
  const output = collectOutput(child);
  const watch = watchdog(child, patience);
  let isDone = false;
  child.on("message", (message: ShardMessage) => {
    watch.heard(message);
    if (message.kind === "done") isDone = true;
    else if (message.kind !== "busy" && message.kind !== "settled") outcomes.push(message);
  });
  return new Promise((resolve) => {
    child.on("close", (code, signal) => {
      const ended = isDone ? undefined : `it ended its process (${signal ?? `exit code ${code}`})`;
      resolve({ outcomes, output: output(), broken: watch.stop() ?? ended });
    });
  });
}

/** Ends a child that is silent or lingers; `stop` answers why it did. */
function watchdog(child: ChildProcess, { silentMs, lingerMs }: Patience) {
  let reason: string | undefined;
  let isSettled = false;
  const wait = () =>
    setTimeout(
      () => {
        reason = isSettled ? "something that a test left open keeps its process alive" : `nothing ended for ${silentMs / 1000} s`;
        child.kill("SIGKILL");
      },
      isSettled ? lingerMs : silentMs,
    );
  let timer = wait();
  return {
    heard(message: ShardMessage) {
      clearTimeout(timer);
      if (message.kind === "settled") isSettled = true;
      if (message.kind === "busy") isSettled = false;
      timer = wait();
    },
    stop() {
      clearTimeout(timer);
      return reason;
    },
  };
}

function collectOutput(child: ChildProcess): () => string {
  let text = "";
  const collect = (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-20_000);
  };
  child.stdout?.on("data", collect);
  child.stderr?.on("data", collect);
  return () => text;
}
