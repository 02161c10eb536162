import { join } from "node:path";
import { bundleWorkflowCode, DefaultLogger } from "@temporalio/worker";

/** The code that Temporal runs in its isolate, made by its own bundler; rejects with what that says, also of modules of Node. */
export async function bundled(entry: string): Promise<string> {
  const said: string[] = [];
  const logger = new DefaultLogger("ERROR", ({ message }) => void said.push(message));
  try {
    const { code } = await bundleWorkflowCode({ workflowsPath: join(import.meta.dirname, entry), logger });
    return code;
  } catch (cause) {
    throw new Error(`${entry} is not bundled: ${said.join("\n")}`, { cause });
  }
}
