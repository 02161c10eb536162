import { resolve } from "node:path";
import { EXIT } from "../exit-codes.ts";
import { examine, type Finding } from "../examination.ts";
import type { Command, Invocation } from "../shell/command.ts";
import { CONNECTION, FLAGS } from "../shell/flags.ts";
import { aligned } from "../shell/table.ts";

export const doctorCommand: Command = {
  noun: "doctor",
  summary: "Look at this machine, the data folder and the server, and say what to do",
  details: "Changes nothing. Exit code 7 when something must be repaired.",
  flags: [...CONNECTION, FLAGS.json, FLAGS.quietWhenWell],
  run: doctor,
};

async function doctor(invocation: Invocation): Promise<number> {
  const findings = await examine(invocation, resolve(invocation.settings.data));
  const isWell = findings.every(({ state }) => state !== "bad");
  print(invocation, findings, isWell);
  return isWell ? EXIT.ok : EXIT.checkFailed;
}

const MARKS: Readonly<Record<Finding["state"], string>> = { good: "ok", note: "note", bad: "BAD" };

function print({ flags, terminal }: Invocation, findings: readonly Finding[], ok: boolean): void {
  if (flags.isSet("json")) {
    terminal.out(`${JSON.stringify({ ok, findings })}\n`);
    return;
  }
  const shown = flags.isSet("quiet") ? findings.filter(({ state }) => state === "bad") : findings;
  const rows = shown.map(({ name, state, what }) => [MARKS[state], name, what]);
  for (const [index, line] of aligned(rows).entries()) {
    terminal.out(`${line}\n`);
    const advice = shown[index]?.advice;
    if (advice !== undefined) terminal.out(`      → ${advice}\n`);
  }
}
