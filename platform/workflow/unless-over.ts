import { errorCode } from "@daybook/kernel/errors";

/**
 * The run has ended, or never began: what is said to it comes too late, or the run will see it for itself. Or it is
 * recorded, and whoever owns the run has not come to it yet.
 */
const SAID: ReadonlySet<string> = new Set(["workflow-unknown", "workflow-ended", "workflow-answer-pending"]);

/** Resolves when a run was told something, or needs it no more: for messages that may come late. */
export async function unlessOver(said: Promise<unknown>): Promise<void> {
  try {
    await said;
  } catch (error) {
    if (!SAID.has(errorCode(error) ?? "")) throw error;
  }
}
