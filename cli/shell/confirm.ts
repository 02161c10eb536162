import { confirmationMissing } from "../errors.ts";
import type { Invocation } from "./command.ts";

/** Asks `question` unless --yes is given. Throws `confirmation-missing` when nobody can answer, or the answer is not yes. */
export async function confirm({ flags, terminal }: Invocation, question: string): Promise<void> {
  if (flags.isSet("yes")) return;
  const answer = flags.isSet("no-input") ? undefined : await terminal.ask?.(`${question} [y/N] `);
  if (answer === undefined || !/^y(es)?$/i.test(answer.trim())) throw confirmationMissing(`${question} Nobody said yes`);
}
