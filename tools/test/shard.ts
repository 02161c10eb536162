import { run, type EventData } from "node:test";
import type { TestEvent } from "node:test/reporters";
import { inspect } from "node:util";
import type { ShardMessage, TestOutcome } from "./outcome.ts";

/**
 * A child process: runs the test files named in its arguments, all in this process, and tells the parent about each
 * test. It ends by itself when nothing keeps it alive; otherwise the parent ends it.
 */
const tell = (message: ShardMessage) => process.send?.(message);
let unfinished = 0;
/** Names of the suites and tests that are under way, outermost first. */
const path: string[] = [];

const events: AsyncIterable<TestEvent> = run({ files: process.argv.slice(2), isolation: "none" });
for await (const event of events) {
  switch (event.type) {
    case "test:enqueue":
      if (unfinished++ === 0) tell({ kind: "busy" });
      break;
    case "test:complete":
      if (--unfinished === 0) tell({ kind: "settled" });
      break;
    case "test:start":
      path.splice(event.data.nesting, Infinity, event.data.name);
      break;
    case "test:pass":
      if (event.data.details.type !== "suite") tell(passed(event.data));
      break;
    case "test:fail":
      if (!isBlamedOnSubtests(event.data)) tell(failed(event.data));
      break;
    default: // the rest is for reporters that draw
      break;
  }
}
tell({ kind: "done" });

function passed(test: EventData.TestPass): TestOutcome {
  const reason = test.skip || test.todo;
  const outcome = { name: fullName(test), file: test.file ?? "" };
  if (!reason) return { ...outcome, kind: "pass" };
  return { ...outcome, kind: "skip", detail: reason === true ? "no reason given" : reason };
}

function failed(test: EventData.TestFail): TestOutcome {
  const { error } = test.details;
  return { kind: "fail", name: fullName(test), file: test.file ?? "", detail: inspect(error.cause ?? error).slice(0, 4_000) };
}

/** The names of the suites around a test and its own. */
function fullName({ name, nesting }: EventData.TestPass | EventData.TestFail): string {
  return [...path.slice(0, nesting), name].join(" > ");
}

/** A suite or parent test fails with its children; only these are counted. */
function isBlamedOnSubtests(test: EventData.TestFail): boolean {
  return "failureType" in test.details.error && test.details.error.failureType === "subtestsFailed";
}
