import { CodedError, errorCode, messageOf } from "@daybook/kernel/errors";
import { parseCommand, type Command } from "./command.ts";
import type { DevelopmentEngine, RunningEngine } from "./engine.ts";
import { postgresServer } from "./postgres.ts";

/**
 * `npm run engines`: the servers that tests on real engines and distributed development need.
 *
 *     npm run engines -- up postgres      prints its address
 *     npm run engines -- down             stops what runs; data stay in the cache
 *     npm run engines -- status --json
 *
 * Ends with 0, with 1 when an engine cannot be had, with 2 when the words were wrong.
 */
const ENGINES: readonly DevelopmentEngine[] = [postgresServer()];

try {
  await run(
    parseCommand(
      process.argv.slice(2),
      ENGINES.map((engine) => engine.name),
    ),
  );
} catch (error) {
  console.error(`engines: ${messageOf(error)}`);
  if (error instanceof CodedError) console.error(error.advice);
  process.exitCode = errorCode(error) === "engine-command-invalid" ? 2 : 1;
}

async function run(command: Command): Promise<void> {
  if (command.kind === "status") return printStatus(command.isJson);
  for (const engine of ENGINES) {
    if (command.engine !== undefined && command.engine !== engine.name) continue;
    if (command.kind === "up") console.log((await engine.up((text) => console.error(`${engine.name}: ${text}`))).url);
    else console.log(`${engine.name}: ${(await engine.down()) ? "stopped" : "does not run"}`);
  }
}

function printStatus(isJson: boolean): void {
  const states = ENGINES.map((engine) => stateOf(engine.name, engine.running()));
  if (isJson) return console.log(JSON.stringify(states, undefined, 2));
  for (const state of states) console.log(`${state.engine}: ${state.state === "up" ? `up, ${state.url}` : "down"}`);
}

function stateOf(engine: string, running: RunningEngine | undefined) {
  return running ? { engine, state: "up" as const, ...running } : { engine, state: "down" as const };
}
